#include "sim/world/plan.hpp"

#include <algorithm>
#include <set>

#include "sim/nat/book.hpp"

namespace wh::sim {

namespace {

/// Addresses that the plan gives away of a /24.
constexpr unsigned in_one_24 = 200;

class planner {
 public:
  planner(const scenario& sc, seed s)
      : scenario_(sc),
        ports_(s.derive("plan/ports")),
        nats_(s.derive("plan/nats")),
        arrivals_(s.derive("plan/arrivals")) {}

  expected<plan, std::string> make() {
    for (const carrier_config& c : scenario_.carriers) {
      auto innermost = add_chain(c.nat, std::nullopt, {});
      if (!innermost) return unexpected(innermost.error());
      plan_.boxes[*innermost].isolated = c.isolated;
      carriers_[c.name] = {*innermost, 0};
    }
    for (std::size_t g = 0; g < scenario_.peers.size(); ++g)
      if (auto done = add_group(g); !done) return unexpected(done.error());
    for (std::size_t h = 0; h < plan_.hosts.size(); ++h)
      if (const auto p = plan_.hosts[h].port; (p == 53 || p == 443) && plan_.open_endpoint(h))
        plan_.servers = true;
    return std::move(plan_);
  }

 private:
  struct carrier_box {
    std::size_t box;
    std::size_t homes;
  };

  expected<void, std::string> add_group(std::size_t g) {
    const peer_group& group = scenario_.peers[g];
    const nat::population_table* drawn_from = nullptr;
    if (!group.population.empty()) {
      drawn_from = scenario_.boxes->population(group.population);
      if (!drawn_from) return unexpected("there is no population `" + group.population + "`");
    }
    std::optional<std::size_t> shared, shared6;
    in_network_ = 0;
    for (unsigned i = 0; i < group.count; ++i) {
      host_plan h;
      h.name = peer_name(group, i);
      h.group = g;
      h.index = i;
      h.forwarded = group.forwarded;
      h.arrive = group.arrive_at;
      if (group.arrive_over > 0ns)
        h.arrive += duration{static_cast<std::int64_t>(
            arrivals_.below(static_cast<std::uint64_t>(group.arrive_over.count())))};
      std::vector<std::string> chain = group.nat;
      if (drawn_from) {
        chain.clear();
        for (const nat::named_profile* p : nat::draw(*drawn_from, nats_).boxes)
          chain.emplace_back(p->name);
      }
      if (group.family != address_family::ipv6)
        if (auto done = seat_v4(h, group, chain, i, shared); !done) return done;
      if (group.family != address_family::ipv4)
        if (auto done = seat_v6(h, group, i, shared6); !done) return done;
      h.nat_label = label(h, chain, group);
      h.port = static_cast<std::uint16_t>(ports_.between(10'000, 60'000));
      if (group.port) h.port = *group.port;
      plan_.hosts.push_back(std::move(h));
    }
    return {};
  }

  expected<void, std::string> seat_v4(host_plan& h, const peer_group& group,
                                      const std::vector<std::string>& chain, unsigned i,
                                      std::optional<std::size_t>& shared) {
    std::optional<std::size_t> outer;
    if (!group.carrier.empty()) outer = carriers_.at(group.carrier).box;
    seat& s = h.v4.emplace();
    s.box = outer;
    if (group.shared_nat && shared) {
      s.box = shared;
    } else if (!chain.empty()) {
      auto innermost = add_chain(chain, outer, group);
      if (!innermost) return unexpected(innermost.error());
      s.box = shared = *innermost;
      plan_.boxes[*innermost].isolated = group.isolated;
    }
    if (!realm_of(s.box))
      s.address = next_public(group.per_24);
    else if (carrier_box* c = carrier_around(s.box, group))
      s.address = carrier_address(c->homes++);
    else
      s.address = lan_address(group.shared_nat ? i : 0);
    return {};
  }

  expected<void, std::string> seat_v6(host_plan& h, const peer_group& group, unsigned i,
                                      std::optional<std::size_t>& shared) {
    seat& s = h.v6.emplace();
    if (group.shared_nat && shared) {
      s.box = shared;
    } else if (!group.nat6.empty()) {
      auto innermost = add_chain(group.nat6, std::nullopt, group);
      if (!innermost) return unexpected(innermost.error());
      s.box = shared = *innermost;
      plan_.boxes[*innermost].isolated = group.isolated;
    }
    // A LAN has one network.
    const unsigned together = group.shared_nat ? in_one_24 : group.per_24;
    if (i % together == 0) ++networks6_;
    s.address = public_address6(networks6_, i % together);
    return {};
  }

  /// Adds the boxes of a chain that is named from the inside outwards, inside of `outer`; the
  /// innermost one's index.
  expected<std::size_t, std::string> add_chain(const std::vector<std::string>& chain,
                                               std::optional<std::size_t> outer,
                                               const peer_group& group) {
    for (std::size_t i = chain.size(); i-- > 0;) {
      const nat::named_profile* p = scenario_.boxes->profile(chain[i]);
      if (!p) return unexpected("there is no NAT profile `" + chain[i] + "`");
      box_plan b;
      b.behaviour = nat::borrow(p->behaviour);
      if (group.forwarded) {
        auto forwards = p->behaviour;
        if (forwards.port_mapping == nat::port_mapping_kind::off)
          forwards.port_mapping = nat::port_mapping_kind::on;
        b.behaviour = std::make_shared<const nat::config>(forwards);
      }
      b.profile = chain[i];
      b.outer = outer;
      if (p->behaviour.mapping != nat::mapping_kind::none) {
        const unsigned own = p->behaviour.external_addresses;
        for (unsigned n = 0; n < own; ++n)
          if (!realm_of(outer))
            b.external.push_back(next_public(std::min(group.per_24, in_one_24 / own) * own));
          else if (carrier_box* c = carrier_around(outer, group))
            b.external.push_back(carrier_address(c->homes++));
          else
            b.external.push_back(carrier_address(n));
      }
      plan_.boxes.push_back(std::move(b));
      outer = plan_.boxes.size() - 1;
    }
    return *outer;
  }

  ip_address next_public(unsigned per_24) {
    if (in_network_ == 0) network_ = next_public_++;
    const ip_address a = public_address(network_, in_network_);
    in_network_ = (in_network_ + 1) % per_24;
    return a;
  }

  /// The box whose inside addresses behind `box` are of: the first one outwards that translates, as
  /// firewalls change no address. Nothing where they are public.
  std::optional<std::size_t> realm_of(std::optional<std::size_t> box) const {
    while (box && plan_.boxes[*box].behaviour->mapping == nat::mapping_kind::none)
      box = plan_.boxes[*box].outer;
    return box;
  }
  /// The group's carrier, where it is the carrier that gives addresses behind `box`.
  carrier_box* carrier_around(std::optional<std::size_t> box, const peer_group& group) {
    if (group.carrier.empty()) return nullptr;
    carrier_box& c = carriers_.at(group.carrier);
    return realm_of(box) == realm_of(c.box) ? &c : nullptr;
  }

  static std::string label(const host_plan& h, const std::vector<std::string>& chain,
                           const peer_group& group) {
    std::string text;
    const auto add = [&](const std::string& p) { text += (text.empty() ? "" : " + ") + p; };
    if (h.v4)
      for (const std::string& p : chain) add(p);
    if (!group.carrier.empty()) add(group.carrier);
    if (text.empty() && h.v4) text = "public";
    if (!h.v6) return text;
    std::string six = "IPv6";
    for (const std::string& p : group.nat6) six += " " + p;
    return text.empty() ? six : text + ", " + six;
  }

  const scenario& scenario_;
  seeded_rng ports_, nats_, arrivals_;
  plan plan_;
  std::map<std::string, carrier_box> carriers_;
  std::size_t next_public_ = 0, network_ = 0, networks6_ = 0;
  unsigned in_network_ = 0;
};

}  // namespace

ip_address public_address(std::size_t n, unsigned host) {
  const auto i = static_cast<std::uint32_t>(n);
  // Somewhere in the /24, so that nobody relies on the last byte; the next ones follow it.
  return ip_address::v4((32U << 24) + (i << 8) + 10 + ((i * 0x9e3779b9U >> 16) + host) % in_one_24);
}

ip_address public_address6(std::size_t n, unsigned host) {
  fixed_bytes<16> raw{0x2a};
  store_be(raw.data() + 2, static_cast<std::uint32_t>(n));
  store_be(raw.data() + 12, host + 0x10);
  return ip_address::v6(raw);
}

ip_address lan_address(std::size_t i) {
  return ip_address::v4(0xc0a80102U + static_cast<std::uint32_t>(i % 0xfe00));
}

ip_address carrier_address(std::size_t i) {
  return ip_address::v4(0x64400002U + static_cast<std::uint32_t>(i % 0x3ffff0));
}

expected<plan, std::string> make_plan(const scenario& sc, seed s) { return planner{sc, s}.make(); }

std::vector<std::size_t> plan::chain_of(std::size_t host, bool v4) const {
  std::vector<std::size_t> chain;
  const auto& s = v4 ? hosts[host].v4 : hosts[host].v6;
  if (!s) return chain;
  for (auto b = s->box; b; b = boxes[*b].outer) chain.push_back(*b);
  return chain;
}

nat::sides plan::sides_of(std::size_t host) const {
  nat::sides out;
  out.servers = servers;
  for (const bool v4 : {true, false}) {
    if (!(v4 ? hosts[host].v4 : hosts[host].v6)) continue;
    nat::side& s = (v4 ? out.v4 : out.v6).emplace();
    for (const std::size_t b : chain_of(host, v4)) s.chain.push_back(boxes[b].behaviour.get());
    s.port_mapped = v4 && is_forwarded(host);
    if (const auto open = open_endpoint(host, v4)) s.open_port = open->port();
  }
  return out;
}

bool plan::is_forwarded(std::size_t host) const {
  if (!hosts[host].forwarded) return false;
  for (const std::size_t b : chain_of(host))
    if (boxes[b].behaviour->port_mapping != nat::port_mapping_kind::on) return false;
  return true;
}

nat::common_by_family plan::common(std::size_t a, std::size_t b) const {
  return {common_boxes(a, b, true), common_boxes(a, b, false)};
}

nat::common_boxes plan::common_boxes(std::size_t a, std::size_t b, bool v4) const {
  const auto x = chain_of(a, v4), y = chain_of(b, v4);
  nat::common_boxes c;
  while (c.count < std::min(x.size(), y.size()) &&
         x[x.size() - 1 - c.count] == y[y.size() - 1 - c.count])
    ++c.count;
  // The innermost of those in common decides whether there is a way inside of it.
  if (c.count > 0) c.inner_route = !boxes[x[x.size() - c.count]].isolated;
  return c;
}

std::optional<endpoint> plan::open_endpoint(std::size_t host, bool v4) const {
  const host_plan& h = hosts[host];
  const auto& s = v4 ? h.v4 : h.v6;
  if (!s) return std::nullopt;
  std::vector<const nat::config*> chain;
  ip_address outside = s->address;
  for (const std::size_t b : chain_of(host, v4)) {
    chain.push_back(boxes[b].behaviour.get());
    if (!boxes[b].external.empty()) outside = boxes[b].external.front();
  }
  if (nat::effective(chain).kind == nat::nat_class::pub || (v4 && is_forwarded(host)))
    return endpoint{outside, h.port};
  return std::nullopt;
}

std::optional<endpoint> plan::open_endpoint(std::size_t host) const {
  const auto v4 = open_endpoint(host, true);
  return v4 ? v4 : open_endpoint(host, false);
}

group_index::group_index(const scenario& sc, const plan& p) {
  for (std::size_t h = 0; h < p.hosts.size(); ++h) {
    const peer_group& g = sc.peers[p.hosts[h].group];
    groups_[g.group].push_back(h);
    groups_[std::string(all_groups)].push_back(h);
    members_.push_back(g.role == peer_role::member);
  }
}

const std::vector<std::size_t>& group_index::hosts_of(std::string_view group) const {
  static const std::vector<std::size_t> none;
  const auto at = groups_.find(group);
  return at == groups_.end() ? none : at->second;
}

std::vector<wanted_pair> draw_pairs(const scenario& sc, const group_index& groups, rng& random) {
  std::vector<wanted_pair> pairs;
  for (std::size_t item = 0; item < sc.workload.size(); ++item) {
    const auto& load = sc.workload[item].connect;
    if (!load) continue;
    const auto eligible = [&](std::string_view group) {
      std::vector<std::size_t> v = groups.hosts_of(group);
      std::erase_if(v, [&](std::size_t h) { return !groups.is_member(h); });
      return v;
    };
    const auto from = eligible(load->from), to = eligible(load->to);
    std::set<std::pair<std::size_t, std::size_t>> taken;
    const auto add = [&](std::size_t a, std::size_t b) {
      if (a != b && taken.insert(std::minmax({a, b})).second) pairs.push_back({a, b, item});
    };
    if (!load->pairs) {
      for (const std::size_t a : from)
        for (const std::size_t b : to) add(a, b);
    } else if (!from.empty() && !to.empty()) {
      for (unsigned tries = 0; taken.size() < *load->pairs && tries < 100 * *load->pairs; ++tries) {
        // One draw a statement: the order of a call's arguments is the compiler's.
        const std::size_t a = from[random.below(from.size())];
        const std::size_t b = to[random.below(to.size())];
        add(a, b);
      }
    }
  }
  return pairs;
}

}  // namespace wh::sim
