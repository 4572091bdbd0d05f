#pragma once

#include <memory>
#include <vector>

#include "actors/asker.hpp"
#include "sim/measure/log.hpp"
#include "sim/runtime/trace.hpp"
#include "sim/world/events/happening.hpp"
#include "sim/world/flow.hpp"
#include "sim/world/lives.hpp"
#include "sim/world/observation.hpp"
#include "sim/world/places.hpp"
#include "sim/world/roster.hpp"
#include "sim/world/run.hpp"
#include "sim/world/users/lookups.hpp"
#include "sim/world/users/payload.hpp"

namespace wh::sim {

/// A scenario come to life. It only joins those who do the work: who is there (`roster`), where
/// (`places`), when (`lives`), what users do (`payload_users`, `lookup_users`), what goes wrong
/// (`events/`), and who hears of it (`observation`, `run_log`). One run, then it is done.
class world final : private truth {
 public:
  world(const scenario& sc, const run_options& options);
  ~world() override;

  expected<report, std::string> run();

 private:
  expected<void, std::string> build();
  expected<void, std::string> find_flow();
  void inspect();
  void schedule_events();
  void happen(std::size_t number);
  std::vector<slice> slices() const;
  void warn(report& r) const;
  report finish();

  // truth
  time_point epoch() const override { return sim_->epoch(); }
  host_number hosts() const override { return static_cast<host_number>(who_->size()); }
  const std::string& name_of(host_number h) const override { return who_->name_of(h); }
  std::optional<host_number> host_of(const public_key& k) const override {
    const auto h = who_->index_of(k);
    return h ? std::optional{static_cast<host_number>(*h)} : std::nullopt;
  }
  std::uint32_t group_of(host_number h) const override { return who_->group_number(h); }
  const std::string& group_name(host_number h) const override { return who_->group_of(h).group; }
  std::span<const truth::pair> pairs() const override { return pairs_; }
  nat::sides sides_of(host_number h) const override { return where_->layout().sides_of(h); }
  nat::common_by_family common(host_number a, host_number b) const override {
    return where_->layout().common(a, b);
  }
  const std::string& nat_label(host_number h) const override { return where_->label_of(h); }
  const net_stats& net_counts() const override { return net_->stats(); }
  std::vector<std::size_t> mappings() const override { return where_->mappings(sim_->now()); }

  const scenario& scenario_;
  const run_options& options_;
  seed root_;
  const crypto_suite& crypto_;
  /// Of events, lookups, and what is drawn before the run begins.
  seeded_rng events_rng_, lookups_rng_;
  trace trace_;

  // In the order in which they are made: each uses those before it.
  std::unique_ptr<simulation> sim_;
  std::unique_ptr<network> net_;
  std::optional<roster> who_;
  std::optional<places> where_;
  std::vector<truth::pair> pairs_;
  std::optional<results> results_;
  std::optional<run_log> log_;
  std::optional<flow_recorder> flow_;
  std::optional<observation> seen_;
  std::optional<invariants> never_;
  actors::asker_actor asker_;
  std::unique_ptr<surroundings> around_;
  std::vector<std::unique_ptr<host>> hosts_;
  std::optional<lives> life_;
  std::optional<payload_users> payload_;
  std::optional<lookup_users> lookups_;
  std::optional<stage> stage_;
  std::vector<std::string> warnings_;
  std::vector<std::size_t> hits_;  // of each event, all its times together
};

}  // namespace wh::sim
