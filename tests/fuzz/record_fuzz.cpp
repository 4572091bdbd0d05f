#include "actors/proto/record/record.hpp"
#include "actors/proto/wire/codec.hpp"
#include "tests/support/fast_crypto.hpp"

/// The time 4, in seconds | which bit 2 | a record. What is believed has a sound form and a
/// signature over all of it: signed, a record is judged by its form alone; with one bit changed or
/// in another namespace it is not believed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wh;
  if (size < 6) return 0;
  const time_point now = from_unix_seconds(load_be<std::uint32_t>(data));
  const std::size_t bit = load_be<std::uint16_t>(data + 4);
  const byte_view in{data + 6, size - 6};
  auto r = wire::decode_record(in);
  if (!r) {
    WH_CHECK(!wire::to_string(r.error()).empty());
    return 0;
  }
  const test::fast_crypto crypto;
  const auto form = record::check_form(crypto, *r, now);
  if (form) {
    const auto longest = static_cast<std::uint64_t>(
        std::chrono::seconds{record::life_max + record::clock_slack}.count());
    WH_CHECK(r->expires > unix_seconds(now) && r->expires - unix_seconds(now) <= longest);
    WH_CHECK(crypto.acceptable(r->key));
  } else {
    WH_CHECK(record::to_string(form.error()) != "unknown");
  }
  const auto claimed = r->sign;
  r->sign = crypto.sign_as(r->key, wire::signed_part(*r, "n"));
  WH_CHECK(record::verify(crypto, *r, "n", now).has_value() == form.has_value());
  WH_CHECK(!record::verify(crypto, *r, "m", now));
  WH_CHECK(record::location_of(crypto, r->key, "n") != record::location_of(crypto, r->key, "m"));

  bytes b;
  wire::encode(*r, b);
  WH_CHECK(b.size() == in.size());
  b[bit / 8 % b.size()] ^= static_cast<std::uint8_t>(1U << bit % 8);
  if (const auto other = wire::decode_record(b))
    WH_CHECK(!record::verify(crypto, *other, "n", now));

  const bool right = claimed == r->sign;
  r->sign = claimed;
  WH_CHECK(record::verify(crypto, *r, "n", now).has_value() == (right && form));
  return 0;
}
