#include "actors/proto/record/record.hpp"

#include <catch2/catch.hpp>

#include "transport/rng.hpp"

using namespace wh;

namespace {

const time_point start = from_unix_seconds(1'800'000'000);

struct fixture {
  const crypto_suite& crypto = sodium_crypto();
  seeded_rng random{seed{7}};
  private_key secret = crypto.make_private_key(random);

  wire::record make(std::uint64_t sequence = 1) {
    wire::record r;
    r.key = crypto.to_public(secret);
    r.sequence = sequence;
    r.expires = unix_seconds(start + 1h);
    r.nat = wire::nat_class::endpoint_independent;
    r.endpoints.push_back({ip_address::v4(203, 0, 113, 5), 51820});
    r.endpoints.push_back({*ip_address::parse("2001:db8::5"), 51820});
    r.relays.push_back({crypto.to_public(secret), {ip_address::v4(198, 51, 100, 1), 1}});
    record::sign(crypto, secret, "test", random, r);
    return r;
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a signed record verifies") {
  CHECK(record::verify(crypto, make(), "test", start));
}

TEST_CASE_METHOD(fixture, "a record of one name space does not verify in another") {
  const auto r = record::verify(crypto, make(), "test2", start);
  REQUIRE_FALSE(r);
  CHECK(r.error() == record::flaw::bad_signature);
}

TEST_CASE_METHOD(fixture, "a change of any field breaks the signature") {
  const wire::record good = make();
  std::vector<wire::record> bad(8, good);
  bad[0].sequence++;
  bad[1].expires--;
  bad[2].nat = wire::nat_class::open;
  bad[3].endpoints = {good.endpoints[0]};
  bad[4].endpoints = {good.endpoints[1], good.endpoints[0]};
  bad[5].relays = {};
  bad[6].sign.value[40] ^= 1;
  bad[7].key = crypto.to_public(crypto.make_private_key(random));
  for (const wire::record& r : bad) {
    const auto v = record::verify(crypto, r, "test", start);
    REQUIRE_FALSE(v);
    CHECK(v.error() == record::flaw::bad_signature);
  }
}

TEST_CASE_METHOD(fixture, "a record is believed until the second it expires") {
  const wire::record r = make();
  CHECK(record::verify(crypto, r, "test", start + 1h - 1s));
  const auto v = record::verify(crypto, r, "test", start + 1h);
  REQUIRE_FALSE(v);
  CHECK(v.error() == record::flaw::expired);
}

TEST_CASE_METHOD(fixture, "a record may expire two hours ahead and five minutes not later") {
  wire::record r = make();
  r.expires = unix_seconds(start + 2h + 5min);
  CHECK(record::check_form(crypto, r, start));
  r.expires++;
  const auto v = record::check_form(crypto, r, start);
  REQUIRE_FALSE(v);
  CHECK(v.error() == record::flaw::too_far_ahead);
  r.expires = ~std::uint64_t{0};
  CHECK_FALSE(record::check_form(crypto, r, start));
}

TEST_CASE_METHOD(fixture,
                 "a key that is not canonical is refused before its signature is looked at") {
  wire::record r = make();
  r.key.value[31] |= 0x80;
  const auto v = record::verify(crypto, r, "test", start);
  REQUIRE_FALSE(v);
  CHECK(v.error() == record::flaw::unacceptable_key);
}

TEST_CASE_METHOD(fixture, "the larger sequence is newer and an equal one keeps the old") {
  const wire::record a = make(5);
  wire::record b = make(6);
  CHECK(record::newer(b, a));
  CHECK_FALSE(record::newer(a, b));
  b.sequence = 5;
  CHECK_FALSE(record::newer(a, b));
  CHECK_FALSE(record::newer(b, a));
}

TEST_CASE_METHOD(fixture, "the place of a record depends on key and name space") {
  const wire::record r = make();
  const auto here = record::location_of(crypto, r.key, "test");
  CHECK(here == record::location_of(crypto, r.key, "test"));
  CHECK(here != record::location_of(crypto, r.key, "other"));
  public_key other = r.key;
  other.value[0] ^= 1;
  CHECK(here != record::location_of(crypto, other, "test"));
}

TEST_CASE("every flaw has a name") {
  for (int i = 0; i <= static_cast<int>(record::flaw::last); ++i)
    CHECK(record::to_string(static_cast<record::flaw>(i)) != "unknown");
}
