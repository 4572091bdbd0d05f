#pragma once

#include <functional>

#include "actors/shell.hpp"

namespace wh::actors {

class asker_shell;

/// What an asker is to do: `request` something of somebody.
struct errand {
  std::function<void(asker_shell&)> what;
};

}  // namespace wh::actors

WH_ACTOR_MESSAGE(wh::actors::errand)

namespace wh::actors {

using asker_actor = actor_if<result<void>(errand)>;

/// A host's own actor: asks a peer's actors on behalf of people, for only an actor can ask one.
class asker_shell final : public shell<asker_actor> {
 public:
  using shell::shell;
  behavior_type make_behavior() override {
    return {alarm_clause(), [this](const errand& e) { e.what(*this); }};
  }
  const char* name() const override { return "ASKER"; }

 private:
  void on_alarm(time_point) override {}
};

/// The errand of asking `whom` for an `Answer`, which `then` gets; null when there is no such actor
/// or it ended before it had any.
template <class Answer, class Handle, class Question>
errand question_to(const Handle& whom, Question q, std::function<void(const Answer*)> then) {
  return {[whom, q = std::move(q), then = std::move(then)](asker_shell& self) {
    if (!whom) return then(nullptr);
    self.request(whom, caf::infinite, q)
        .then([then](const Answer& a) { then(&a); }, [then](const caf::error&) { then(nullptr); });
  }};
}

}  // namespace wh::actors
