#pragma once

#include <cstdint>
#include <vector>

#include "transport/endpoint.hpp"

namespace wh::sim {

/// Where an address is answered: a host itself, or a box for those behind it.
struct place {
  ip_address address;
  std::uint32_t realm = 0;
  std::uint32_t owner = 0;  ///< a host's number, or a box's with `is_box`
  static constexpr std::uint32_t is_box = 0x8000'0000U;
  bool box() const { return (owner & is_box) != 0; }
  std::uint32_t number() const { return owner & ~is_box; }
};
static_assert(sizeof(place) == 24);

/// Addresses to places, per realm (a realm is a network in which addresses mean one thing: the
/// internet, or the inside of one box). Open addressing over 4-byte slots: with a million addresses
/// a look-up is two cache misses and an address costs 36 to 44 bytes. Only looked up, never walked,
/// so its order reaches nothing.
class address_index {
 public:
  static constexpr std::uint32_t none = 0xffff'ffffU;

  address_index();

  /// The number of the place, which stays the same until it is erased; `none` if there is none.
  std::uint32_t find(std::uint32_t realm, const ip_address& a) const;
  /// The address must not be there yet.
  std::uint32_t insert(const place& p);
  void erase(std::uint32_t number);
  const place& operator[](std::uint32_t number) const { return places_[number]; }
  std::size_t size() const { return live_; }
  std::size_t memory_bytes() const {
    return places_.capacity() * sizeof(place) + (slots_.capacity() + free_.capacity()) * 4;
  }

 private:
  static constexpr std::uint32_t tombstone = 0xffff'fffeU;

  std::size_t start(std::uint32_t realm, const ip_address& a) const;
  void rebuild();

  std::vector<place> places_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> slots_;
  std::size_t live_ = 0;
  std::size_t used_ = 0;  // slots that are not empty, tombstones included
};

}  // namespace wh::sim
