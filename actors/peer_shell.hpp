#pragma once

#include <algorithm>

#include "actors/context.hpp"
#include "actors/shell.hpp"

namespace wh::actors {

/// The earlier of two deadlines, of which each may be missing.
inline std::optional<time_point> earlier(std::optional<time_point> a, std::optional<time_point> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

/// A shell that knows the other actors of its peer.
template <class Interface>
class peer_shell : public shell<Interface> {
 protected:
  peer_shell(actor_config& cfg, context_ptr c)
      : shell<Interface>(cfg, c->clock), context_(std::move(c)) {}

  const context& links() const { return *context_; }

  /// Nothing happens where the peer has no such actor, or has ended.
  template <class Handle, class... Ts>
  void tell(const Handle& to, Ts&&... what) {
    if (to) this->send(to, std::forward<Ts>(what)...);
  }

  /// The answer comes to `then`; none does when the asked one ended.
  template <class Handle, class Question, class F>
  void ask(const Handle& to, Question&& what, F then) {
    if (!to) return;
    this->request(to, caf::infinite, std::forward<Question>(what))
        .then(std::move(then), [](const caf::error&) {});
  }

  void watch(const note& n) const {
    if (links().watcher) links().watcher->on_note(links().self, this->now(), n);
  }
  void watch_path(const punch::status& s) const {
    if (links().watcher) links().watcher->on_path(links().self, this->now(), s);
  }
  void watch_packet(const session::packet_kind& what) const {
    if (links().watcher) links().watcher->on_packet(what);
  }
  void watch_carried() const {
    if (links().watcher) links().watcher->on_carried(links().self);
  }
  void watch_message(const public_key& other, const wire::route& via, const wire::message& m,
                     bool sent) const {
    if (links().watcher)
      links().watcher->on_message(links().self, this->now(), other, via, m, sent);
  }

 private:
  context_ptr context_;
};

}  // namespace wh::actors
