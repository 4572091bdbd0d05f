#pragma once

#include <span>
#include <string>
#include <string_view>

#include "transport/rng.hpp"

namespace wh::sim {

/// A group of a drawn world, as far as its events need to know it.
struct drawn_group {
  std::string name;
  unsigned count = 1;
  bool members = false;  ///< their role is member
  bool relays = false;
  bool boots = false;
  bool boxed = false;  ///< behind a NAT or a firewall
  /// The profiles that the world draws from, for boxes that are replaced: TOML.
  std::string another_nat;
};

/// A number as a person types it, small ones as likely as large ones: its logarithm is uniform.
/// `lo` > 0.
std::string drawn_number(rng& r, double lo, double hi);

/// Where a kind of event draws its keys, for a world of chance.
class event_draw {
 public:
  virtual rng& chance() = 0;
  virtual std::span<const drawn_group> groups() const = 0;
  /// `value` is TOML.
  virtual void put(std::string_view key, std::string value) = 0;

  /// A key with a `drawn_number`, and its value.
  double number(std::string_view key, double lo, double hi);
  void word(std::string_view key, std::string_view value);
  /// One of the groups that `fits`, as `key`; null, and nothing drawn, when there is none.
  const drawn_group* group(std::string_view key, bool (*fits)(const drawn_group&));
  /// The name of any peer.
  std::string peer();
  /// The keys of an event that hits a group: one that `fits`, sometimes all, sometimes a share.
  bool target(bool (*fits)(const drawn_group&));

 protected:
  ~event_draw() = default;
};

inline bool any_group(const drawn_group&) { return true; }

}  // namespace wh::sim
