#include "sim/nat/flow_table.hpp"

#include <tuple>

#include "transport/check.hpp"

namespace wh::sim::nat {

slot_index::position flow_table::inside_position(std::uint32_t host, std::uint16_t port,
                                                 const endpoint& remote) const {
  return by_inside_.lower_bound([&](std::uint32_t slot) {
    const flow& f = flows_[slot];
    return std::tie(f.host, f.inside_port, f.remote) < std::tie(host, port, remote);
  });
}

slot_index::position flow_table::outside_position(std::uint8_t pool_index, std::uint16_t port,
                                                  const endpoint& remote) const {
  return by_outside_.lower_bound([&](std::uint32_t slot) {
    const flow& f = flows_[slot];
    return std::tie(f.pool_index, f.outside_port, f.remote) < std::tie(pool_index, port, remote);
  });
}

std::uint32_t flow_table::find_inside(std::uint32_t host, std::uint16_t port,
                                      const endpoint& remote) const {
  const auto p = inside_position(host, port, remote);
  if (by_inside_.at_end(p)) return no_slot;
  const flow& f = flows_[by_inside_[p]];
  return f.host == host && f.inside_port == port && f.remote == remote ? by_inside_[p] : no_slot;
}

std::uint32_t flow_table::any_inside(std::uint32_t host, std::uint16_t port,
                                     const ip_address* address) const {
  const auto p =
      inside_position(host, port, address != nullptr ? endpoint{*address, 0} : endpoint{});
  if (by_inside_.at_end(p)) return no_slot;
  const flow& f = flows_[by_inside_[p]];
  const bool same = f.host == host && f.inside_port == port &&
                    (address == nullptr || f.remote.address == *address);
  return same ? by_inside_[p] : no_slot;
}

std::uint32_t flow_table::newest_inside(std::uint32_t host, std::uint16_t port) const {
  std::uint32_t best = no_slot;
  for (auto p = inside_position(host, port, {}); !by_inside_.at_end(p); p = by_inside_.after(p)) {
    const flow& f = flows_[by_inside_[p]];
    if (f.host != host || f.inside_port != port) break;
    if (best == no_slot || f.created >= flows_[best].created) best = by_inside_[p];
  }
  return best;
}

std::uint32_t flow_table::find_outside(std::uint8_t pool_index, std::uint16_t port,
                                       const endpoint& remote) const {
  const auto p = outside_position(pool_index, port, remote);
  if (by_outside_.at_end(p)) return no_slot;
  const flow& f = flows_[by_outside_[p]];
  const bool same = f.pool_index == pool_index && f.outside_port == port && f.remote == remote;
  return same ? by_outside_[p] : no_slot;
}

std::uint32_t flow_table::any_outside(std::uint8_t pool_index, std::uint16_t port,
                                      const ip_address* address) const {
  std::uint32_t found = no_slot;
  auto p =
      outside_position(pool_index, port, address != nullptr ? endpoint{*address, 0} : endpoint{});
  for (; !by_outside_.at_end(p); p = by_outside_.after(p)) {
    const flow& f = flows_[by_outside_[p]];
    if (f.pool_index != pool_index || f.outside_port != port) break;
    if (address != nullptr && f.remote.address != *address) break;
    found = by_outside_[p];
    if (!f.is_local()) break;
  }
  return found;
}

std::uint32_t flow_table::add(flow f) {
  std::uint32_t slot = free_;
  f.older = f.newer = no_slot;
  if (slot != no_slot) {
    free_ = flows_[slot].newer;
    flows_[slot] = f;
  } else {
    slot = static_cast<std::uint32_t>(flows_.size());
    // Grow by half: with the doubling of std::vector the typical box would carry as many empty
    // slots as flows.
    if (flows_.size() == flows_.capacity()) flows_.reserve(flows_.size() + flows_.size() / 2 + 2);
    flows_.push_back(f);
  }
  // The newest end of its list, which the caller's first refresh makes true.
  ends& list = lists_[static_cast<std::size_t>(f.list)];
  flows_[slot].older = list.newest;
  (list.newest != no_slot ? flows_[list.newest].newer : list.oldest) = slot;
  list.newest = slot;

  if (!f.is_local()) {
    by_inside_.insert(inside_position(f.host, f.inside_port, f.remote), slot);
    ++hosts_[f.host].flows;
  }
  if (translated_)
    by_outside_.insert(outside_position(f.pool_index, f.outside_port, f.remote), slot);
  ++size_;
  return slot;
}

void flow_table::unlink(flow& f) {
  ends& list = lists_[static_cast<std::size_t>(f.list)];
  (f.older != no_slot ? flows_[f.older].newer : list.oldest) = f.newer;
  (f.newer != no_slot ? flows_[f.newer].older : list.newest) = f.older;
}

void flow_table::remove(std::uint32_t slot) {
  flow& f = flows_[slot];
  if (!f.is_local()) {
    const auto p = inside_position(f.host, f.inside_port, f.remote);
    WH_CHECK(!by_inside_.at_end(p) && by_inside_[p] == slot);
    by_inside_.erase(p);
    if (--hosts_[f.host].flows == 0) release(hosts_[f.host]);
  }
  if (translated_) {
    const auto p = outside_position(f.pool_index, f.outside_port, f.remote);
    WH_CHECK(!by_outside_.at_end(p) && by_outside_[p] == slot);
    by_outside_.erase(p);
  }
  unlink(f);
  f = flow{};
  f.newer = free_;
  free_ = slot;
  --size_;
}

void flow_table::refresh(std::uint32_t slot, timer list, time_point expires) {
  flow& f = flows_[slot];
  unlink(f);
  ends& to = lists_[static_cast<std::size_t>(list)];
  f.list = list;
  f.expires = expires;
  f.newer = no_slot;
  f.older = to.newest;
  (to.newest != no_slot ? flows_[to.newest].newer : to.oldest) = slot;
  to.newest = slot;
}

void flow_table::expire(time_point now) {
  for (const ends& list : lists_)
    while (list.oldest != no_slot && flows_[list.oldest].expires <= now) remove(list.oldest);
}

std::size_t flow_table::size_at(time_point now) const {
  std::size_t n = size_;
  for (const ends& list : lists_)
    for (auto s = list.oldest; s != no_slot && flows_[s].expires <= now; s = flows_[s].newer) --n;
  return n;
}

std::vector<std::uint32_t>::const_iterator flow_table::host_position(const ip_address& a) const {
  return std::partition_point(hosts_by_address_.begin(), hosts_by_address_.end(),
                              [&](std::uint32_t id) { return hosts_[id].address < a; });
}

std::uint32_t flow_table::find_host(const ip_address& a) const {
  const auto p = host_position(a);
  return p != hosts_by_address_.end() && hosts_[*p].address == a ? *p : no_slot;
}

std::uint32_t flow_table::intern_host(const ip_address& a, std::size_t hosts_max) {
  if (const auto known = find_host(a); known != no_slot) return known;
  auto id = static_cast<std::uint32_t>(hosts_.size());
  if (hosts_.size() >= hosts_max) {
    for (std::uint32_t i = 0; i < hosts_.size(); ++i)
      if (hosts_[i].flows == 0) {
        hosts_by_address_.erase(host_position(hosts_[i].address));
        id = i;
        break;
      }
  }
  if (id == hosts_.size()) hosts_.emplace_back();
  hosts_[id] = inside_host{};
  hosts_[id].address = a;
  hosts_by_address_.insert(host_position(a), id);
  return id;
}

bool flow_table::take_block(std::uint32_t host, std::uint16_t block) {
  inside_host& h = hosts_[host];
  const std::uint32_t key = std::uint32_t{h.pool_index} << 16 | block;
  const auto p = std::lower_bound(blocks_.begin(), blocks_.end(), key);
  if (p != blocks_.end() && *p == key) return false;
  blocks_.insert(p, key);
  h.blocks[h.block_count++] = block;
  return true;
}

void flow_table::release(inside_host& h) {
  for (std::size_t i = 0; i < h.block_count; ++i) {
    const std::uint32_t key = std::uint32_t{h.pool_index} << 16 | h.blocks[i];
    blocks_.erase(std::lower_bound(blocks_.begin(), blocks_.end(), key));
  }
  h.block_count = 0;
  h.diverged = false;
}

std::size_t flow_table::memory_bytes() const {
  return sizeof *this + flows_.capacity() * sizeof(flow) + by_inside_.memory_bytes() +
         by_outside_.memory_bytes() + hosts_.capacity() * sizeof(inside_host) +
         (hosts_by_address_.capacity() + blocks_.capacity()) * sizeof(std::uint32_t) +
         forwards.capacity() * sizeof(port_forward);
}

}  // namespace wh::sim::nat
