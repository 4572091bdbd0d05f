#pragma once

#include <functional>

#include "actors/shell.hpp"
#include "real/runtime/actor_loop.hpp"

namespace wh::real {

class asker_shell;

/// What an asker is to do: `request` something of somebody.
struct errand {
  std::function<void(asker_shell&)> what;
};

}  // namespace wh::real

WH_ACTOR_MESSAGE(wh::real::errand)

namespace wh::real {

using asker_if = actors::actor_if<actors::result<void>(errand)>;

/// The daemon's own actor: asks the peer's actors on behalf of people.
class asker_shell final : public actors::shell<asker_if> {
 public:
  using shell::shell;
  behavior_type make_behavior() override {
    return {alarm_clause(), [this](const errand& e) { e.what(*this); }};
  }
  const char* name() const override { return "ASKER"; }

 private:
  void on_alarm(time_point) override {}
};

class asker {
 public:
  explicit asker(actor_loop& loop)
      : loop_(loop), actor_(loop.system().spawn<asker_shell>(loop.clock())) {}
  ~asker() { caf::anon_send_exit(actor_, caf::exit_reason::kill); }
  asker(const asker&) = delete;
  asker& operator=(const asker&) = delete;

  /// `then` gets the answer, or null when there is no such actor or it ended.
  template <class Answer, class Handle, class Question>
  void ask(const Handle& whom, Question q, std::function<void(const Answer*)> then) {
    if (!whom) {
      then(nullptr);
      return;
    }
    loop_.send(actor_, errand{[whom, q = std::move(q), then](asker_shell& self) {
                 self.request(whom, caf::infinite, q)
                     .then([then](const Answer& a) { then(&a); },
                           [then](const caf::error&) { then(nullptr); });
               }});
  }

 private:
  actor_loop& loop_;
  asker_if actor_;
};

}  // namespace wh::real
