#include "sim/world/places.hpp"

#include <set>

#include "sim/nat/profiles.hpp"

namespace wh::sim {

namespace {

bool translates(const nat::config& c) { return c.mapping != nat::mapping_kind::none; }

}  // namespace

places::places(plan p, network& net, seed s) : plan_(std::move(p)), net_(net), seed_(s) {
  for (const box_plan& b : plan_.boxes) {
    box_spec spec;
    spec.config = b.behaviour;
    if (!b.external.is_unspecified()) spec.external = {b.external};
    boxes_.push_back(net_.add_box(std::move(spec)));
  }
}

host_spec places::spec_of(std::size_t h) const {
  const host_plan& p = plan_.hosts[h];
  host_spec where;
  where.address = p.where.address;
  where.port = p.where.port();
  for (const std::size_t b : chain_of(h)) where.boxes.push_back(boxes_[b]);
  return where;
}

std::vector<std::size_t> places::mappings(time_point now) const {
  // Those that were replaced stand in nobody's way any more.
  std::set<std::size_t> in_use;
  for (std::size_t h = 0; h < plan_.hosts.size(); ++h)
    for (const std::size_t b : chain_of(h)) in_use.insert(b);
  std::vector<std::size_t> held;
  for (const std::size_t b : in_use) held.push_back(net_.box(boxes_[b]).mappings(now));
  return held;
}

void places::reboot_boxes(std::size_t h) {
  for (const std::size_t b : chain_of(h)) net_.reboot_box(boxes_[b]);
}

ip_address places::fresh_public_address() {
  return public_address((1U << 19) + addresses_changed_++);
}

std::vector<std::size_t> places::chain_of(std::size_t h) const {
  std::vector<std::size_t> chain;
  for (auto b = plan_.hosts[h].box; b; b = plan_.boxes[*b].outer) chain.push_back(*b);
  return chain;
}

void places::move(std::size_t h, const ip_address& to) {
  const bool readdressed = at(h).local().address != to;
  attachment there{to, {}};
  for (const std::size_t b : chain_of(h)) there.boxes.push_back(boxes_[b]);
  net_.move(at(h).id(), there);
  if (readdressed) at(h).readdressed();
}

void places::change_address(std::size_t h) {
  const ip_address fresh = fresh_public_address();
  for (const std::size_t b : chain_of(h))
    if (plan_.boxes[b].external.is_global()) {
      net_.change_address(boxes_[b], {fresh});
      return;
    }
  move(h, fresh);
}

void places::replace_boxes(std::size_t h, const std::vector<std::string>& profiles) {
  const auto old = chain_of(h);
  bool same_shape = old.size() == profiles.size();
  for (std::size_t i = 0; same_shape && i < old.size(); ++i)
    same_shape =
        translates(*nat::profile(profiles[i])) == translates(*plan_.boxes[old[i]].behaviour);
  if (!same_shape) return rebuild_boxes(h, profiles);
  for (std::size_t i = 0; i < old.size(); ++i) {
    box_plan& b = plan_.boxes[old[i]];
    b.behaviour = nat::borrow(*nat::profile(profiles[i]));
    b.profile = profiles[i];
    nat::box& box = net_.box(boxes_[old[i]]);
    const auto pool = box.pool();
    box = nat::box(b.behaviour, std::vector<ip_address>(pool.begin(), pool.end()),
                   seed_.derive("replaced box", old[i]));
  }
  for (std::size_t other = 0; other < plan_.hosts.size(); ++other)
    if (other == h || (innermost(h) && innermost(other) == innermost(h))) relabel(other);
}

/// A firewall's inside has public addresses and a NAT's has not, so everybody behind the old chain
/// is moved behind a new one.
void places::rebuild_boxes(std::size_t h, const std::vector<std::string>& profiles) {
  std::vector<std::size_t> moved;
  if (const auto box = plan_.hosts[h].box) {
    for (std::size_t other = 0; other < plan_.hosts.size(); ++other)
      if (plan_.hosts[other].box == box) moved.push_back(other);
  } else {
    moved = {h};
  }
  std::optional<std::size_t> outer;
  bool inside_is_private = false;
  for (std::size_t i = profiles.size(); i-- > 0;) {
    const nat::config& c = *nat::profile(profiles[i]);
    box_plan b;
    b.behaviour = nat::borrow(c);
    b.profile = profiles[i];
    b.outer = outer;
    box_spec spec;
    spec.config = b.behaviour;
    if (translates(c)) {
      b.external = inside_is_private ? ip_address::v4(100, 64, 0, 2) : fresh_public_address();
      spec.external = {b.external};
      inside_is_private = true;
    }
    plan_.boxes.push_back(std::move(b));
    boxes_.push_back(net_.add_box(std::move(spec)));
    outer = plan_.boxes.size() - 1;
  }
  for (std::size_t i = 0; i < moved.size(); ++i) {
    plan_.hosts[moved[i]].box = outer;
    // 192.168.1.2 and up, as planned ones.
    move(moved[i], inside_is_private
                       ? ip_address::v4(0xc0a80102U + static_cast<std::uint32_t>(i % 0xfe00))
                       : fresh_public_address());
    relabel(moved[i]);
  }
}

void places::relabel(std::size_t h) {
  std::string& text = plan_.hosts[h].nat_label;
  text.clear();
  for (const std::size_t b : chain_of(h))
    text += (text.empty() ? "" : " + ") + plan_.boxes[b].profile;
  if (text.empty()) text = "public";
}

}  // namespace wh::sim
