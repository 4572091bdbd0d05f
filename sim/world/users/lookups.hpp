#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "actors/asker.hpp"
#include "sim/measure/log.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/host.hpp"
#include "sim/world/places.hpp"
#include "sim/world/roster.hpp"

namespace wh::sim {

/// The users who look records up, and what the world knows of the right answer.
class lookup_users {
 public:
  struct around {
    const scenario& script;
    simulation& sim;
    const roster& who;
    const places& where;
    std::vector<std::unique_ptr<host>>& hosts;
    const crypto_suite& crypto;
    run_log& log;
  };
  lookup_users(around a, rng& random);

  void schedule();
  /// The host signed a record.
  void signed_record(std::size_t h, std::uint64_t sequence);
  /// A sentence for each item of the workload of which every lookup was skipped.
  std::vector<std::string> warnings() const;

 private:
  /// A lookup under way.
  struct attempt {
    std::uint64_t number;
    std::uint32_t item;
    std::size_t asker;
    std::optional<std::size_t> sought;
    std::uint64_t wanted;
    std::uint32_t asker_life;
    std::uint32_t sought_life;
  };

  void look_up(const workload_item& w);
  void skip(std::uint32_t item, bool nobody_asks);
  /// `sought` is whose key it is, if anybody's.
  void ask(std::size_t asker, std::uint32_t item, std::optional<std::size_t> sought,
           const public_key& key);
  void ended(const attempt& a, const dht::finished* f);
  /// The newest record that has had time to reach its holders; 0: it has signed none.
  std::uint64_t wanted_of(std::size_t h) const;

  struct tally {
    std::uint64_t begun = 0, skipped = 0;
  };
  struct version {
    time_point at;
    std::uint64_t sequence;
  };

  around around_;
  rng& random_;
  actors::asker_actor asker_;
  std::uint64_t lookups_ = 0;
  std::vector<tally> tallies_;  // of each item of the workload
  /// Of each host, in order, from the newest on that has had time to reach its holders.
  std::vector<std::vector<version>> signed_;
};

}  // namespace wh::sim
