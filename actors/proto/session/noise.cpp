#include "actors/proto/session/noise.hpp"

#include <initializer_list>

#include "transport/check.hpp"

namespace wh::session::noise {

enum class handshake::token : std::uint8_t { e, s, ee, es, se, ss };

/// Noise, section 7.5: pre-message and messages of a pattern, initiator first, alternating.
struct handshake::script {
  std::string_view name;
  bool responder_known;
  std::uint8_t message_count;
  std::array<std::array<token, 4>, 3> messages;
  std::array<std::uint8_t, 3> lengths;
};

const handshake::script& handshake::script_of(pattern p) {
  using enum token;
  static constexpr script ik{
      "Noise_IK_25519_ChaChaPoly_BLAKE2b", true, 2, {{{e, es, s, ss}, {e, ee, se}, {}}}, {4, 3, 0}};
  static constexpr script xx{
      "Noise_XX_25519_ChaChaPoly_BLAKE2b", false, 3, {{{e}, {e, ee, s, es}, {s, se}}}, {1, 4, 2}};
  return p == pattern::ik ? ik : xx;
}

namespace {

/// Noise, section 4.3, HKDF with two outputs.
void hkdf(const crypto_suite& crypto, const fixed_bytes<64>& chaining_key, byte_view input,
          fixed_bytes<64>& out1, fixed_bytes<64>& out2) {
  constexpr std::uint8_t one[] = {1}, two[] = {2};
  auto temp = crypto.hmac(chaining_key, {input});
  out1 = crypto.hmac(temp, {byte_view{one}});
  out2 = crypto.hmac(temp, {byte_view{out1}, byte_view{two}});
  wipe(temp);
}

aead_key first_half(fixed_bytes<64>& wide) {
  aead_key k;
  std::memcpy(k.value.data(), wide.data(), k.value.size());
  wipe(wide);
  return k;
}

}  // namespace

handshake::handshake(const crypto_suite& crypto, const parameters& p)
    : static_public_(p.static_public),
      remote_static_(p.remote_static),
      initiator_(p.initiator),
      pattern_(p.kind) {
  const script& s = script_of(pattern_);
  // Section 5.2: a name of at most 64 bytes is padded with zeros, not hashed.
  h_ = {};
  std::memcpy(h_.data(), s.name.data(), s.name.size());
  ck_ = h_;
  mix_hash(crypto, p.prologue);
  if (s.responder_known) mix_hash(crypto, view(initiator_ ? remote_static_ : static_public_));
}

handshake::~handshake() {
  wipe(ck_);
  wipe(k_.value);
  wipe(ephemeral_.value);
}

void handshake::mix_hash(const crypto_suite& crypto, byte_view data) {
  fixed_bytes<64> next;
  crypto.hash(next, {h_, data});
  h_ = next;
}

void handshake::mix_key(const crypto_suite& crypto, const shared_secret& secret) {
  fixed_bytes<64> next, key;
  hkdf(crypto, ck_, view(secret), next, key);
  ck_ = next;
  k_ = first_half(key);
  wipe(next);
  has_key_ = true;
  n_ = 0;
}

bool handshake::mix_dh(const crypto_suite& crypto, token t, const private_key& static_private) {
  // `es` is the initiator's ephemeral with the responder's static; `se` the other way round.
  const bool mine_ephemeral = t == token::ee || (t == token::es) == initiator_;
  const bool theirs_ephemeral = t == token::ee || (t == token::se) == initiator_;
  const bool statics = t == token::ss;
  shared_secret secret;
  const bool ok =
      crypto.dh(mine_ephemeral && !statics ? ephemeral_ : static_private,
                theirs_ephemeral && !statics ? remote_ephemeral_ : remote_static_, secret);
  if (ok) mix_key(crypto, secret);
  wipe(secret.value);
  return ok;
}

void handshake::encrypt(const crypto_suite& crypto, byte_view plain, bytes& out) {
  const std::size_t before = out.size();
  if (!has_key_) {
    out.insert(out.end(), plain.begin(), plain.end());
  } else {
    out.resize(before + plain.size() + aead_tag_size);
    crypto.seal(byte_span{out}.subspan(before), k_, n_++, h_, plain);
  }
  mix_hash(crypto, byte_view{out}.subspan(before));
}

bool handshake::decrypt(const crypto_suite& crypto, byte_view sealed, byte_span out) {
  if (!has_key_) {
    if (!sealed.empty()) std::memcpy(out.data(), sealed.data(), sealed.size());
  } else if (!crypto.open(out, k_, n_++, h_, sealed)) {
    return false;
  }
  mix_hash(crypto, sealed);
  return true;
}

bool handshake::finished() const { return step_ == script_of(pattern_).message_count; }

std::size_t handshake::overhead() const {
  const script& s = script_of(pattern_);
  WH_CHECK(!finished());
  std::size_t size = 0;
  bool keyed = has_key_;
  for (std::size_t i = 0; i < s.lengths[step_]; ++i) {
    const token t = s.messages[step_][i];
    if (t == token::e)
      size += 32;
    else if (t == token::s)
      size += 32 + (keyed ? aead_tag_size : 0);
    else
      keyed = true;
  }
  return size + (keyed ? aead_tag_size : 0);
}

bool handshake::write(const crypto_suite& crypto, const private_key& static_private,
                      const private_key& ephemeral, byte_view payload, bytes& out) {
  const script& s = script_of(pattern_);
  WH_CHECK(!finished() && (step_ % 2 == 0) == initiator_);
  for (std::size_t i = 0; i < s.lengths[step_]; ++i) {
    const token t = s.messages[step_][i];
    if (t == token::e) {
      ephemeral_ = ephemeral;
      const public_key p = crypto.to_public(ephemeral_);
      out.insert(out.end(), p.value.begin(), p.value.end());
      mix_hash(crypto, view(p));
    } else if (t == token::s) {
      encrypt(crypto, view(static_public_), out);
    } else if (!mix_dh(crypto, t, static_private)) {
      return false;
    }
  }
  encrypt(crypto, payload, out);
  ++step_;
  return true;
}

read_result handshake::read(const crypto_suite& crypto, const private_key& static_private,
                            byte_view message, bytes& payload, key_filter filter, void* context) {
  const script& s = script_of(pattern_);
  WH_CHECK(!finished() && (step_ % 2 == 0) != initiator_);
  if (message.size() < overhead()) return read_result::malformed;
  for (std::size_t i = 0; i < s.lengths[step_]; ++i) {
    const token t = s.messages[step_][i];
    if (t == token::e) {
      std::memcpy(remote_ephemeral_.value.data(), message.data(), 32);
      message = message.subspan(32);
      if (!crypto.acceptable(remote_ephemeral_)) return read_result::bad_key;
      mix_hash(crypto, view(remote_ephemeral_));
    } else if (t == token::s) {
      const std::size_t size = 32 + (has_key_ ? aead_tag_size : 0);
      if (!decrypt(crypto, message.first(size), remote_static_.value)) return read_result::forged;
      message = message.subspan(size);
      if (!crypto.acceptable(remote_static_)) return read_result::bad_key;
      if (filter != nullptr && !filter(context, remote_static_)) return read_result::refused;
    } else if (!mix_dh(crypto, t, static_private)) {
      return read_result::bad_key;
    }
  }
  payload.resize(message.size() - (has_key_ ? aead_tag_size : 0));
  if (!decrypt(crypto, message, payload)) return read_result::forged;
  ++step_;
  return read_result::ok;
}

transport_keys handshake::split(const crypto_suite& crypto) const {
  WH_CHECK(finished());
  fixed_bytes<64> first, second;
  hkdf(crypto, ck_, {}, first, second);
  transport_keys keys;
  keys.send = first_half(initiator_ ? first : second);
  keys.receive = first_half(initiator_ ? second : first);
  return keys;
}

}  // namespace wh::session::noise
