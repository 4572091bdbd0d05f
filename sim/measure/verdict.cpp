#include "sim/measure/verdict.hpp"

namespace wh::sim {

oracle_verdict verdict_of(const nat::side& a, const nat::side& b, nat::common_boxes common) {
  oracle_verdict v;
  v.from_class = to_string(nat::effective(a.chain).kind);
  v.to_class = to_string(nat::effective(b.chain).kind);
  v.o1 = nat::direct_possible(a, b, common);
  v.o3 = nat::clairvoyant_possible(a, b, common);
  if (const auto why = nat::why_not_direct(a, b, common); why != nat::obstacle::none)
    v.reason = to_string(why);
  return v;
}

}  // namespace wh::sim
