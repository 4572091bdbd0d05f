#include "sim/net/fabric.hpp"

#include <algorithm>
#include <utility>

#include "transport/check.hpp"

namespace wh::sim {

namespace {

constexpr std::size_t v4_overhead = 28;  // IPv4 without options, and UDP
constexpr std::size_t v6_overhead = 48;

std::size_t packet_size(std::size_t payload, bool v4) {
  return payload + (v4 ? v4_overhead : v6_overhead);
}

}  // namespace

fabric::fabric(path_options options, seed s)
    : options_(std::move(options)),
      nat_seed_(s.derive("nat")),
      chance_base_(s.derive("path").value()) {}

fabric::host& fabric::at(host_id h) {
  WH_CHECK(h.value < hosts_.size());
  return hosts_[h.value];
}

const fabric::host& fabric::at(host_id h) const {
  WH_CHECK(h.value < hosts_.size());
  return hosts_[h.value];
}

nat::box& fabric::box(box_id b) {
  WH_CHECK(b.value < boxes_.size());
  return boxes_[b.value].engine;
}

// ---- who is where

box_id fabric::add_box(box_spec spec) {
  const auto number = static_cast<std::uint32_t>(boxes_.size());
  WH_CHECK(spec.config != nullptr);
  const bool transparent = spec.config->mapping == nat::mapping_kind::none;
  WH_CHECK(transparent == spec.external.empty());
  const seed s = nat_seed_.derive("", number);
  if (transparent) {
    boxes_.push_back({nat::box{std::move(spec.config), ip_address{}, s}, spec.delay});
  } else {
    boxes_.push_back({nat::box{std::move(spec.config), std::move(spec.external), s}, spec.delay});
  }
  boxes_.back().transparent = transparent;
  boxes_.back().isolated = spec.isolated;
  return box_id{number};
}

host_id fabric::add_host(const host_spec& spec) {
  const auto number = static_cast<std::uint32_t>(hosts_.size());
  host& h = hosts_.emplace_back();
  h.port = spec.port;
  const access_link& a = spec.access;
  if (!a.ideal(options_.mtu)) {
    h.line = static_cast<std::uint32_t>(lines_.size());
    lines_.push_back({a, {}, {}});
  }
  plug(number, {spec.address, spec.boxes});
  if (spec.other) {
    WH_CHECK(spec.other->address.is_v4() != spec.address.is_v4());
    plug(number, *spec.other);
  }
  return host_id{number};
}

/// Puts the boxes one behind the other, if they are not, and returns the realm inside of the first.
std::uint32_t fabric::link(const std::vector<box_id>& boxes) {
  std::uint32_t realm = internet;
  for (auto b = boxes.rbegin(); b != boxes.rend(); ++b) {
    WH_CHECK(b->value < boxes_.size());
    box_node& node = boxes_[b->value];
    if (node.outer == nowhere) {
      node.outer = realm;
      for (const ip_address& a : node.engine.pool())
        if (!node.transparent) announce(realm, a, b->value | place::is_box);
    }
    // A box has one place: whoever names it must name the same boxes outside of it.
    WH_CHECK(node.outer == realm);
    realm = b->value + 1;
  }
  return realm;
}

std::uint32_t fabric::announce(std::uint32_t realm, const ip_address& a, std::uint32_t owner) {
  const std::uint32_t number = index_.insert({a, realm, owner});
  if (realm == internet) return number;
  box_node& node = behind(realm);
  ++node.members;
  node.sole_place = number;
  // The address is known on the other side of a firewall, where the firewall answers for it.
  if (node.transparent) announce(node.outer, a, (realm - 1) | place::is_box);
  return number;
}

void fabric::withdraw(std::uint32_t realm, const ip_address& a) {
  const std::uint32_t number = index_.find(realm, a);
  WH_CHECK(number != nowhere);
  index_.erase(number);
  if (realm == internet) return;
  box_node& node = behind(realm);
  --node.members;
  // Whoever is left over is not known; `find` looks the long way then.
  node.sole_place = nowhere;
  if (node.transparent) withdraw(node.outer, a);
}

std::uint32_t fabric::find(std::uint32_t realm, const ip_address& a) {
  if (realm != internet) {
    // A home with one host, the usual case, needs no search.
    const box_node& node = behind(realm);
    if (node.members == 0) return nowhere;
    if (node.members == 1 && node.sole_place != nowhere)
      return index_[node.sole_place].address == a ? node.sole_place : nowhere;
  }
  return index_.find(realm, a);
}

void fabric::plug(std::uint32_t number, const attachment& to) {
  const std::uint32_t realm = link(to.boxes);
  interface& way = hosts_[number].ways[to.address.is_v4() ? 0 : 1];
  if (way.place != nowhere) withdraw(way.realm, ip_address{index_[way.place].address});
  way.realm = realm;
  way.place = announce(realm, to.address, number);
}

void fabric::move(host_id h, const attachment& to) {
  at(h);
  plug(h.value, to);
}

void fabric::set_external(box_id b, std::vector<ip_address> pool) {
  box_node& node = boxes_.at(b.value);
  WH_CHECK(!node.transparent && !pool.empty());
  if (node.outer != nowhere) {
    for (const ip_address& a : node.engine.pool()) withdraw(node.outer, a);
    for (const ip_address& a : pool) announce(node.outer, a, b.value | place::is_box);
  }
  node.engine.set_pool(std::move(pool));
}

endpoint fabric::local(host_id h, bool v4) const {
  const interface& way = at(h).ways[v4 ? 0 : 1];
  return way.place == nowhere ? endpoint{} : endpoint{index_[way.place].address, at(h).port};
}

std::optional<box_id> fabric::innermost(host_id h, bool v4) const {
  const interface& way = at(h).ways[v4 ? 0 : 1];
  if (way.place == nowhere || way.realm == internet) return {};
  return box_id{way.realm - 1};
}

// ---- disturbances

std::size_t fabric::disturb(disturbance d) {
  rule r;
  r.number = ++rules_made_;
  r.boxes_to.assign(boxes_.size(), true);
  for (std::uint32_t h = 0; h < hosts_.size(); ++h) {
    if (h < d.to.size() && d.to[h]) continue;
    for (const interface& way : hosts_[h].ways)
      for (std::uint32_t realm = way.place == nowhere ? internet : way.realm; realm != internet;
           realm = boxes_[realm - 1].outer)
        r.boxes_to[realm - 1] = false;
  }
  r.what = std::move(d);
  rules_.push_back(std::move(r));
  return rules_.back().number;
}

void fabric::calm(std::size_t number) {
  std::erase_if(rules_, [number](const rule& r) { return r.number == number; });
}

/// Whether all that the packet may get to at this place are concerned: then it is lost before a box
/// sees it, whose mapping it would keep alive.
bool fabric::whole(const rule& r, const place& target) {
  if (!target.box()) return r.concerns_to(host_id{target.number()});
  // Boxes that came after the disturbance began are nobody's.
  return target.number() < r.boxes_to.size() && r.boxes_to[target.number()];
}

/// True when the packet is lost; it may take longer otherwise.
bool fabric::disturbed(const rule& r, arrival& a, rng& random) {
  if (r.what.loss_ratio >= 1 || random.chance(r.what.loss_ratio)) {
    a.why = drop::cut_off;
    return true;
  }
  a.hold_back += r.what.delay;
  return false;
}

// ---- paths

/// The site of a host or box that lives in `realm`: what stands for it on the internet.
std::uint32_t fabric::site(std::uint32_t owner, std::uint32_t realm) const {
  while (realm != internet) {
    owner = (realm - 1) | place::is_box;
    realm = boxes_[realm - 1].outer;
  }
  return owner;
}

std::uint32_t fabric::site_of(host_id h, bool v4) const {
  return site(h.value, at(h).ways[v4 ? 0 : 1].realm);
}

duration fabric::path_delay(host_id a, host_id b, bool v4) const {
  return options_.latency.one_way(site_of(a, v4), site_of(b, v4));
}

std::uint8_t fabric::path_hops(host_id a, host_id b, bool v4) const {
  return options_.latency.hops(site_of(a, v4), site_of(b, v4));
}

std::uint16_t fabric::mtu(const host& h) const {
  return h.line == nowhere ? options_.mtu : std::min(options_.mtu, lines_[h.line].link.mtu);
}

drop fabric::pass_line(line& l, bool up, std::size_t size, time_point now, rng& random,
                       duration& wait) {
  const access_link& a = l.link;
  wait = a.delay;
  if (a.jitter_max > duration{})
    wait += duration{static_cast<std::int64_t>(
        random.below(static_cast<std::uint64_t>(a.jitter_max.count()) + 1))};
  if (random.chance(a.loss_ratio)) return drop::lost;
  if (a.burst.enter_ratio > 0) {
    bool& bad = up ? l.up_bad : l.down_bad;
    bad = random.chance(bad ? 1 - a.burst.leave_ratio : a.burst.enter_ratio);
    if (bad && random.chance(a.burst.loss_ratio)) return drop::lost;
  }
  const std::uint64_t rate = up ? a.up_bps : a.down_bps;
  if (rate == 0) return drop::none;
  time_point& free = up ? l.up_free : l.down_free;
  const time_point start = std::max(free, now);
  if (start - now > a.queue_max) return drop::queue_full;
  const auto bits = static_cast<std::uint64_t>(size) * 8;
  free = start + duration{static_cast<std::int64_t>(bits * 1'000'000'000 / rate)};
  wait += free - now;
  return drop::none;
}

namespace {

/// Neither a group nor "this host on this network": no stack sends a plain datagram there.
bool is_one_host(const ip_address& a) {
  if (!a.is_v4()) return !a.is_unspecified() && a.raw()[0] != 0xff;
  return a.v4_value() != 0 && a.v4_value() < 0xe0000000;
}

}  // namespace

drop fabric::check(host_id from, const endpoint& to, std::size_t payload, endpoint& source) const {
  const host& h = at(from);
  const bool v4 = to.address.is_v4();
  if (!h.online) return drop::offline;
  source = local(from, v4);
  if (source.is_unspecified()) return drop::no_route;
  if (to.address == source.address || to.address.is_loopback()) return drop::to_self;
  if (to.port() == 0 || !is_one_host(to.address)) return drop::no_route;
  if (packet_size(payload, v4) > mtu(h)) return drop::too_big;
  return drop::none;
}

void fabric::refused(drop& why, nat::drop_reason& nat, const nat::verdict& v) {
  why = drop::box;
  nat = v.reason;
  if (v.icmp != nat::icmp_error::none) ++stats_.icmp;
}

void fabric::cross_internet(departure& d, std::uint32_t from_site, seeded_rng& random) {
  const std::uint32_t to_site = index_[d.first.target].owner;
  const std::uint8_t hops = options_.latency.hops(from_site, to_site);
  if (d.first.packet.ttl <= hops) {
    d.why = drop::ttl_expired;
    ++stats_.icmp;
    return;
  }
  d.first.packet.ttl = static_cast<std::uint8_t>(d.first.packet.ttl - hops);
  if (random.chance(options_.loss_ratio)) {
    d.why = drop::lost;
    return;
  }
  const duration base = d.first.delay + options_.latency.one_way(from_site, to_site);
  const auto variable = [&] {
    duration extra{};
    if (options_.jitter_max > duration{}) {
      extra += duration{static_cast<std::int64_t>(
          random.below(static_cast<std::uint64_t>(options_.jitter_max.count()) + 1))};
    }
    if (random.chance(options_.reorder_ratio)) extra += options_.reorder_delay;
    return extra;
  };
  d.first.delay = base + variable();
  if (random.chance(options_.duplicate_ratio)) d.copy_delay = base + variable();
}

fabric::departure fabric::depart(host_id from, const nat::packet& p, time_point now) {
  departure d;
  host& h = at(from);
  // A stream of its own for each datagram, from its sender and number: one datagram more or less
  // does not change what becomes of the others.
  seeded_rng random{seed{chance_base_ + (std::uint64_t{from.value} << 32) * 0x9e3779b1U +
                         std::uint64_t{h.sent++} * 0xd1342543de82ef95U}};
  if (h.line != nowhere) {
    d.why = pass_line(lines_[h.line], true, p.size, now, random, d.first.delay);
    if (d.why != drop::none) return d;
  }
  std::uint32_t realm = h.ways[p.dst.address.is_v4() ? 0 : 1].realm;
  std::uint32_t owner = from.value;
  d.first.packet = p;
  d.first.from = from;
  // Lines and disturbances of the other side draw from a stream of their own, so that those who
  // meet none draw what they always drew.
  if (!lines_.empty() || !rules_.empty())
    d.first.chance = seed{chance_base_ ^ 0x94d049bb133111ebU}
                         .derive("", (std::uint64_t{from.value} << 32) + h.sent)
                         .value();
  for (;;) {
    d.first.target = find(realm, d.first.packet.dst.address);
    if (d.first.target != nowhere) {
      if (realm != internet && behind(realm).isolated) d.why = drop::no_route;
      break;
    }
    if (realm == internet) {
      d.why = drop::no_route;
      return d;
    }
    box_node& node = behind(realm);
    nat::verdict v = node.engine.outbound(d.first.packet, now);
    if (!v.passed()) {
      refused(d.why, d.nat, v);
      return d;
    }
    d.first.packet = v.out;
    d.first.delay += node.delay;
    if (v.kind == nat::verdict::fate::hairpin) {
      d.first.target = find(realm, d.first.packet.dst.address);
      if (d.first.target == nowhere) d.why = drop::no_route;
      break;
    }
    owner = (realm - 1) | place::is_box;
    realm = node.outer;
  }
  if (d.why != drop::none) return d;
  d.first.realm = realm;
  if (realm == internet) {
    cross_internet(d, owner, random);
  } else {
    d.first.delay += options_.lan_delay;
  }
  return d;
}

fabric::arrival fabric::arrive(const flight& f, time_point now) {
  arrival a;
  a.packet = f.packet;
  std::uint32_t number = f.target;
  // The address may have moved on while the packet was under way.
  if (index_[number].address != a.packet.dst.address || index_[number].realm != f.realm) {
    a.why = drop::no_route;
    return a;
  }
  seeded_rng random{seed{f.chance}};
  if (f.across_internet())
    for (const rule& r : rules_)
      if (r.concerns(f.from) && whole(r, index_[number]) && disturbed(r, a, random)) return a;
  while (index_[number].box()) {
    box_node& node = boxes_[index_[number].number()];
    const nat::verdict v = node.engine.inbound(a.packet, now);
    if (!v.passed()) {
      refused(a.why, a.nat, v);
      return a;
    }
    a.packet = v.out;
    a.hold_back += node.delay;
    number = find(index_[number].number() + 1, a.packet.dst.address);
    if (number == nowhere) {
      a.why = drop::no_route;
      return a;
    }
  }
  a.host = host_id{index_[number].number()};
  host& h = at(a.host);
  if (f.across_internet())
    for (const rule& r : rules_)
      if (r.concerns(f.from) && !whole(r, index_[f.target]) && r.concerns_to(a.host) &&
          disturbed(r, a, random))
        return a;
  if (!h.online) {
    a.why = drop::offline;
  } else if (h.port != a.packet.dst.port()) {
    a.why = drop::no_socket;
    ++stats_.icmp;
  } else if (a.packet.size > mtu(h)) {
    a.why = drop::too_big;
  } else if (h.line != nowhere) {
    duration wait{};
    a.why = pass_line(lines_[h.line], false, a.packet.size, now, random, wait);
    a.hold_back += wait;
  }
  return a;
}

std::size_t fabric::memory_bytes() const {
  std::size_t n = hosts_.capacity() * sizeof(host) + lines_.capacity() * sizeof(line) +
                  boxes_.capacity() * sizeof(box_node) + index_.memory_bytes();
  for (const box_node& b : boxes_) n += b.engine.memory_bytes() - sizeof(nat::box);
  return n;
}

}  // namespace wh::sim
