#include <catch2/catch.hpp>

#include "actors/proto/session/noise.hpp"
#include "sim/crypto/modelled.hpp"

using namespace wh;
using namespace wh::session;

TEST_CASE("a Noise IK handshake takes the same bytes and fails alike with either suite") {
  const crypto_suite* const crypto = GENERATE(&sodium_crypto(), &sim::modelled_crypto());
  seeded_rng r{seed{5}};
  const auto a = crypto->make_private_key(r), b = crypto->make_private_key(r);
  const auto pa = crypto->to_public(a), pb = crypto->to_public(b);
  const auto start = [&](const public_key& towards) {
    return std::pair{noise::handshake{*crypto, {noise::pattern::ik, true, view("wh"), pa, towards}},
                     noise::handshake{*crypto, {noise::pattern::ik, false, view("wh"), pb, {}}}};
  };
  auto [initiator, responder] = start(pb);
  bytes one, two, got;
  const bytes hello{1, 2, 3};
  REQUIRE(initiator.write(*crypto, a, crypto->make_private_key(r), hello, one));
  CHECK(one.size() == 32 + 48 + 3 + 16);

  for (std::size_t i = 0; i < one.size(); ++i) {
    auto copy = responder;
    bytes forged = one, ignored;
    forged[i] ^= 1;
    CHECK(copy.read(*crypto, b, forged, ignored) != noise::read_result::ok);
  }
  REQUIRE(responder.read(*crypto, b, one, got) == noise::read_result::ok);
  CHECK(got == hello);
  CHECK(responder.remote_static() == pa);
  REQUIRE(responder.write(*crypto, b, crypto->make_private_key(r), {}, two));
  CHECK(two.size() == 32 + 16);
  REQUIRE(initiator.read(*crypto, a, two, got) == noise::read_result::ok);
  const auto ka = initiator.split(*crypto), kb = responder.split(*crypto);
  CHECK(ka.send == kb.receive);
  CHECK(ka.receive == kb.send);
  CHECK(ka.send != ka.receive);

  auto [lost, someone_else] = start(pa);  // meant for another key
  bytes misdirected;
  REQUIRE(lost.write(*crypto, a, crypto->make_private_key(r), hello, misdirected));
  CHECK(someone_else.read(*crypto, b, misdirected, got) != noise::read_result::ok);
}
