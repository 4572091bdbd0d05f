#include "sim/nat/box.hpp"

#include <algorithm>
#include <utility>

#include "sim/nat/flow_table.hpp"
#include "sim/nat/port_choice.hpp"
#include "transport/check.hpp"

namespace wh::sim::nat {

namespace {

/// What the box distinguishes remotes by: the finer of mapping and filtering.
enum class grain : std::uint8_t { nothing, address, endpoint };

grain grain_of(const config& c) {
  if (c.mapping == mapping_kind::apdm || c.filtering == filtering_kind::apdf ||
      c.unsolicited == unsolicited_kind::accept)
    return grain::endpoint;
  if (c.mapping == mapping_kind::adm || c.filtering == filtering_kind::adf) return grain::address;
  return grain::nothing;
}

constexpr std::size_t forwards_max = 64;

}  // namespace

box::box(std::shared_ptr<const config> c, const ip_address& external, seed s)
    : box(std::move(c), std::vector<ip_address>{external}, s) {}

box::box(std::shared_ptr<const config> c, std::vector<ip_address> pool, seed s)
    : config_(std::move(c)), pool_(std::move(pool)), random_(s) {
  WH_CHECK(config_ != nullptr && !pool_.empty() && pool_.size() <= 255);
  WH_CHECK(config_->psid_offset_bits > 0 && config_->psid_offset_bits + config_->psid_bits <= 16);
  WH_CHECK(config_->port_lo > 0 && config_->port_lo <= config_->port_hi);
  // A customer's port set is the carrier's choice and outlives a power cut.
  psid_ = config_->psid ? *config_->psid
                        : static_cast<std::uint16_t>(random_.below(1ULL << config_->psid_bits));
}

box::box(const box& other)
    : config_(other.config_),
      pool_(other.pool_),
      table_(other.table_ ? std::make_unique<flow_table>(*other.table_) : nullptr),
      random_(other.random_),
      packets_until_(other.packets_until_),
      new_flows_until_(other.new_flows_until_),
      psid_(other.psid_) {}
box::box(box&&) noexcept = default;
box& box::operator=(box other) noexcept {
  std::swap(config_, other.config_);
  std::swap(pool_, other.pool_);
  std::swap(table_, other.table_);
  std::swap(random_, other.random_);
  std::swap(packets_until_, other.packets_until_);
  std::swap(new_flows_until_, other.new_flows_until_);
  std::swap(psid_, other.psid_);
  return *this;
}
box::~box() = default;

std::optional<std::uint8_t> box::pool_index(const ip_address& a) const {
  if (config_->mapping == mapping_kind::none) return std::nullopt;
  const auto p = std::find(pool_.begin(), pool_.end(), a);
  if (p == pool_.end()) return std::nullopt;
  return static_cast<std::uint8_t>(p - pool_.begin());
}
bool box::owns(const ip_address& a) const { return pool_index(a).has_value(); }

endpoint box::project(const endpoint& remote) const {
  switch (grain_of(*config_)) {
    case grain::nothing:
      return {};
    case grain::address:
      return {remote.address, 0};
    case grain::endpoint:
      break;
  }
  return remote;
}

flow_table& box::flows(time_point now) {
  if (!table_) table_ = std::make_unique<flow_table>(config_->mapping != mapping_kind::none);
  table_->expire(now);
  std::erase_if(table_->forwards, [now](const port_forward& f) { return f.expires <= now; });
  return *table_;
}

void box::forget() {
  table_.reset();
  packets_until_ = new_flows_until_ = {};
}
void box::reboot() { forget(); }
void box::set_external(const ip_address& external) { set_pool({external}); }
void box::set_pool(std::vector<ip_address> pool) {
  WH_CHECK(!pool.empty() && pool.size() <= 255);
  pool_ = std::move(pool);
  forget();
}

std::size_t box::mappings(time_point now) const { return table_ ? table_->size_at(now) : 0; }

std::size_t box::memory_bytes() const {
  return sizeof *this + pool_.capacity() * sizeof(ip_address) +
         (table_ ? table_->memory_bytes() : 0);
}

bool box::over_rate(time_point& spent_until, std::uint32_t per_s, time_point now) const {
  if (per_s == 0) return false;
  // A leaky bucket as a meter (ITU-T I.371, GCRA), one second deep.
  const time_point next = std::max(spent_until, now) + duration{1s} / per_s;
  if (next > now + 1s) return true;
  spent_until = next;
  return false;
}

bool box::udp_allowed(std::uint16_t remote_port) const {
  switch (config_->udp) {
    case udp_policy::allowed:
      return true;
    case udp_policy::blocked:
      return false;
    case udp_policy::only_53_443:
      return remote_port == 53 || remote_port == 443;
  }
  return false;
}

verdict box::refuse(const packet& p, drop_reason r, icmp_error e) const {
  return {verdict::fate::drop, r, e, p};
}

verdict box::pass_on(packet p, verdict::fate kind) const {
  if (config_->ttl_decrement) --p.ttl;
  return {kind, drop_reason::none, icmp_error::none, p};
}

verdict box::outbound(const packet& p, time_point now) {
  if (!udp_allowed(p.dst.port())) return refuse(p, drop_reason::udp_blocked);
  if (over_rate(packets_until_, config_->packets_per_s, now))
    return refuse(p, drop_reason::rate_limited);
  // Linux forwards, and so checks the TTL, before it confirms a flow: no mapping is made.
  if (config_->ttl_decrement && p.ttl <= 1)
    return refuse(p, drop_reason::ttl_expired, icmp_error::time_exceeded);
  if (config_->mapping == mapping_kind::none && config_->filtering == filtering_kind::open)
    return pass_on(p, verdict::fate::forward);
  if (owns(p.dst.address)) return turn_round(p, now);

  const auto slot = outbound_flow(p, now);
  if (!slot) return refuse(p, slot.error());
  packet out = p;
  if (config_->mapping != mapping_kind::none) {
    const flow& f = table_->at(*slot);
    out.src = {pool_[f.pool_index], f.outside_port};
  }
  return pass_on(out, verdict::fate::forward);
}

/// Finds or makes the flow of a packet from inside, and refreshes it.
expected<std::uint32_t, drop_reason> box::outbound_flow(const packet& p, time_point now) {
  const config& c = *config_;
  flow_table& t = flows(now);
  const std::size_t hosts_max = c.table_max == 0 ? 1U << 20 : std::max(c.table_max, 64U);
  const std::uint32_t host = t.intern_host(p.src.address, hosts_max);
  const endpoint remote = project(p.dst);
  const std::uint16_t port = p.src.port();
  if (const auto known = t.find_inside(host, port, remote); known != no_slot) {
    touch(known, true, p.dst.port(), false, now);
    return known;
  }
  if (const auto why = make_room(host, now); why != drop_reason::none) return unexpected(why);

  flow f;
  f.created = now;
  f.remote = remote;
  f.host = host;
  f.inside_port = port;
  if (c.mapping != mapping_kind::none) {
    // An endpoint that is mapped already keeps its mapping where the kind says so, unless that very
    // tuple is taken: by another inside endpoint where ports are overloaded, or by the box itself.
    // Then it moves, which is how Linux stops being endpoint independent. With several to choose
    // from the newest wins (find_appropriate_src walks a list with the newest in front).
    std::uint32_t sibling = no_slot;
    if (c.mapping == mapping_kind::eim)
      sibling =
          t.host(host).diverged ? t.newest_inside(host, port) : t.any_inside(host, port, nullptr);
    else if (c.mapping == mapping_kind::adm)
      sibling = t.any_inside(host, port, &remote.address);
    const auto forward = std::find_if(t.forwards.begin(), t.forwards.end(),
                                      [&](const port_forward& fwd) { return fwd.inside == p.src; });
    std::optional<outside_port> from;
    if (forward != t.forwards.end())
      from = outside_port{forward->pool_index, forward->outside_port};
    else if (sibling != no_slot)
      from = outside_port{t.at(sibling).pool_index, t.at(sibling).outside_port};
    if (from && t.find_outside(from->pool_index, from->port, remote) != no_slot) from.reset();
    if (!from) {
      const auto chosen =
          choose_port(c, pool_.size(), psid_, t, random_, {host, p.src, remote, now});
      if (!chosen) return unexpected(chosen.error());
      from = *chosen;
    }
    if (sibling != no_slot &&
        (t.at(sibling).outside_port != from->port || t.at(sibling).pool_index != from->pool_index))
      t.host(host).diverged = true;
    f.pool_index = from->pool_index;
    f.outside_port = from->port;
  }
  const auto slot = t.add(f);
  touch(slot, true, p.dst.port(), true, now);
  return slot;
}

/// Makes sure that one more flow fits: the rate of new flows, the host's share, then the table.
drop_reason box::make_room(std::uint32_t host, time_point now) {
  const config& c = *config_;
  flow_table& t = *table_;
  if (over_rate(new_flows_until_, c.new_flows_per_s, now)) return drop_reason::rate_limited;
  if (c.flows_per_host_max != 0 && host != host_itself &&
      t.host(host).flows >= c.flows_per_host_max)
    return drop_reason::quota;
  if (c.table_max == 0 || t.size() < c.table_max) return drop_reason::none;

  const std::uint32_t fresh = t.oldest(timer::fresh);
  switch (c.on_full) {
    case full_policy::drop_new:
      return drop_reason::table_full;
    case full_policy::evict_unreplied:
      if (fresh == no_slot) return drop_reason::table_full;
      t.remove(fresh);
      return drop_reason::none;
    case full_policy::evict_oldest:
      break;
  }
  const auto last_used = [&](timer list) {
    const auto slot = t.oldest(list);
    if (slot == no_slot) return time_point::max();
    const duration life = list == timer::stream ? c.timeout_stream
                          : list == timer::dns  ? c.timeout_dns
                                                : c.timeout_new;
    return t.at(slot).expires - life;
  };
  timer victim = timer::fresh;
  for (const timer list : {timer::stream, timer::dns})
    if (last_used(list) < last_used(victim)) victim = list;
  t.remove(t.oldest(victim));
  return drop_reason::none;
}

void box::touch(std::uint32_t slot, bool outward, std::uint16_t remote_port, bool fresh,
                time_point now) {
  const config& c = *config_;
  flow& f = table_->at(slot);
  if (outward)
    f.seen_outbound = true;
  else
    f.seen_inbound = true;
  const bool refreshes =
      fresh || c.refresh == refresh_kind::both || (c.refresh == refresh_kind::outbound) == outward;
  if (!refreshes) return;
  if (c.timeout_dns > 0s && remote_port == 53) {
    table_->refresh(slot, timer::dns, now + c.timeout_dns);
    return;
  }
  // nf_conntrack_proto_udp.c: seen both ways, and still in use after a while.
  const bool stream = f.list == timer::stream ||
                      (f.seen_outbound && f.seen_inbound && now >= f.created + c.stream_after);
  table_->refresh(slot, stream ? timer::stream : timer::fresh,
                  now + (stream ? c.timeout_stream : c.timeout_new));
}

verdict box::inbound(const packet& p, time_point now) {
  if (!udp_allowed(p.src.port())) return refuse(p, drop_reason::udp_blocked);
  if (over_rate(packets_until_, config_->packets_per_s, now))
    return refuse(p, drop_reason::rate_limited);
  return deliver(p, verdict::fate::forward, now);
}

verdict box::turn_round(const packet& p, time_point now) {
  if (config_->hairpin == hairpin_kind::none) return refuse(p, drop_reason::hairpin_refused);
  packet turned = p;
  if (config_->hairpin == hairpin_kind::external_source) {
    const auto slot = outbound_flow(p, now);
    if (!slot) return refuse(p, slot.error());
    const flow& f = table_->at(*slot);
    turned.src = {pool_[f.pool_index], f.outside_port};
  }
  verdict v = deliver(turned, verdict::fate::hairpin, now);
  if (!v.passed()) v.out = p;  // the sender knows its packet by its own address
  return v;
}

/// Towards the inside: what came in, or what was turned round.
verdict box::deliver(const packet& p, verdict::fate kind, time_point now) {
  const config& c = *config_;
  const bool expired = c.ttl_decrement && p.ttl <= 1;
  if (c.mapping == mapping_kind::none && c.filtering == filtering_kind::open) {
    if (expired) return refuse(p, drop_reason::ttl_expired, icmp_error::time_exceeded);
    return pass_on(p, kind);
  }
  const bool translated = c.mapping != mapping_kind::none;
  const auto index = pool_index(p.dst.address);
  if (translated && !index) return refuse(p, drop_reason::not_ours);

  flow_table& t = flows(now);
  const endpoint remote = project(p.src);
  const std::uint16_t port = p.dst.port();
  const std::uint32_t host = translated ? no_slot : t.find_host(p.dst.address);
  std::uint32_t slot =
      translated ? t.find_outside(*index, port, remote) : t.find_inside(host, port, remote);
  if (slot != no_slot && t.at(slot).is_local()) {
    touch(slot, false, p.src.port(), false, now);
    return refuse(p, drop_reason::accepted_locally, icmp_error::port_unreachable);
  }

  packet out = p;
  if (slot == no_slot) {
    const auto forward =
        std::find_if(t.forwards.begin(), t.forwards.end(), [&](const port_forward& f) {
          return translated ? f.outside_port == port && f.pool_index == *index : f.inside == p.dst;
        });
    if (forward != t.forwards.end()) {
      if (expired) return refuse(p, drop_reason::ttl_expired, icmp_error::time_exceeded);
      out.dst = forward->inside;
      return pass_on(out, kind);
    }
    // A filter wider than the mapping: any flow of this external endpoint lets the packet in, and
    // then there is a flow for its source too, so that the answer leaves from here.
    const auto any = [&](const ip_address* address) {
      return translated ? t.any_outside(*index, port, address) : t.any_inside(host, port, address);
    };
    std::uint32_t through = no_slot;
    if (c.filtering == filtering_kind::eif || c.filtering == filtering_kind::open)
      through = any(nullptr);
    else if (c.filtering == filtering_kind::adf)
      through = any(&p.src.address);
    if (through == no_slot || t.at(through).is_local())
      return unsolicited(p, index.value_or(0), any(nullptr) != no_slot, now);
    flow f;
    f.created = now;
    f.remote = remote;
    f.host = t.at(through).host;
    f.inside_port = t.at(through).inside_port;
    f.outside_port = t.at(through).outside_port;
    f.pool_index = t.at(through).pool_index;
    if (t.find_inside(f.host, f.inside_port, remote) == no_slot) {
      if (const auto why = make_room(f.host, now); why != drop_reason::none) return refuse(p, why);
      slot = t.add(f);
      touch(slot, false, p.src.port(), true, now);
    } else {
      // The inside talks to this source from another external endpoint: let in, not remembered.
      slot = through;
    }
  } else {
    touch(slot, false, p.src.port(), false, now);
  }
  if (expired) return refuse(p, drop_reason::ttl_expired, icmp_error::time_exceeded);
  if (translated) {
    const flow& f = t.at(slot);
    out.dst = {t.host(f.host).address, f.inside_port};
  }
  return pass_on(out, kind);
}

verdict box::unsolicited(const packet& p, std::uint8_t pool_index, bool filtered, time_point now) {
  const auto why = filtered ? drop_reason::filtered : drop_reason::no_mapping;
  switch (config_->unsolicited) {
    case unsolicited_kind::drop:
      return refuse(p, why);
    case unsolicited_kind::reject:
      return refuse(p, why, icmp_error::port_unreachable);
    case unsolicited_kind::accept:
      break;
  }
  if (config_->mapping == mapping_kind::none) return refuse(p, why);  // not the box's own address
  if (const auto full = make_room(host_itself, now); full != drop_reason::none)
    return refuse(p, full);
  flow f;
  f.created = now;
  f.remote = p.src;
  f.host = host_itself;
  f.inside_port = f.outside_port = p.dst.port();
  f.pool_index = pool_index;
  touch(table_->add(f), false, p.src.port(), true, now);
  return refuse(p, drop_reason::accepted_locally, icmp_error::port_unreachable);
}

std::optional<endpoint> box::peek(const packet& p, time_point now) const {
  box copy = *this;
  const verdict v = copy.outbound(p, now);
  if (!v.passed()) return std::nullopt;
  return v.out.src;
}

std::optional<endpoint> box::map_port(const endpoint& inside, std::uint16_t wanted,
                                      duration lifetime, time_point now) {
  const config& c = *config_;
  if (c.port_mapping == port_mapping_kind::off || c.udp == udp_policy::blocked ||
      lifetime <= duration::zero())
    return std::nullopt;
  const bool translated = c.mapping != mapping_kind::none;
  if (wanted == 0 || !translated) wanted = inside.port();
  const auto granted = [&](const port_forward& f) {
    return translated ? endpoint{pool_[f.pool_index], f.outside_port} : inside;
  };
  if (c.port_mapping == port_mapping_kind::lying)
    return granted({inside, wanted, 0, time_point::max()});

  flow_table& t = flows(now);
  const auto known = std::find_if(t.forwards.begin(), t.forwards.end(),
                                  [&](const port_forward& f) { return f.inside == inside; });
  if (known != t.forwards.end()) {
    known->expires = now + lifetime;
    return granted(*known);
  }
  if (t.forwards.size() >= forwards_max) return std::nullopt;
  const auto taken = [&](std::uint16_t port) {
    if (!translated) return false;
    for (const auto& f : t.forwards)
      if (f.outside_port == port && f.pool_index == 0) return true;
    const auto slot = t.any_outside(0, port);
    if (slot == no_slot || t.at(slot).is_local()) return false;
    const flow& f = t.at(slot);
    return t.host(f.host).address != inside.address || f.inside_port != inside.port();
  };
  for (int attempt = 0; taken(wanted); ++attempt) {
    if (attempt == 64) return std::nullopt;
    wanted = static_cast<std::uint16_t>(random_.between(c.port_lo, c.port_hi));
  }
  t.forwards.push_back({inside, wanted, 0, now + lifetime});
  return granted(t.forwards.back());
}

void box::unmap_port(const endpoint& inside) {
  if (table_)
    std::erase_if(table_->forwards, [&](const port_forward& f) { return f.inside == inside; });
}

}  // namespace wh::sim::nat
