#include "sim/world/plan.hpp"

#include <algorithm>
#include <set>

#include "sim/nat/population.hpp"
#include "sim/nat/profiles.hpp"

namespace wh::sim {

namespace {

class planner {
 public:
  planner(const scenario& sc, seed s)
      : scenario_(sc),
        ports_(s.derive("plan/ports")),
        nats_(s.derive("plan/nats")),
        arrivals_(s.derive("plan/arrivals")) {}

  expected<plan, std::string> make() {
    for (std::size_t g = 0; g < scenario_.peers.size(); ++g)
      if (auto done = add_group(g); !done) return unexpected(done.error());
    return std::move(plan_);
  }

 private:
  expected<void, std::string> add_group(std::size_t g) {
    const peer_group& group = scenario_.peers[g];
    const nat::population_table* drawn_from = nullptr;
    if (!group.population.empty()) {
      drawn_from = nat::population(group.population);
      if (!drawn_from) return unexpected("there is no population `" + group.population + "`");
    }
    std::optional<std::size_t> shared;
    for (unsigned i = 0; i < group.count; ++i) {
      host_plan h;
      h.name = peer_name(group, i);
      h.group = g;
      h.index = i;
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
      if (group.shared_nat && shared) {
        h.box = shared;
      } else if (!chain.empty()) {
        auto innermost = add_chain(chain);
        if (!innermost) return unexpected(innermost.error());
        h.box = shared = *innermost;
      }
      h.nat_label = label(chain);
      h.where = {own_address(h.box, group.shared_nat ? i : 0),
                 static_cast<std::uint16_t>(ports_.between(10'000, 60'000))};
      plan_.hosts.push_back(std::move(h));
    }
    return {};
  }

  /// Adds the boxes of a chain that is named from the inside outwards; the innermost one's index.
  expected<std::size_t, std::string> add_chain(const std::vector<std::string>& chain) {
    std::optional<std::size_t> outer;
    for (std::size_t i = chain.size(); i-- > 0;) {
      const nat::config* c = nat::profile(chain[i]);
      if (!c) return unexpected("there is no NAT profile `" + chain[i] + "`");
      box_plan b;
      b.behaviour = nat::borrow(*c);
      b.profile = chain[i];
      b.outer = outer;
      if (c->mapping != nat::mapping_kind::none)
        b.external =
            translates(outer) ? ip_address::v4(100, 64, 0, 2) : public_address(next_public_++);
      plan_.boxes.push_back(std::move(b));
      outer = plan_.boxes.size() - 1;
    }
    return *outer;
  }

  /// Whether addresses behind this box and those outside of it are private.
  bool translates(std::optional<std::size_t> box) const {
    for (; box; box = plan_.boxes[*box].outer)
      if (plan_.boxes[*box].behaviour->mapping != nat::mapping_kind::none) return true;
    return false;
  }

  ip_address own_address(std::optional<std::size_t> box, unsigned i) {
    if (!translates(box)) return public_address(next_public_++);
    return ip_address::v4(0xc0a80000U + 256 + 2 + i % 0xfe00);  // 192.168.1.2 and up
  }

  static std::string label(const std::vector<std::string>& chain) {
    std::string text;
    for (const std::string& p : chain) text += (text.empty() ? "" : " + ") + p;
    return text.empty() ? "public" : text;
  }

  const scenario& scenario_;
  seeded_rng ports_, nats_, arrivals_;
  plan plan_;
  std::size_t next_public_ = 0;
};

}  // namespace

ip_address public_address(std::size_t n) {
  const auto i = static_cast<std::uint32_t>(n);
  return ip_address::v4((32U << 24) + (i << 8) + 10 + (i * 0x9e3779b9U >> 16) % 200);
}

expected<plan, std::string> make_plan(const scenario& sc, seed s) { return planner{sc, s}.make(); }

nat::side side_of(const plan& p, std::size_t host) {
  nat::side s;
  for (auto b = p.hosts[host].box; b; b = p.boxes[*b].outer)
    s.chain.push_back(p.boxes[*b].behaviour.get());
  return s;
}

nat::common_boxes common_of(const plan& p, std::size_t a, std::size_t b) {
  // Hosts share either their whole chain or nothing: a shared_nat group sits on one LAN.
  nat::common_boxes c;
  if (p.hosts[a].box && p.hosts[a].box == p.hosts[b].box) c.count = side_of(p, a).chain.size();
  return c;
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
