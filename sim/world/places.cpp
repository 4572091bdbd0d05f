#include <algorithm>

#include "sim/nat/profiles.hpp"
#include "sim/world/world.hpp"

/// Where hosts sit, and how that changes during a run.
namespace wh::sim {

namespace {

bool translates(const nat::config& c) { return c.mapping != nat::mapping_kind::none; }

}  // namespace

ip_address world::fresh_public_address() {
  return public_address((1U << 19) + addresses_changed_++);
}

std::vector<std::size_t> world::chain_of(std::size_t h) const {
  std::vector<std::size_t> chain;
  for (auto b = plan_.hosts[h].box; b; b = plan_.boxes[*b].outer) chain.push_back(*b);
  return chain;
}

void world::move(std::size_t h, const ip_address& to) {
  const bool readdressed = hosts_[h]->local().address != to;
  attachment there{to, {}};
  for (const std::size_t b : chain_of(h)) there.boxes.push_back(boxes_[b]);
  net_->move(hosts_[h]->id(), there);
  if (readdressed) hosts_[h]->readdressed();
}

void world::change_address(std::size_t h) {
  const ip_address fresh = fresh_public_address();
  for (const std::size_t b : chain_of(h))
    if (plan_.boxes[b].external.is_global()) {
      net_->change_address(boxes_[b], {fresh});
      return;
    }
  move(h, fresh);
}

void world::replace_boxes(std::size_t h, const std::vector<std::string>& profiles) {
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
    nat::box& box = net_->box(boxes_[old[i]]);
    const auto pool = box.pool();
    box = nat::box(b.behaviour, std::vector<ip_address>(pool.begin(), pool.end()),
                   root_.derive("replaced box", old[i]));
  }
  relabel(h);
}

/// A firewall's inside has public addresses and a NAT's has not, so everybody behind the old chain
/// is moved behind a new one.
void world::rebuild_boxes(std::size_t h, const std::vector<std::string>& profiles) {
  std::vector<std::size_t> moved;
  if (const auto box = plan_.hosts[h].box) {
    for (std::size_t other = 0; other < hosts_.size(); ++other)
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
    boxes_.push_back(net_->add_box(std::move(spec)));
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

void world::relabel(std::size_t h) {
  std::string& text = plan_.hosts[h].nat_label;
  text.clear();
  for (const std::size_t b : chain_of(h))
    text += (text.empty() ? "" : " + ") + plan_.boxes[b].profile;
  if (text.empty()) text = "public";
}

ip_address world::public_address_of(std::size_t h) const {
  ip_address a = hosts_[h]->local().address;
  for (const std::size_t b : chain_of(h))
    if (const auto pool = net_->box(boxes_[b]).pool(); !pool.empty()) a = pool.front();
  return a;
}

void world::cut_off(const std::vector<std::size_t>& hosts, duration lasts) {
  std::vector<ip_address> inside;
  for (const std::size_t h : hosts) inside.push_back(public_address_of(h));
  std::sort(inside.begin(), inside.end());
  const std::size_t number = ++partitions_;
  cut_off_.emplace(number, std::move(inside));
  sim_->after(lasts, [this, number] { cut_off_.erase(number); });
}

bool world::hears(const host& at, const ip_address& from) const {
  if (cut_off_.empty() || !from.is_global()) return true;
  const ip_address here = public_address_of(at.number());
  return std::all_of(cut_off_.begin(), cut_off_.end(), [&](const auto& partition) {
    const auto inside = [&](const ip_address& a) {
      return std::binary_search(partition.second.begin(), partition.second.end(), a);
    };
    return inside(from) == inside(here);
  });
}

}  // namespace wh::sim
