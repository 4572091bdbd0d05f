#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sim/measure/log.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/host.hpp"
#include "sim/world/roster.hpp"
#include "sim/world/users/echo.hpp"

namespace wh::sim {

/// Every pair that the workload's items want connected: different pairs within an item, drawn where
/// it asks for a number.
std::vector<wanted_pair> draw_pairs(const scenario& sc, const roster& who, rng& random);

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
  };
  explicit payload_users(around a) : around_(a), sequences_(a.who.pairs().size()) {}

  void schedule(rng& random);
  /// Something came out of a tunnel at `at`. What it was, when it was ours.
  std::optional<echo> arrived(host& at, std::size_t sender, byte_view payload, bool relayed);

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
