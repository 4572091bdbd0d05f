#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/nat/profiles.hpp"
#include "transport/expected.hpp"
#include "transport/rng.hpp"

namespace wh::sim::nat {

/// One kind of peer in a population.
struct weighted_profile {
  std::string context;                      ///< where such a peer lives: "home", "mobile"
  std::string profile;                      ///< as in the file: names joined by '+', inside first
  std::vector<const named_profile*> boxes;  ///< inside first
  double share = 0;                         ///< of all peers; a population's shares add up to 1
  double port_mapping_ratio = 0;            ///< has a working port mapping on every box
  double ipv6_ratio = 0;
};
using population_table = std::vector<weighted_profile>;

struct population_error {
  std::size_t line = 0;  ///< from 1
  std::string message;   ///< what is wrong, and what to do
};

/// A population file: a header `context,profile,share,port_mapping,ipv6`, then a line for each kind
/// of peer; '#' starts a comment. Shares must add up to 100 within 1; the result's add up to 1.
/// `find` knows the profiles by name.
expected<population_table, population_error> parse_population(
    std::string_view text,
    const std::function<const named_profile*(std::string_view)>& find = find_profile);

/// The populations in scenarios/populations, built in: null when there is none of that name.
const population_table* population(std::string_view name);
std::vector<std::string_view> population_names();

/// A kind of peer at random by share.
const weighted_profile& draw(const population_table& p, rng& random);

}  // namespace wh::sim::nat
