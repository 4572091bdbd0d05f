#include "sim/runtime/virtual_clock.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/abstract_group.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/group.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>
#include <utility>

#include "sim/runtime/coordinator.hpp"

namespace wh::sim {

namespace {

// The events hold their actor alive until they have rung or the simulator drops them; the
// coordinator outlives both.

struct message_event final : ns3::EventImpl {
  message_event(coordinator& o, caf::strong_actor_ptr r, caf::mailbox_element_ptr c)
      : owner(o), receiver(std::move(r)), content(std::move(c)) {}
  void Notify() override {
    owner.enter();
    receiver->enqueue(std::move(content), owner.unit());
    owner.leave();
  }
  coordinator& owner;
  caf::strong_actor_ptr receiver;
  caf::mailbox_element_ptr content;
};

struct group_event final : ns3::EventImpl {
  group_event(coordinator& o, caf::group t, caf::strong_actor_ptr s, caf::message c)
      : owner(o), target(std::move(t)), sender(std::move(s)), content(std::move(c)) {}
  void Notify() override {
    owner.enter();
    target->eq_impl(caf::make_message_id(), std::move(sender), owner.unit(), std::move(content));
    owner.leave();
  }
  coordinator& owner;
  caf::group target;
  caf::strong_actor_ptr sender;
  caf::message content;
};

struct request_event final : ns3::EventImpl {
  request_event(coordinator& o, caf::strong_actor_ptr s, caf::message_id i)
      : owner(o), self(std::move(s)), id(i) {}
  void Notify() override {
    owner.enter();
    self->get()->eq_impl(id, self, owner.unit(), caf::sec::request_timeout);
    owner.leave();
  }
  coordinator& owner;
  caf::strong_actor_ptr self;
  caf::message_id id;
};

struct timeout_event final : ns3::EventImpl {
  timeout_event(coordinator& o, caf::strong_actor_ptr s, caf::atom_value t, std::uint64_t i)
      : owner(o), self(std::move(s)), type(t), id(i) {}
  void Notify() override {
    owner.enter();
    self->get()->eq_impl(caf::make_message_id(), self, owner.unit(), caf::timeout_msg{type, id});
    owner.leave();
  }
  coordinator& owner;
  caf::strong_actor_ptr self;
  caf::atom_value type;
  std::uint64_t id;
};

}  // namespace

struct virtual_clock::idle_event final : ns3::EventImpl {
  idle_event(virtual_clock& c, caf::strong_actor_ptr s, caf::atom_value t, std::int64_t at)
      : clock(c), self(std::move(s)), type(t), at_ns(at) {}
  void Notify() override {
    const auto found = clock.idle_.find(self->id());
    // Cancelled, or another event has been started that comes earlier.
    if (found == clock.idle_.end() || found->second.event_ns != at_ns) return;
    idle_state& state = found->second;
    if (state.due_ns > at_ns) {
      state.event_ns = state.due_ns;
      clock.start_idle(state.due_ns, self->get(), type);
      return;
    }
    const std::uint64_t id = state.id;
    clock.idle_.erase(found);
    clock.owner_.enter();
    self->get()->eq_impl(caf::make_message_id(), self, clock.owner_.unit(),
                         caf::timeout_msg{type, id});
    clock.owner_.leave();
  }
  virtual_clock& clock;
  caf::strong_actor_ptr self;
  caf::atom_value type;
  std::int64_t at_ns;
};

virtual_clock::time_point virtual_clock::now() const noexcept {
  return to_actor_time(owner_.now_ns());
}

virtual_clock::duration_type virtual_clock::difference(caf::atom_value, long, time_point from,
                                                       time_point to) const noexcept {
  // CAF's streams divide by it to measure throughput.
  return from == to ? duration_type{1} : to - from;
}

void virtual_clock::set_ordinary_timeout(time_point t, caf::abstract_actor* self,
                                         caf::atom_value type, std::uint64_t id) {
  if (type != caf::receive_atom_v) {
    set_multi_timeout(t, self, type, id);
    return;
  }
  const std::int64_t at = to_ns(t);
  const auto [found, is_new] = idle_.try_emplace(self->id(), idle_state{at, at, id});
  idle_state& state = found->second;
  state.due_ns = at;
  state.id = id;
  if (is_new) {
    start_idle(at, self, type);
  } else if (at < state.event_ns) {
    state.event_ns = at;
    start_idle(at, self, type);
  }
}

void virtual_clock::start_idle(std::int64_t at_ns, caf::abstract_actor* self,
                               caf::atom_value type) {
  owner_.schedule(at_ns, new idle_event{*this, self->ctrl(), type, at_ns});
}

void virtual_clock::set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                                      std::uint64_t id) {
  owner_.schedule(to_ns(t), new timeout_event{owner_, self->ctrl(), type, id});
}

void virtual_clock::set_request_timeout(time_point t, caf::abstract_actor* self,
                                        caf::message_id id) {
  owner_.schedule(to_ns(t), new request_event{owner_, self->ctrl(), id});
}

void virtual_clock::cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value) {
  idle_.erase(self->id());
}

// CAF 0.17 never asks for it: a late timeout finds no request and is dropped.
void virtual_clock::cancel_request_timeout(caf::abstract_actor*, caf::message_id) {}

void virtual_clock::cancel_timeouts(caf::abstract_actor* self) {
  if (!idle_.empty()) idle_.erase(self->id());
}

void virtual_clock::schedule_message(time_point t, caf::strong_actor_ptr receiver,
                                     caf::mailbox_element_ptr content) {
  owner_.schedule(to_ns(t), new message_event{owner_, std::move(receiver), std::move(content)});
}

void virtual_clock::schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                                     caf::message content) {
  owner_.schedule(
      to_ns(t), new group_event{owner_, std::move(target), std::move(sender), std::move(content)});
}

void virtual_clock::cancel_all() { idle_.clear(); }

}  // namespace wh::sim
