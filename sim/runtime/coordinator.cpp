#include "sim/runtime/coordinator.hpp"

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/logger.hpp>
#include <caf/message_handler.hpp>
#include <caf/monitorable_actor.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/system_messages.hpp>
#include <cstdio>
#include <utility>

#include "sim/runtime/coordinator_config.hpp"
#include "transport/check.hpp"

namespace wh::sim {

namespace {

/// The target of `aout`. CAF's own one is a thread.
class text_printer final : public caf::monitorable_actor {
 public:
  explicit text_printer(caf::actor_config& config) : caf::monitorable_actor(config) {
    handler_.assign([](caf::add_atom, caf::actor_id, const std::string& text) {
      std::fwrite(text.data(), 1, text.size(), stdout);
    });
  }
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    handler_(what->content());
  }

 private:
  caf::message_handler handler_;
};

std::string seconds_text(std::int64_t ns) {
  char text[48];
  std::snprintf(text, sizeof text, "%lld.%09lld s", static_cast<long long>(ns / 1'000'000'000),
                static_cast<long long>(ns % 1'000'000'000));
  return text;
}

}  // namespace

// Runs what became runnable outside of any `enter`, say by code of ns-3 that sends to an actor.
struct coordinator::kick_event final : ns3::EventImpl {
  explicit kick_event(coordinator& o) : owner(o) {}
  ~kick_event() override { owner.kick_pending_ = false; }
  void Notify() override {
    owner.kick_pending_ = false;
    owner.drain();
  }
  coordinator& owner;
};

coordinator::coordinator(caf::actor_system& system, timeline& time)
    : super(system), time_(time), unit_(*this), clock_(*this), ring_(1024) {}

coordinator::~coordinator() = default;

caf::actor_system::module* coordinator::make_for(caf::actor_system& system) {
  auto* config = dynamic_cast<const system_config*>(&system.config());
  WH_CHECK(config != nullptr);
  return new coordinator{system, *config->time};
}

coordinator& coordinator::of(caf::actor_system& system) {
  return static_cast<coordinator&>(system.scheduler());
}

void coordinator::start() {
  // Else ~actor_system blocks its thread, which is the only one, for ever when one actor lives.
  system().await_actors_before_shutdown(false);
  caf::actor_config config{&unit_};
  utility_actors_[printer_id] = caf::make_actor<text_printer, caf::actor>(
      system().next_actor_id(), system().node(), &system(), config);
}

void coordinator::stop() {
  drain();
  closed_ = true;
  clock_.cancel_all();
  discard_queue();
  utility_actors_[printer_id] = nullptr;
}

void coordinator::enqueue(caf::resumable* job) {
  WH_CHECK("a message from a foreign thread (a detached or blocking actor?)" &&
           std::this_thread::get_id() == owner_);
  push(job);
}

void coordinator::push(caf::resumable* job) {
  if (write_ - read_ == ring_.size()) grow();
  ring_[write_++ & (ring_.size() - 1)] = job;
  if (depth_ > 0 || draining_ || kick_pending_ || closed_) return;
  kick_pending_ = true;
  schedule(now_ns(), new kick_event{*this});
}

caf::resumable* coordinator::pop() { return ring_[read_++ & (ring_.size() - 1)]; }

void coordinator::grow() {
  std::vector<caf::resumable*> larger(ring_.size() * 2);
  std::uint64_t n = 0;
  while (read_ != write_) larger[n++] = pop();
  ring_.swap(larger);
  read_ = 0;
  write_ = n;
}

void coordinator::drain() {
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

void coordinator::run(caf::resumable* job) {
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

void coordinator::first_met(caf::resumable* job) {
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

void coordinator::livelocked(caf::resumable* job) {
  std::string who = "?";
  if (job->subtype() == caf::resumable::scheduled_actor) {
    auto* actor = static_cast<caf::scheduled_actor*>(job);
    who = std::string{actor->name()} + " (actor " + std::to_string(actor->id()) + ")";
  }
  push(job);
  fail("the actors do not settle at " + seconds_text(now_ns_) +
       " of virtual time: " + std::to_string(instant_resumes_ - 1) +
       " turns at this instant, and " + who + " has yet another message");
}

void coordinator::fail(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
  time_.stop();
}

void coordinator::schedule(std::int64_t at_ns, ns3::EventImpl* event) {
  if (closed_) {
    event->Unref();
    return;
  }
  ++timers_;
  time_.schedule(at_ns, event);
}

void coordinator::end_actors() {
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

void coordinator::close() { closed_ = true; }

void coordinator::discard_queue() {
  while (read_ != write_) caf::intrusive_ptr_release(pop());
}

}  // namespace wh::sim
