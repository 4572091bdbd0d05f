#pragma once

// What `coordinator.hpp` and `clock.hpp` declare. A host includes this once, in the file that makes
// the templates for its timeline.

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/logger.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/system_messages.hpp>
#include <cstdio>
#include <utility>

#include "actors/runtime/clock_impl.hpp"
#include "actors/runtime/coordinator.hpp"
#include "actors/runtime/printer.hpp"
#include "transport/check.hpp"

namespace wh::actors {

namespace detail {

inline std::string seconds_text(std::int64_t ns) {
  char text[48];
  std::snprintf(text, sizeof text, "%lld.%09lld s", static_cast<long long>(ns / 1'000'000'000),
                static_cast<long long>(ns % 1'000'000'000));
  return text;
}

}  // namespace detail

// Runs what became runnable outside of any `enter`, say by code of the host that sends to an actor.
template <class Timeline>
struct coordinator_on<Timeline>::kick_event final : Timeline::template event_base<kick_event> {
  explicit kick_event(coordinator_on& o) : owner(o) {}
  ~kick_event() { owner.kick_pending_ = false; }
  void ring() {
    owner.kick_pending_ = false;
    owner.drain();
  }
  coordinator_on& owner;
};

template <class Timeline>
coordinator_on<Timeline>::coordinator_on(caf::actor_system& system, Timeline& time)
    : super(system), time_(time), unit_(*this), clock_(*this), ring_(1024) {}

template <class Timeline>
coordinator_on<Timeline>::~coordinator_on() = default;

template <class Timeline>
caf::actor_system::module* coordinator_on<Timeline>::make_for(caf::actor_system& system) {
  auto* config = dynamic_cast<const system_config*>(&system.config());
  WH_CHECK(config != nullptr);
  return new coordinator_on{system, *config->time};
}

template <class Timeline>
void coordinator_on<Timeline>::start() {
  // Else ~actor_system blocks its thread, which is the only one, for ever when one actor lives.
  system().await_actors_before_shutdown(false);
  utility_actors_[printer_id] = make_text_printer(system(), &unit_);
}

template <class Timeline>
void coordinator_on<Timeline>::stop() {
  drain();
  closed_ = true;
  clock_.cancel_all();
  discard_queue();
  utility_actors_[printer_id] = nullptr;
}

template <class Timeline>
void coordinator_on<Timeline>::enqueue(caf::resumable* job) {
  WH_CHECK("a message from a foreign thread (a detached or blocking actor?)" &&
           std::this_thread::get_id() == owner_);
  push(job);
}

template <class Timeline>
void coordinator_on<Timeline>::push(caf::resumable* job) {
  if (write_ - read_ == ring_.size()) grow();
  ring_[write_++ & (ring_.size() - 1)] = job;
  if (depth_ > 0 || draining_ || kick_pending_ || closed_) return;
  kick_pending_ = true;
  schedule(now_ns(), new kick_event{*this});
}

template <class Timeline>
caf::resumable* coordinator_on<Timeline>::pop() {
  return ring_[read_++ & (ring_.size() - 1)];
}

template <class Timeline>
void coordinator_on<Timeline>::grow() {
  std::vector<caf::resumable*> larger(ring_.size() * 2);
  std::uint64_t n = 0;
  while (read_ != write_) larger[n++] = pop();
  ring_.swap(larger);
  read_ = 0;
  write_ = n;
}

template <class Timeline>
void coordinator_on<Timeline>::drain() {
  if (draining_ || read_ == write_) return;
  const std::int64_t now = time_.now_ns();
  if (now != now_ns_) instant_resumes_ = 0;
  now_ns_ = now;
  draining_ = true;
  // CAF keeps the running actor's id in a locked table for its log, which Debian compiles out, as
  // long as the thread has a logger: 8 to 18 % of a message's cost.
  caf::logger::set_current_actor_system(nullptr);
  while (read_ != write_ && failure_.empty()) run(pop());
  draining_ = false;
}

template <class Timeline>
void coordinator_on<Timeline>::run(caf::resumable* job) {
  if (++instant_resumes_ > instant_limit_) {
    livelocked(job);
    return;
  }
  first_met(job);
  ++resumes_;
  // One message a turn: saves a look into the mailbox's five queues, and keeps messages of several
  // actors in the order they were sent.
  switch (job->resume(&unit_, 1)) {
    case caf::resumable::resume_later:
      push(job);
      break;
    case caf::resumable::shutdown_execution_unit:
      break;
    default:
      caf::intrusive_ptr_release(job);
  }
}

template <class Timeline>
void coordinator_on<Timeline>::first_met(caf::resumable* job) {
  if (job->subtype() != caf::resumable::scheduled_actor) return;
  auto* actor = static_cast<caf::scheduled_actor*>(job);
  if (actor->getf(caf::abstract_actor::is_initialized_flag)) return;
  ++actors_seen_;
  actors_.emplace_back(actor->ctrl());
  if (actors_.size() < sweep_at_) return;
  // A weak pointer keeps the dead actor's memory, so do not wait for long.
  std::erase_if(actors_, [](const caf::weak_actor_ptr& a) { return !a.lock(); });
  sweep_at_ = actors_.size() + actors_.size() / 8 + 1024;
}

template <class Timeline>
void coordinator_on<Timeline>::livelocked(caf::resumable* job) {
  std::string who = "?";
  if (job->subtype() == caf::resumable::scheduled_actor) {
    auto* actor = static_cast<caf::scheduled_actor*>(job);
    who = std::string{actor->name()} + " (actor " + std::to_string(actor->id()) + ")";
  }
  push(job);
  fail("the actors do not settle at " + detail::seconds_text(now_ns_) + ": " +
       std::to_string(instant_resumes_ - 1) + " turns at this instant, and " + who +
       " has yet another message");
}

template <class Timeline>
void coordinator_on<Timeline>::fail(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
  time_.stop();
}

template <class Timeline>
void coordinator_on<Timeline>::schedule(std::int64_t at_ns, event* e) {
  if (closed_) {
    time_.drop(e);
    return;
  }
  ++timers_;
  time_.schedule(at_ns, e);
}

template <class Timeline>
void coordinator_on<Timeline>::end_actors() {
  drain();
  // Whoever failed to settle gets as many turns again as it takes to read `kill`, which overtakes.
  failure_.clear();
  instant_resumes_ = 0;
  // The dying may spawn; a few rounds are enough for all but those who never stop.
  for (int round = 0; round < 8 && !actors_.empty(); ++round) {
    const auto met = std::exchange(actors_, {});
    enter();
    for (const caf::weak_actor_ptr& weak : met) {
      const caf::strong_actor_ptr actor = weak.lock();
      if (!actor) continue;
      actor->enqueue(nullptr, caf::make_message_id(caf::message_priority::high),
                     caf::make_message(caf::exit_msg{actor->address(), caf::exit_reason::kill}),
                     &unit_);
    }
    leave();
  }
}

template <class Timeline>
void coordinator_on<Timeline>::close() {
  closed_ = true;
}

template <class Timeline>
void coordinator_on<Timeline>::discard_queue() {
  while (read_ != write_) caf::intrusive_ptr_release(pop());
}

}  // namespace wh::actors
