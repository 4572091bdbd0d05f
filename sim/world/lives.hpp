#pragma once

#include <memory>
#include <vector>

#include "sim/measure/log.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/host.hpp"
#include "sim/world/observation.hpp"
#include "sim/world/places.hpp"
#include "sim/world/roster.hpp"

namespace wh::sim {

/// What a peer finds on its disk when it is started again.
enum class saved_state : std::uint8_t {
  kept,
  none,  ///< nothing, but for its key
  old,   ///< as it was when the life that ended began: restored from a copy
};
inline constexpr std::array<std::string_view, 3> saved_state_words{"kept", "none", "old"};
constexpr words words_of(saved_state) { return saved_state_words; }

/// Who runs when: arrivals, churn, and what events do to that. Everything else starts and stops
/// hosts through this.
class lives {
 public:
  struct around {
    const scenario& script;
    simulation& sim;
    roster& who;
    places& where;
    std::vector<std::unique_ptr<host>>& hosts;
    observation& seen;
    run_log& log;
  };
  lives(around a, seed s);

  /// Lets everybody arrive when the plan says. `caches` draws whom those know that have run before.
  void schedule(rng& caches);

  bool arrived(std::size_t h) const { return states_[h].arrived; }
  bool running(std::size_t h) const { return around_.hosts[h]->running(); }

  /// Without a goodbye. For good, but for `restart`, and for churn, which brings the peer back as
  /// from any other session. Both return false, and do nothing, where it has not arrived yet.
  bool kill(std::size_t h);
  /// Stops if it runs, and starts `after` later.
  bool restart(std::size_t h, duration after, saved_state with);

 private:
  struct state {
    bool arrived = false;
    std::uint64_t session = 0;  // a planned end or start counts only in the session it was made in
  };

  void save_earlier_life(std::size_t h, rng& random);
  void schedule_recorded(const peer_group& g);
  bool recorded(std::size_t h) const { return churn_of(h) && !churn_of(h)->trace_file.empty(); }
  void become_other(std::size_t h);
  void start(std::size_t h);
  void stop(std::size_t h, life_end why);
  void plan_end(std::size_t h);
  void plan_return(std::size_t h);
  const std::optional<churn_config>& churn_of(std::size_t h) const {
    return around_.who.group_of(h).churn;
  }

  around around_;
  seeded_rng random_;
  std::vector<state> states_;
};

}  // namespace wh::sim
