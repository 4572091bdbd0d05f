#include "sim/world/places.hpp"

#include <algorithm>
#include <set>

#include "transport/check.hpp"

namespace wh::sim {

namespace {

bool translates(const nat::config& c) { return c.mapping != nat::mapping_kind::none; }

/// As long as any run.
constexpr duration always = std::chrono::hours{24 * 366 * 10};

}  // namespace

places::places(plan p, const nat::book& profiles, network& net, seed s)
    : plan_(std::move(p)), profiles_(profiles), net_(net), seed_(s) {
  for (const box_plan& b : plan_.boxes) {
    box_spec spec;
    spec.config = b.behaviour;
    spec.isolated = b.isolated;
    if (!b.external.is_unspecified()) spec.external = {b.external};
    boxes_.push_back(net_.add_box(std::move(spec)));
  }
}

attachment places::attachment_of(std::size_t h, bool v4) const {
  const host_plan& p = plan_.hosts[h];
  attachment a{(v4 ? p.v4 : p.v6)->address, {}};
  for (const std::size_t b : plan_.chain_of(h, v4)) a.boxes.push_back(boxes_[b]);
  return a;
}

host_spec places::spec_of(std::size_t h, const access_link& line) const {
  const host_plan& p = plan_.hosts[h];
  host_spec where;
  const attachment first = attachment_of(h, p.v4.has_value());
  where.address = first.address;
  where.boxes = first.boxes;
  where.port = p.port;
  if (p.v4 && p.v6) where.other = attachment_of(h, false);
  where.access = line;
  return where;
}

void places::settle(std::vector<std::unique_ptr<host>>& hosts) {
  hosts_ = &hosts;
  for (std::size_t h = 0; h < hosts.size(); ++h) forward(h);
}

void places::forward(std::size_t h) {
  const host_plan& p = plan_.hosts[h];
  if (!p.forwarded || !p.v4) return;
  endpoint inside{p.v4->address, p.port};
  for (const std::size_t b : plan_.chain_of(h)) {
    const auto outside = net_.box(boxes_[b]).map_port(inside, p.port, always, time_point{});
    // The box holds 64 of them; a home has fewer.
    if (outside) inside = *outside;
  }
}

std::optional<std::size_t> places::outermost(std::size_t h) const {
  const auto chain = plan_.chain_of(h);
  return chain.empty() ? std::nullopt : std::optional{chain.back()};
}

std::optional<std::size_t> places::innermost(std::size_t h) const {
  const auto chain = plan_.chain_of(h);
  return chain.empty() ? std::nullopt : std::optional{chain.front()};
}

std::vector<std::size_t> places::mappings(time_point now) const {
  // Those that were replaced stand in nobody's way any more.
  std::set<std::size_t> in_use;
  for (std::size_t h = 0; h < plan_.hosts.size(); ++h)
    for (const bool v4 : {true, false})
      for (const std::size_t b : plan_.chain_of(h, v4)) in_use.insert(b);
  std::vector<std::size_t> held;
  for (const std::size_t b : in_use) held.push_back(net_.box(boxes_[b]).mappings(now));
  return held;
}

void places::reboot_boxes(std::size_t h) {
  std::set<std::size_t> rebooted;
  for (const bool v4 : {true, false})
    for (const std::size_t b : plan_.chain_of(h, v4)) {
      net_.reboot_box(boxes_[b]);
      rebooted.insert(b);
    }
  // What people have set by hand is kept by the router.
  for (std::size_t other = 0; other < plan_.hosts.size(); ++other)
    if (const auto b = innermost(other); b && rebooted.count(*b) > 0) forward(other);
}

ip_address places::fresh_address(bool v4) {
  const std::size_t n = (1U << 19) + addresses_changed_++;
  return v4 ? public_address(n) : public_address6(n);
}

void places::move(std::size_t h, const ip_address& to) {
  const bool v4 = to.is_v4();
  seat& s = *(v4 ? plan_.hosts[h].v4 : plan_.hosts[h].v6);
  const bool readdressed = s.address != to;
  s.address = to;
  net_.move(at(h).id(), attachment_of(h, v4));
  if (readdressed) at(h).readdressed();
}

void places::change_address(std::size_t h) {
  if (plan_.hosts[h].v6) move(h, fresh_address(false));
  if (!plan_.hosts[h].v4) return;
  const ip_address fresh = fresh_address(true);
  for (const std::size_t b : plan_.chain_of(h))
    if (plan_.boxes[b].external.is_global()) {
      plan_.boxes[b].external = fresh;
      net_.change_address(boxes_[b], {fresh});
      for (std::size_t other = 0; other < plan_.hosts.size(); ++other)
        if (outermost(other) == b) forward(other);
      return;
    }
  move(h, fresh);
}

void places::replace_boxes(std::size_t h, const std::vector<std::string>& profiles) {
  if (!plan_.hosts[h].v4) return;
  const auto old = plan_.chain_of(h);
  bool same_shape = old.size() == profiles.size();
  for (std::size_t i = 0; same_shape && i < old.size(); ++i)
    same_shape = translates(profiles_.profile(profiles[i])->behaviour) ==
                 translates(*plan_.boxes[old[i]].behaviour);
  if (!same_shape) return rebuild_boxes(h, profiles);
  for (std::size_t i = 0; i < old.size(); ++i) {
    box_plan& b = plan_.boxes[old[i]];
    b.behaviour = nat::borrow(profiles_.profile(profiles[i])->behaviour);
    b.profile = profiles[i];
    nat::box& box = net_.box(boxes_[old[i]]);
    const auto pool = box.pool();
    box = nat::box(b.behaviour, std::vector<ip_address>(pool.begin(), pool.end()),
                   seed_.derive("replaced box", old[i]));
  }
  const auto box = innermost(h);
  for (std::size_t other = 0; other < plan_.hosts.size(); ++other)
    if (other == h || (box && innermost(other) == box)) relabel(other);
}

/// A firewall's inside has public addresses and a NAT's has not, so everybody behind the old chain
/// is moved behind a new one.
void places::rebuild_boxes(std::size_t h, const std::vector<std::string>& profiles) {
  std::vector<std::size_t> moved;
  if (const auto box = innermost(h)) {
    for (std::size_t other = 0; other < plan_.hosts.size(); ++other)
      if (innermost(other) == box) moved.push_back(other);
  } else {
    moved = {h};
  }
  std::optional<std::size_t> outer;
  bool inside_is_private = false;
  for (std::size_t i = profiles.size(); i-- > 0;) {
    const nat::config& c = profiles_.profile(profiles[i])->behaviour;
    box_plan b;
    b.behaviour = nat::borrow(c);
    b.profile = profiles[i];
    b.outer = outer;
    box_spec spec;
    spec.config = b.behaviour;
    if (translates(c)) {
      b.external = inside_is_private ? carrier_address(0) : fresh_address(true);
      spec.external = {b.external};
      inside_is_private = true;
    }
    plan_.boxes.push_back(std::move(b));
    boxes_.push_back(net_.add_box(std::move(spec)));
    outer = plan_.boxes.size() - 1;
  }
  for (std::size_t i = 0; i < moved.size(); ++i) {
    plan_.hosts[moved[i]].v4->box = outer;
    plan_.hosts[moved[i]].forwarded = false;  // nobody has set the new box
    move(moved[i], inside_is_private ? lan_address(i) : fresh_address(true));
    relabel(moved[i]);
  }
}

void places::relabel(std::size_t h) {
  std::string& text = plan_.hosts[h].nat_label;
  text.clear();
  for (const std::size_t b : plan_.chain_of(h))
    text += (text.empty() ? "" : " + ") + plan_.boxes[b].profile;
  if (text.empty()) text = "public";
}

}  // namespace wh::sim
