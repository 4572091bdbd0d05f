#include "actors/proto/session/noise.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace wh;
using namespace wh::session;

namespace {

bytes hex(const nlohmann::json& j, const char* name) {
  return j.contains(name) ? *from_hex(j[name].get<std::string>()) : bytes{};
}

template <class Key>
Key key(const nlohmann::json& j, const char* name) {
  Key k;
  const bytes b = hex(j, name);
  REQUIRE(b.size() == 32);
  std::copy(b.begin(), b.end(), k.value.begin());
  return k;
}

const crypto_suite& crypto = sodium_crypto();

void run(const nlohmann::json& v, noise::pattern kind) {
  struct side {
    private_key secret, ephemeral;
    noise::handshake state;
  };
  const auto make = [&](const std::string& name, bool initiator) {
    const auto secret = key<private_key>(v, (name + "_static").c_str());
    const bytes prologue = hex(v, (name + "_prologue").c_str());
    noise::handshake::parameters p{kind, initiator, prologue, crypto.to_public(secret), {}};
    if (initiator && kind == noise::pattern::ik)
      p.remote_static = key<public_key>(v, "init_remote_static");
    return side{secret, key<private_key>(v, (name + "_ephemeral").c_str()), {crypto, p}};
  };
  side sides[] = {make("init", true), make("resp", false)};

  std::size_t i = 0;
  const auto& messages = v["messages"];
  for (; !sides[0].state.finished(); ++i) {
    side& from = sides[i % 2];
    side& to = sides[1 - i % 2];
    const bytes payload = hex(messages[i], "payload");
    const std::size_t overhead = from.state.overhead();
    bytes sent, got;
    REQUIRE(from.state.write(crypto, from.secret, from.ephemeral, payload, sent));
    CHECK(sent.size() == payload.size() + overhead);
    CHECK(to_hex(sent) == messages[i]["ciphertext"].get<std::string>());
    REQUIRE(to.state.read(crypto, to.secret, sent, got) == noise::read_result::ok);
    CHECK(got == payload);
  }
  REQUIRE(sides[1].state.finished());
  CHECK(to_hex(sides[0].state.hash()) == v["handshake_hash"].get<std::string>());
  CHECK(sides[0].state.hash() == sides[1].state.hash());
  CHECK(sides[0].state.remote_static() == crypto.to_public(sides[1].secret));
  CHECK(sides[1].state.remote_static() == crypto.to_public(sides[0].secret));

  const noise::transport_keys keys[] = {sides[0].state.split(crypto), sides[1].state.split(crypto)};
  CHECK(keys[0].send == keys[1].receive);
  CHECK(keys[0].receive == keys[1].send);
  std::uint64_t counters[] = {0, 0};
  for (; i < messages.size(); ++i) {
    const bytes payload = hex(messages[i], "payload");
    bytes sealed(payload.size() + aead_tag_size);
    crypto.seal(sealed, keys[i % 2].send, counters[i % 2]++, {}, payload);
    CHECK(to_hex(sealed) == messages[i]["ciphertext"].get<std::string>());
  }
}

}  // namespace

TEST_CASE("IK and XX give the bytes of the published test vectors") {
  std::ifstream in{WH_SOURCE_DIR "/tests/vectors/noise_25519_chachapoly_blake2b.json"};
  const auto all = nlohmann::json::parse(in);
  int count = 0;
  for (const auto& v : all["vectors"]) {
    const auto name = v["protocol_name"].get<std::string>();
    if (name == "Noise_IK_25519_ChaChaPoly_BLAKE2b") {
      run(v, noise::pattern::ik);
      ++count;
    } else if (name == "Noise_XX_25519_ChaChaPoly_BLAKE2b") {
      run(v, noise::pattern::xx);
      ++count;
    }
  }
  CHECK(count >= 2);
}

TEST_CASE("a handshake message with one bit changed or cut is not accepted") {
  seeded_rng random{seed{1}};
  const auto a = crypto.make_private_key(random), b = crypto.make_private_key(random);
  const auto a_public = crypto.to_public(a), b_public = crypto.to_public(b);
  noise::handshake first{crypto, {noise::pattern::ik, true, view("p"), a_public, b_public}};
  const noise::handshake second{crypto, {noise::pattern::ik, false, view("p"), b_public, {}}};
  bytes sent, got;
  REQUIRE(first.write(crypto, a, crypto.make_private_key(random), view("hello"), sent));
  for (std::size_t i = 0; i < sent.size(); ++i) {
    bytes changed = sent;
    changed[i] ^= static_cast<std::uint8_t>(1u << random.below(8));
    auto copy = second;
    REQUIRE(copy.read(crypto, b, changed, got) != noise::read_result::ok);
    copy = second;
    REQUIRE(copy.read(crypto, b, byte_view{sent}.first(i), got) != noise::read_result::ok);
  }
  auto other_prologue =
      noise::handshake{crypto, {noise::pattern::ik, false, view("q"), b_public, {}}};
  CHECK(other_prologue.read(crypto, b, sent, got) == noise::read_result::forged);
  auto copy = second;
  CHECK(copy.read(crypto, b, sent, got) == noise::read_result::ok);
  CHECK(got == bytes{'h', 'e', 'l', 'l', 'o'});
}

TEST_CASE("the filter sees the static key before it is used and can end the handshake") {
  seeded_rng random{seed{2}};
  const auto a = crypto.make_private_key(random), b = crypto.make_private_key(random);
  const auto a_public = crypto.to_public(a), b_public = crypto.to_public(b);
  noise::handshake first{crypto, {noise::pattern::ik, true, {}, a_public, b_public}};
  noise::handshake second{crypto, {noise::pattern::ik, false, {}, b_public, {}}};
  bytes sent, got;
  REQUIRE(first.write(crypto, a, crypto.make_private_key(random), {}, sent));
  public_key seen;
  const auto refuse = [](void* context, const public_key& k) {
    *static_cast<public_key*>(context) = k;
    return false;
  };
  CHECK(second.read(crypto, b, sent, got, refuse, &seen) == noise::read_result::refused);
  CHECK(seen == a_public);
}

TEST_CASE("ephemeral keys that are not canonical or of low order are refused") {
  seeded_rng random{seed{3}};
  const auto b = crypto.make_private_key(random);
  const auto b_public = crypto.to_public(b);
  bytes got;
  for (const char* bad : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
    noise::handshake second{crypto, {noise::pattern::ik, false, {}, b_public, {}}};
    bytes message = *from_hex(bad);
    message.resize(32 + 48 + 16);
    CHECK(second.read(crypto, b, message, got) == noise::read_result::bad_key);
  }
}
