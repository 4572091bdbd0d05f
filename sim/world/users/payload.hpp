#pragma once

#include <memory>
#include <vector>

#include "sim/measure/log.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/flow.hpp"
#include "sim/world/host.hpp"
#include "sim/world/invariants.hpp"
#include "sim/world/roster.hpp"
#include "sim/world/users/echo.hpp"

namespace wh::sim {

/// The users who send payload: one side of each pair a request every interval, which the other
/// side's host answers.
class payload_users {
 public:
  struct around {
    const scenario& script;
    simulation& sim;
    const roster& who;
    std::vector<std::unique_ptr<host>>& hosts;
    run_log& log;
    flow_recorder& flow;
    invariants* never = nullptr;
  };
  explicit payload_users(around a) : around_(a), sequences_(a.who.pairs().size()) {}

  void schedule(rng& random);
  /// Something came out of a tunnel at `at`.
  void arrived(host& at, std::size_t sender, byte_view payload, bool relayed);

 private:
  void send_request(std::size_t pair);
  void send_now(std::size_t pair);
  const workload_item& item_of(std::size_t pair) const {
    return around_.script.workload[around_.who.pairs()[pair].item];
  }

  around around_;
  std::vector<std::uint32_t> sequences_;
};

}  // namespace wh::sim
