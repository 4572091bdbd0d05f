#include "sim/net/address_index.hpp"

#include "transport/check.hpp"

namespace wh::sim {

address_index::address_index() : slots_(64, none) {}

std::size_t address_index::start(std::uint32_t realm, const ip_address& a) const {
  const auto& raw = a.raw();
  std::uint64_t h = load_be<std::uint64_t>(raw.data()) * 0x9e3779b97f4a7c15U;
  h ^= load_be<std::uint64_t>(raw.data() + 8) + (std::uint64_t{realm} << 32) + (h >> 29);
  h *= 0xbf58476d1ce4e5b9U;
  h ^= h >> 32;
  return static_cast<std::size_t>(h * 0x94d049bb133111ebU >> 20) & (slots_.size() - 1);
}

std::uint32_t address_index::find(std::uint32_t realm, const ip_address& a) const {
  for (std::size_t i = start(realm, a);; i = (i + 1) & (slots_.size() - 1)) {
    const std::uint32_t n = slots_[i];
    if (n == none) return none;
    if (n != tombstone && places_[n].realm == realm && places_[n].address == a) return n;
  }
}

std::uint32_t address_index::insert(const place& p) {
  WH_CHECK(find(p.realm, p.address) == none);
  if ((used_ + 1) * 8 > slots_.size() * 5) rebuild();
  std::uint32_t number;
  if (free_.empty()) {
    number = static_cast<std::uint32_t>(places_.size());
    places_.push_back(p);
  } else {
    number = free_.back();
    free_.pop_back();
    places_[number] = p;
  }
  std::size_t i = start(p.realm, p.address);
  while (slots_[i] != none && slots_[i] != tombstone) i = (i + 1) & (slots_.size() - 1);
  if (slots_[i] == none) ++used_;
  slots_[i] = number;
  ++live_;
  return number;
}

void address_index::erase(std::uint32_t number) {
  const place p = places_[number];
  std::size_t i = start(p.realm, p.address);
  while (slots_[i] != number) {
    WH_CHECK(slots_[i] != none);
    i = (i + 1) & (slots_.size() - 1);
  }
  slots_[i] = tombstone;
  // An address that nobody has, so that packets under way to it find out.
  places_[number] = {{}, none, 0};
  free_.push_back(number);
  --live_;
}

void address_index::rebuild() {
  std::size_t size = 64;
  while (size * 5 < (live_ + 1) * 16)
    size *= 2;  // at most 5/16 full, so half of the bound at least
  slots_.assign(size, none);
  for (std::uint32_t n = 0; n < places_.size(); ++n) {
    if (places_[n].realm == none) continue;
    std::size_t i = start(places_[n].realm, places_[n].address);
    while (slots_[i] != none) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = n;
  }
  used_ = live_;
}

}  // namespace wh::sim
