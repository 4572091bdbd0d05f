#pragma once

// The one place that knows which CAF this is (0.17.6). Everything else says `wh::actors::...`.

#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/result.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <utility>

#include "transport/time.hpp"

/// Lets a struct travel between actors of one process, at global scope, after its definition. CAF
/// 0.17 wants nothing more of a type that never leaves the process; from 0.18 on this is the place
/// for a type id.
#define WH_ACTOR_MESSAGE(...) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(__VA_ARGS__)

namespace wh::actors {

namespace detail {

template <class Signature>
struct signature_of;
template <class... R, class... A>
struct signature_of<caf::result<R...>(A...)> {
  using type = typename caf::replies_to<A...>::template with<R...>;
};
template <class... A>
struct signature_of<caf::result<void>(A...)> {
  using type = caf::reacts_to<A...>;
};

}  // namespace detail

template <class... R>
using result = caf::result<R...>;

/// A typed interface in the signature syntax of newer CAF:
/// `actor_if<result<void>(datagram), result<report>(status_query)>`.
template <class... Signatures>
using actor_if = caf::typed_actor<typename detail::signature_of<Signatures>::type...>;

/// `Interface` with more clauses: what an actor tells itself stays out of its interface.
template <class Interface, class... Signatures>
using extend_if =
    typename Interface::template extend<typename detail::signature_of<Signatures>::type...>;

/// The class to derive a typed, class-based, event-based actor from.
template <class Interface>
using actor_base = typename Interface::base;

/// What `make_behavior()` of such a class returns.
template <class Interface>
using behavior_of = typename Interface::behavior_type;

using actor_config = caf::actor_config;
using actor_system = caf::actor_system;

/// An answer that is given later.
template <class... R>
using reply = caf::typed_response_promise<R...>;

/// Between the actor clock and wh::time_point: a constant distance, fixed when the host starts,
/// since neither goes back while a process runs. On a real host the actor clock counts from boot,
/// in a simulation from the scenario's first instant.
class time_map {
 public:
  using actor_time = caf::actor_clock::time_point;

  constexpr time_map() = default;
  /// `there` is the same instant as `here`.
  time_map(actor_time there, time_point here)
      : distance_(here.time_since_epoch() -
                  std::chrono::duration_cast<duration>(there.time_since_epoch())) {}

  time_point to_host(actor_time t) const {
    return time_point{std::chrono::duration_cast<duration>(t.time_since_epoch()) + distance_};
  }
  actor_time to_actor(time_point t) const { return actor_time{t.time_since_epoch() - distance_}; }
  time_point now(caf::actor_system& system) const { return to_host(system.clock().now()); }

 private:
  duration distance_{};
};

/// Puts a message into an actor's mailbox from outside of any actor. `context` runs the receiver; a
/// null one leaves it to the scheduler.
template <class Handle, class... Ts>
void enqueue(const Handle& to, caf::execution_unit* context, Ts&&... xs) {
  to->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(), caf::no_stages,
                                        std::forward<Ts>(xs)...),
              context);
}

}  // namespace wh::actors
