#include "sim/nat/oracle.hpp"

#include <algorithm>

namespace wh::sim::nat {

namespace {

bool keeps_every_port(const config& c) {
  return c.ports == port_allocation::preserve && c.overload != overloading::none;
}

std::uint32_t port_count(const config& c) {
  switch (c.ports) {
    case port_allocation::block:
      return c.block_size;
    case port_allocation::map_e:
      return ((1U << c.psid_offset_bits) - 1) << (16 - c.psid_offset_bits - c.psid_bits);
    default:
      return std::uint32_t{c.port_hi} - c.port_lo + 1;
  }
}

nat_class classify(const summary& s) {
  if (!s.udp) return nat_class::udpb;
  if (!s.translated) {
    return s.filtering == filtering_kind::open ? nat_class::pub : nat_class::fws;
  }
  if (s.mapping == mapping_kind::apdm || s.mapping == mapping_kind::adm) {
    switch (s.ports) {
      case port_allocation::sequential:
        return nat_class::seq;
      case port_allocation::block:
      case port_allocation::map_e:
        return nat_class::blk;
      default:
        return s.mapping == mapping_kind::adm ? nat_class::adm : nat_class::rnd;
    }
  }
  if (s.filtering == filtering_kind::adf) return nat_class::adf;
  if (s.filtering == filtering_kind::apdf) return s.reverse_clash ? nat_class::lx : nat_class::apdf;
  return nat_class::eif;
}

side without_outer(const side& s, std::size_t count) {
  side r = s;
  r.chain.resize(s.chain.size() - std::min(count, s.chain.size()));
  return r;
}

bool udp(const side& s) { return effective(s.chain).udp; }

/// Rule 3 of the oracle: two sides whose outermost boxes differ.
bool apart(const side& a, const side& b) {
  const summary x = effective(a.chain), y = effective(b.chain);
  if (!x.udp || !y.udp) return false;
  const auto open = [](const side& s, const summary& e) {
    return s.port_mapped || e.filtering <= filtering_kind::eif;
  };
  if (open(a, x) || open(b, y)) return true;
  // One opens its filter for the other's address, and waits where the other knows it to be.
  const auto reached = [](const summary& waits, const summary& sends) {
    return waits.filtering <= filtering_kind::adf && waits.predictable &&
           (sends.predictable || sends.paired);
  };
  return reached(x, y) || reached(y, x) || (x.predictable && y.predictable);
}

}  // namespace

summary effective(const std::vector<const config*>& inside_first) {
  summary s;
  for (const config* c : inside_first) {
    s.udp = s.udp && c->udp == udp_policy::allowed;
    s.filtering = std::max(s.filtering, c->filtering);
    if (c->ttl_decrement) ++s.hops;
    if (c->mapping == mapping_kind::none && c->filtering == filtering_kind::open) continue;
    s.timeout_new = std::min(s.timeout_new, c->timeout_new);
    s.timeout_stream = std::min(s.timeout_stream, c->timeout_stream);
    if (c->mapping == mapping_kind::none) continue;
    s.translated = true;
    s.paired = s.paired && c->pooling == pooling_kind::paired;
    s.reverse_clash = s.reverse_clash || c->unsolicited == unsolicited_kind::accept;
    if (c->mapping != mapping_kind::eim && !keeps_every_port(*c)) s.predictable = false;
    // Of equally hard boxes the outer one decides: its port is the one that others see.
    if (c->mapping >= s.mapping) {
      s.mapping = c->mapping;
      s.ports = c->ports;
      s.port_count = port_count(*c);
    }
  }
  s.kind = classify(s);
  return s;
}

nat_class sides::kind() const {
  return effective(v4 ? v4->chain : v6 ? v6->chain : std::vector<const config*>{}).kind;
}

bool sides::udp() const {
  return (v4 && effective(v4->chain).udp) || (v6 && effective(v6->chain).udp);
}

bool direct_possible(const side& a, const side& b, common_boxes common) {
  const std::size_t shared = std::min({common.count, a.chain.size(), b.chain.size()});
  if (shared == 0) return apart(a, b);
  const side x = without_outer(a, shared), y = without_outer(b, shared);
  if (common.inner_route && apart(x, y)) return true;
  // Turned round by the innermost box of those they share.
  const config& turn = *a.chain[a.chain.size() - shared];
  side up = x, down = y;
  up.chain.push_back(&turn);
  down.chain.push_back(&turn);
  switch (turn.hairpin) {
    case hairpin_kind::none:
      return false;
    case hairpin_kind::external_source:
      return apart(up, down);
    case hairpin_kind::internal_source:
      return turn.filtering <= filtering_kind::eif && apart(up, down);
  }
  return false;
}

obstacle why_not_direct(const side& a, const side& b, common_boxes common) {
  if (direct_possible(a, b, common)) return obstacle::none;
  if (!udp(a) || !udp(b)) return obstacle::udp_blocked;
  const std::size_t shared = std::min({common.count, a.chain.size(), b.chain.size()});
  if (shared > 0)
    return a.chain[a.chain.size() - shared]->hairpin == hairpin_kind::none
               ? obstacle::no_hairpin
               : obstacle::filter_of_common;
  return effective(a.chain).predictable || effective(b.chain).predictable
             ? obstacle::port_varies
             : obstacle::both_ports_vary;
}

bool clairvoyant_possible(const side& a, const side& b, common_boxes common) {
  if (!udp(a) || !udp(b)) return false;
  const std::size_t shared = std::min({common.count, a.chain.size(), b.chain.size()});
  if (shared == 0 || common.inner_route) return true;
  return a.chain[a.chain.size() - shared]->hairpin != hairpin_kind::none;
}

bool direct_possible(const sides& a, const sides& b, const common_by_family& common) {
  return (a.v4 && b.v4 && direct_possible(*a.v4, *b.v4, common.v4)) ||
         (a.v6 && b.v6 && direct_possible(*a.v6, *b.v6, common.v6));
}

obstacle why_not_direct(const sides& a, const sides& b, const common_by_family& common) {
  if (direct_possible(a, b, common)) return obstacle::none;
  if (a.v4 && b.v4) return why_not_direct(*a.v4, *b.v4, common.v4);
  if (a.v6 && b.v6) return why_not_direct(*a.v6, *b.v6, common.v6);
  return obstacle::no_common_family;
}

bool clairvoyant_possible(const sides& a, const sides& b, const common_by_family& common) {
  return (a.v4 && b.v4 && clairvoyant_possible(*a.v4, *b.v4, common.v4)) ||
         (a.v6 && b.v6 && clairvoyant_possible(*a.v6, *b.v6, common.v6));
}

}  // namespace wh::sim::nat
