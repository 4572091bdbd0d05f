#include "actors/proto/session/rate_limit.hpp"

#include <algorithm>

namespace wh::session {

namespace {

/// 2^56 tells the families apart.
std::uint64_t prefix_of(const ip_address& a) {
  if (a.is_v4()) return std::uint64_t{1} << 56 | a.v4_value() >> 8;
  return load_be<std::uint64_t>(a.raw().data()) >> 16;
}

}  // namespace

prefix_buckets::pair* prefix_buckets::find_or_add(time_point now, const ip_address& address) {
  const auto prefix = prefix_of(address);
  const auto at = [&] {
    return std::lower_bound(entries_.begin(), entries_.end(), prefix,
                            [](const entry& e, std::uint64_t p) { return e.prefix < p; });
  };
  auto it = at();
  if (it != entries_.end() && it->prefix == prefix) return &it->buckets;
  if (entries_.size() >= max_) {
    std::erase_if(entries_, [now](const entry& e) {
      return e.buckets.unproven.is_full(now) && e.buckets.proven.is_full(now);
    });
    if (entries_.size() >= max_) return nullptr;
    it = at();
  }
  return &entries_.insert(it, entry{prefix, {}})->buckets;
}

}  // namespace wh::session
