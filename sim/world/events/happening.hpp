#pragma once

#include <string>
#include <vector>

#include "sim/measure/log.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/lives.hpp"
#include "sim/world/observation.hpp"
#include "sim/world/places.hpp"
#include "sim/world/roster.hpp"
#include "sim/world/run.hpp"

namespace wh::sim {

/// What an event may touch.
struct stage {
  simulation& sim;
  network& net;
  roster& who;
  places& where;
  lives& life;
  const observation& seen;
  std::vector<std::unique_ptr<host>>& hosts;
  rng& chance;
};

/// An event of the simulated world: what its kind reads from the scenario, and what it does.
class happening : public event_what {
 public:
  /// Does it, and returns the hosts that it hit: none is odd, and is warned of.
  virtual std::vector<std::size_t> happen(stage& s) const = 0;
  /// Before the run begins.
  virtual void prepare(stage&) const {}
};

/// An event that hits a group, or a share of it.
class group_happening : public happening {
 public:
  void check(event_site& s) const override { s.group("group", group_); }

 protected:
  void target(field_visitor& v) {
    v.word("group", group_, {"whom it hits; `\"all\"`: every group"});
    v.number("ratio", ratio_, {0, 1, true}, {"share of them that is hit, drawn anew each time"});
  }
  std::vector<std::size_t> group_hosts(const stage& s) const { return s.who.hosts_of(group_); }
  /// The share of `all` that is hit.
  std::vector<std::size_t> drawn(std::vector<std::size_t> all, rng& chance) const;
  const std::string& group() const { return group_; }
  bool may_hit(const peer_group& g) const { return group_ == all_groups || group_ == g.group; }

 private:
  std::string group_{all_groups};
  double ratio_ = 1;
};

template <class Event>
std::unique_ptr<event_what> make_event() {
  return std::make_unique<Event>();
}

}  // namespace wh::sim
