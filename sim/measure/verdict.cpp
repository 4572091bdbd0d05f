#include "sim/measure/verdict.hpp"

namespace wh::sim {

oracle_verdict verdict_of(const nat::sides& a, const nat::sides& b,
                          const nat::common_by_family& common) {
  oracle_verdict v;
  v.from_class = to_string(a.kind());
  v.to_class = to_string(b.kind());
  v.o1 = nat::direct_possible(a, b, common);
  v.o3 = nat::clairvoyant_possible(a, b, common);
  if (const auto why = nat::why_not_direct(a, b, common); why != nat::obstacle::none)
    v.reason = to_string(why);
  return v;
}

}  // namespace wh::sim
