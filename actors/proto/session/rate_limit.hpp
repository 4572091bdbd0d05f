#pragma once

#include <vector>

#include "transport/endpoint.hpp"
#include "transport/time.hpp"

namespace wh::session {

/// `burst` at once, then one per `interval`.
struct rate {
  unsigned burst = 1;
  duration interval{};
};

/// A token bucket in eight bytes: the generic cell rate algorithm (ITU-T I.371) keeps the time at
/// which the bucket is full again.
class token_bucket {
 public:
  bool has(time_point now, const rate& r) const {
    return !(full_at_ - now > (r.burst - 1) * r.interval);
  }
  bool take(time_point now, const rate& r) {
    if (!has(now, r)) return false;
    full_at_ = (full_at_ > now ? full_at_ : now) + r.interval;
    return true;
  }
  bool is_full(time_point now) const { return full_at_ <= now; }

 private:
  time_point full_at_{};
};

/// Buckets for the prefixes that were heard from lately: /24 of IPv4, /48 of IPv6. A bucket that is
/// full again is as good as none and makes room; when none is, a new prefix gets no bucket.
class prefix_buckets {
 public:
  struct pair {
    token_bucket unproven;
    token_bucket proven;
  };
  explicit prefix_buckets(std::size_t max) : max_(max) {}
  /// Valid until the next call; null when there is no room.
  pair* find_or_add(time_point now, const ip_address& address);
  std::size_t size() const { return entries_.size(); }

 private:
  struct entry {
    std::uint64_t prefix;
    pair buckets;
  };
  std::vector<entry> entries_;  // by prefix
  std::size_t max_;
};

}  // namespace wh::session
