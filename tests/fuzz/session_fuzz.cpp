#include <algorithm>

#include "actors/proto/session/layer.hpp"
#include "tests/support/toy_crypto.hpp"

/// A layer that believes everything: tags and macs always fit, so that the bytes of the input reach
/// what stands behind the cryptography. The input is a script:
///   0 peer via kind     send a message of that kind
///   1 units             time passes, 10 ms each
///   2 via length bytes  a datagram of these bytes
///   3 via type length:2 bytes  a datagram with a sound header and the index of what was sent last
///   4 units             time passes, 10 s each
///   5 peer              forget
namespace {

using namespace wh;
using namespace wh::session;

class gullible final : public test::toy_crypto {
 public:
  using toy_crypto::toy_crypto;
  void hash(byte_span out, std::initializer_list<byte_view>, byte_view) const override {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
  }
  bool open(byte_span out, const aead_key&, std::uint64_t, byte_view,
            byte_view sealed) const override {
    if (sealed.size() < aead_tag_size) return false;
    std::copy_n(sealed.begin(), out.size(), out.begin());
    return true;
  }
};

class script {
 public:
  explicit script(byte_view in) : in_(in) {}
  bool done() const { return in_.empty(); }
  std::uint8_t byte() {
    if (in_.empty()) return 0;
    const auto b = in_[0];
    in_ = in_.subspan(1);
    return b;
  }
  byte_view take(std::size_t n) {
    const auto b = in_.first(std::min(n, in_.size()));
    in_ = in_.subspan(b.size());
    return b;
  }

 private:
  byte_view in_;
};

public_key peer_key(std::uint8_t i) {
  public_key k;
  k.value.fill(static_cast<std::uint8_t>(1 + i % 6));
  return k;
}

wire::route via_of(std::uint8_t v) {
  if (v % 8 == 7) return wire::through(peer_key(v / 8));
  return wire::direct({ip_address::v4(9, 9, static_cast<std::uint8_t>(v % 8), 9), 9});
}

wire::message message_of(std::uint8_t kind) {
  switch (kind % 7) {
    case 0:
      return wire::ping{};
    case 1:
      return wire::find_node{};
    case 2:
      return wire::find_record{};
    case 3:
      return wire::relay_attach{};
    case 4:
      return wire::relay_to{{}, bytes(std::size_t{kind} * 6)};
    case 5: {
      wire::nodes n;
      while (!n.contacts.full()) n.contacts.push_back({});
      return n;
    }
    default:
      return wire::pong{};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const gullible crypto;
  seeded_rng random{seed{1}};
  const limits tight{
      .sessions = 3, .initiating = 2, .half_open = 2, .queue = 2, .timestamps = 3, .prefixes = 3};
  layer engine{{.secret = crypto.make_private_key(random), .name_space = "f", .limits = tight},
               crypto,
               random};
  time_point now = from_unix_seconds(1'700'000'000);
  std::uint8_t index[4] = {};
  actions out;
  const auto check = [&] {
    for (const action& a : out)
      if (const auto* t = std::get_if<transmit>(&a)) {
        WH_CHECK(t->datagram.size() <= packet::transport_max && t->datagram[0] == packet::magic);
        // Of initiations and responses: what a peer puts into its answer.
        if (t->datagram[2] == 1 || t->datagram[2] == 2)
          std::copy_n(t->datagram.begin() + 4, 4, index);
      } else if (const auto* d = std::get_if<deliver>(&a)) {
        WH_CHECK(wire::encoded_size(d->what) <= wire::encoded_max);
      }
    out.clear();
    WH_CHECK(engine.session_count() <= tight.sessions);
  };
  script s{{data, size}};
  while (!s.done()) {
    switch (s.byte() % 6) {
      case 0: {
        const auto to = peer_key(s.byte());
        const auto v = s.byte();
        std::optional<wire::route> via;
        if (v != 0xff) via = via_of(v);
        engine.handle(now, send{to, via, message_of(s.byte())}, out);
        break;
      }
      case 1:
        now += s.byte() * 10ms;
        break;
      case 2: {
        const auto via = via_of(s.byte());
        const std::size_t n = std::size_t{s.byte()} * 8;
        engine.handle(now, received{via, s.take(n)}, out);
        break;
      }
      case 3: {
        const auto via = via_of(s.byte());
        const auto type = s.byte();
        std::size_t n = s.byte();
        n = (n << 8 | s.byte()) % 2048;
        const byte_view rest = s.take(n);
        bytes d(packet::header_size + rest.size());
        d[0] = packet::magic;
        d[1] = crypto.wire_version();
        d[2] = type;
        std::copy(rest.begin(), rest.end(), d.begin() + packet::header_size);
        const std::size_t at = type == 2 ? 8 : 4;
        if (type != 1 && d.size() >= at + 4)
          std::copy_n(index, 4, d.begin() + static_cast<std::ptrdiff_t>(at));
        engine.handle(now, received{via, d}, out);
        break;
      }
      case 4:
        now += s.byte() * 10s;
        break;
      case 5:
        engine.forget(peer_key(s.byte()));
        break;
    }
    check();
    if (const auto t = engine.next_timeout(); t && *t <= now) {
      engine.handle_timeout(now, out);
      check();
    }
  }
  // Whatever happened, it ends.
  for (int i = 0; i < 400; ++i) {
    const auto t = engine.next_timeout();
    if (!t) break;
    WH_CHECK(i < 399);
    now = std::max(now, *t);
    engine.handle_timeout(now, out);
    check();
    WH_CHECK(!engine.next_timeout() || *engine.next_timeout() > now);
  }
  WH_CHECK(engine.session_count() == 0);
  return 0;
}
