#pragma once

#include "actors/asker.hpp"
#include "real/runtime/actor_loop.hpp"

namespace wh::real {

/// Asks the peer's actors on behalf of people.
class asker {
 public:
  explicit asker(actor_loop& loop)
      : loop_(loop), actor_(loop.system().spawn<actors::asker_shell>(loop.clock())) {}
  ~asker() { caf::anon_send_exit(actor_, caf::exit_reason::kill); }
  asker(const asker&) = delete;
  asker& operator=(const asker&) = delete;

  /// `then` gets the answer, or null when there is no such actor or it ended.
  template <class Answer, class Handle, class Question>
  void ask(const Handle& whom, Question q, std::function<void(const Answer*)> then) {
    if (!whom) return then(nullptr);
    loop_.send(actor_, actors::question_to<Answer>(whom, std::move(q), std::move(then)));
  }

 private:
  actor_loop& loop_;
  actors::asker_actor actor_;
};

}  // namespace wh::real
