#include "actors/proto/record/extras.hpp"

#include <catch2/catch.hpp>

#include "actors/proto/record/record.hpp"
#include "actors/proto/wire/codec.hpp"
#include "transport/rng.hpp"

using namespace wh;
using record::extra;

namespace {

const time_point start = from_unix_seconds(1'800'000'000);
const endpoint home{ip_address::v4(203, 0, 113, 5), 51820};

}  // namespace

TEST_CASE("a record's optional fields are signed and pass through a holder that knows none") {
  const crypto_suite& crypto = sodium_crypto();
  seeded_rng random{seed{7}};
  const auto secret = crypto.make_private_key(random);
  wire::record r;
  r.key = crypto.to_public(secret);
  r.sequence = 1;
  r.expires = unix_seconds(start + 1h);
  r.endpoints.push_back(home);
  const std::vector<extra> all{{1, {1, 2, 3}}, {7, bytes(30, 9)}, {200, {}}};
  REQUIRE(record::add_extras(r, all));
  record::sign(crypto, secret, "test", random, r);

  // The first release takes a record apart, judges it and encodes it anew.
  bytes b;
  wire::encode(r, b);
  const auto held = wire::decode_record(b);
  REQUIRE(held);
  CHECK(record::verify(crypto, *held, "test", start));
  bytes passed_on;
  wire::encode(*held, passed_on);
  CHECK(passed_on == b);
  CHECK(record::extras_of(*held) == all);
  CHECK(record::endpoints_of(*held) == std::vector{home});

  wire::record changed = *held;
  auto entries = held->endpoints.items();
  entries.back().port_be[0] ^= 1;
  changed.endpoints = decltype(changed.endpoints)::first_of(std::move(entries));
  CHECK_FALSE(record::verify(crypto, changed, "test", start));
}

TEST_CASE("optional fields that have no room in a record are left out whole") {
  wire::record r;
  for (std::uint16_t i = 0; i < 4; ++i) r.endpoints.push_back({home.address, i});
  CHECK_FALSE(record::add_extras(r, {{1, bytes(33)}}));
  CHECK(r.endpoints.size() == 4);
  CHECK(record::add_extras(r, {{1, bytes(32)}}));
  CHECK(r.endpoints.full());
  CHECK(record::extras_of(r) == std::vector{extra{1, bytes(32)}});
  CHECK(record::endpoints_of(r).size() == 4);
}

TEST_CASE("whatever a record's list holds its optional fields are within it") {
  seeded_rng random{seed{3}};
  for (int i = 0; i < 2000; ++i) {
    wire::record r;
    std::size_t pieces = 0;
    while (!r.endpoints.full()) {
      auto a = random.make_bytes<public_key>();
      fixed_bytes<16> raw;
      std::copy_n(a.value.begin(), 16, raw.begin());
      if (random.chance(0.7)) raw[0] = 0xff;
      if (random.chance(0.7)) raw[2] = static_cast<std::uint8_t>(random.below(20));
      pieces += raw[0] == 0xff;
      r.endpoints.push_back({ip_address::v6(raw), static_cast<std::uint16_t>(random.next())});
    }
    std::size_t size = 0;
    for (const extra& e : record::extras_of(r)) size += 2 + e.value.size();
    REQUIRE(size <= pieces * record::extra_size);
    REQUIRE(record::endpoints_of(r).size() == 6 - pieces);
  }
}
