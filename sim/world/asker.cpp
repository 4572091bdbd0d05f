#include "sim/world/asker.hpp"

namespace wh::sim {

namespace {

class asker_shell final : public actors::shell<asker_actor> {
 public:
  using shell::shell;
  behavior_type make_behavior() override {
    return {
        alarm_clause(),
        [this](const question& q) {
          request(q.whom, caf::infinite, q.what)
              .then([then = q.then](const dht::finished& f) { then(&f); },
                    [then = q.then](const caf::error&) { then(nullptr); });
        },
    };
  }

 private:
  void on_alarm(time_point) override {}
};

}  // namespace

asker_actor spawn_asker(simulation& sim) { return sim.system().spawn<asker_shell>(sim.clock()); }

void ask_dht(simulation& sim, const asker_actor& asker, const actors::dht_actor& whom,
             const dht::lookup& what, std::function<void(const dht::finished*)> then) {
  sim.post(asker, question{whom, what, std::move(then)});
}

}  // namespace wh::sim
