#pragma once

#include <vector>

#include "sim/nat/box.hpp"

namespace wh::sim::nat {

/// Boxes one behind the other without hops between them, the inside's first: a home router and then
/// a carrier's NAT. A packet that one of them turns round comes back through those before it.
/// For a network with delays between the boxes, hand packets on one by one instead.
class chain {
 public:
  explicit chain(std::vector<box> inside_first) : boxes_(std::move(inside_first)) {}

  verdict outbound(packet p, time_point now) {
    verdict v{verdict::fate::forward, drop_reason::none, icmp_error::none, p};
    for (std::size_t i = 0; i < boxes_.size(); ++i) {
      v = boxes_[i].outbound(v.out, now);
      if (v.kind == verdict::fate::drop) return v;
      if (v.kind == verdict::fate::hairpin) return inward(v, i, now);
    }
    return v;
  }

  verdict inbound(packet p, time_point now) {
    return inward({verdict::fate::forward, drop_reason::none, icmp_error::none, p}, boxes_.size(),
                  now);
  }

  std::vector<box>& boxes() { return boxes_; }

 private:
  verdict inward(verdict v, std::size_t above, time_point now) {
    const auto kind = v.kind;
    while (above-- > 0) {
      v = boxes_[above].inbound(v.out, now);
      if (!v.passed()) return v;
    }
    v.kind = kind;
    return v;
  }

  std::vector<box> boxes_;
};

}  // namespace wh::sim::nat
