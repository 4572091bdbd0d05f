#include "actors/proto/record/record.hpp"

#include "actors/proto/wire/codec.hpp"

namespace wh::record {

std::string_view to_string(flaw f) {
  switch (f) {
    case flaw::expired:
      return "expired";
    case flaw::too_far_ahead:
      return "too_far_ahead";
    case flaw::unacceptable_key:
      return "unacceptable_key";
    case flaw::bad_signature:
      return "bad_signature";
  }
  return "unknown";
}

wire::location location_of(const crypto_suite& crypto, const public_key& key,
                           std::string_view name_space) {
  wire::location l;
  crypto.hash(l.value, {view("wh2-loc"), view(key), view(name_space)});
  return l;
}

void sign(const crypto_suite& crypto, const private_key& secret, std::string_view name_space,
          rng& random, wire::record& r) {
  r.sign = crypto.sign(secret, wire::signed_part(r, name_space), random);
}

expected<void, flaw> check_form(const crypto_suite& crypto, const wire::record& r, time_point now) {
  const std::uint64_t now_s = unix_seconds(now);
  if (r.expires <= now_s) return unexpected(flaw::expired);
  if (r.expires - now_s > static_cast<std::uint64_t>((life_max + clock_slack).count()))
    return unexpected(flaw::too_far_ahead);
  if (!crypto.acceptable(r.key)) return unexpected(flaw::unacceptable_key);
  return {};
}

expected<void, flaw> verify(const crypto_suite& crypto, const wire::record& r,
                            std::string_view name_space, time_point now) {
  if (const auto form = check_form(crypto, r, now); !form) return form;
  if (!crypto.verify(r.key, wire::signed_part(r, name_space), r.sign))
    return unexpected(flaw::bad_signature);
  return {};
}

}  // namespace wh::record
