#pragma once

#include <caf/abstract_actor.hpp>
#include <caf/abstract_group.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/group.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>
#include <utility>

#include "actors/runtime/coordinator.hpp"

namespace wh::actors {

namespace detail {

// The events hold their actor alive until they have rung or the timeline drops them; the
// coordinator outlives both.

template <class Timeline>
struct message_event final : Timeline::template event_base<message_event<Timeline>> {
  message_event(coordinator_on<Timeline>& o, caf::strong_actor_ptr r, caf::mailbox_element_ptr c)
      : owner(o), receiver(std::move(r)), content(std::move(c)) {}
  void ring() {
    owner.enter();
    receiver->enqueue(std::move(content), owner.unit());
    owner.leave();
  }
  coordinator_on<Timeline>& owner;
  caf::strong_actor_ptr receiver;
  caf::mailbox_element_ptr content;
};

template <class Timeline>
struct group_event final : Timeline::template event_base<group_event<Timeline>> {
  group_event(coordinator_on<Timeline>& o, caf::group t, caf::strong_actor_ptr s, caf::message c)
      : owner(o), target(std::move(t)), sender(std::move(s)), content(std::move(c)) {}
  void ring() {
    owner.enter();
    target->eq_impl(caf::make_message_id(), std::move(sender), owner.unit(), std::move(content));
    owner.leave();
  }
  coordinator_on<Timeline>& owner;
  caf::group target;
  caf::strong_actor_ptr sender;
  caf::message content;
};

template <class Timeline>
struct request_event final : Timeline::template event_base<request_event<Timeline>> {
  request_event(coordinator_on<Timeline>& o, caf::strong_actor_ptr s, caf::message_id i)
      : owner(o), self(std::move(s)), id(i) {}
  void ring() {
    owner.enter();
    self->get()->eq_impl(id, self, owner.unit(), caf::sec::request_timeout);
    owner.leave();
  }
  coordinator_on<Timeline>& owner;
  caf::strong_actor_ptr self;
  caf::message_id id;
};

template <class Timeline>
struct timeout_event final : Timeline::template event_base<timeout_event<Timeline>> {
  timeout_event(coordinator_on<Timeline>& o, caf::strong_actor_ptr s, caf::atom_value t,
                std::uint64_t i)
      : owner(o), self(std::move(s)), type(t), id(i) {}
  void ring() {
    owner.enter();
    self->get()->eq_impl(caf::make_message_id(), self, owner.unit(), caf::timeout_msg{type, id});
    owner.leave();
  }
  coordinator_on<Timeline>& owner;
  caf::strong_actor_ptr self;
  caf::atom_value type;
  std::uint64_t id;
};

}  // namespace detail

template <class Timeline>
struct clock_on<Timeline>::idle_event final : Timeline::template event_base<idle_event> {
  idle_event(clock_on& c, caf::strong_actor_ptr s, caf::atom_value t, std::int64_t at)
      : clock(c), self(std::move(s)), type(t), at_ns(at) {}
  void ring() {
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
  clock_on& clock;
  caf::strong_actor_ptr self;
  caf::atom_value type;
  std::int64_t at_ns;
};

template <class Timeline>
caf::actor_clock::time_point clock_on<Timeline>::now() const noexcept {
  return to_actor_time(owner_.now_ns());
}

template <class Timeline>
caf::actor_clock::duration_type clock_on<Timeline>::difference(caf::atom_value, long,
                                                               time_point from,
                                                               time_point to) const noexcept {
  // CAF's streams divide by it to measure throughput.
  return from == to ? duration_type{1} : to - from;
}

template <class Timeline>
void clock_on<Timeline>::set_ordinary_timeout(time_point t, caf::abstract_actor* self,
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

template <class Timeline>
void clock_on<Timeline>::start_idle(std::int64_t at_ns, caf::abstract_actor* self,
                                    caf::atom_value type) {
  owner_.schedule(at_ns, new idle_event{*this, self->ctrl(), type, at_ns});
}

template <class Timeline>
void clock_on<Timeline>::set_multi_timeout(time_point t, caf::abstract_actor* self,
                                           caf::atom_value type, std::uint64_t id) {
  owner_.schedule(to_ns(t), new detail::timeout_event<Timeline>{owner_, self->ctrl(), type, id});
}

template <class Timeline>
void clock_on<Timeline>::set_request_timeout(time_point t, caf::abstract_actor* self,
                                             caf::message_id id) {
  owner_.schedule(to_ns(t), new detail::request_event<Timeline>{owner_, self->ctrl(), id});
}

template <class Timeline>
void clock_on<Timeline>::cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value) {
  idle_.erase(self->id());
}

// CAF 0.17 never asks for it: a late timeout finds no request and is dropped.
template <class Timeline>
void clock_on<Timeline>::cancel_request_timeout(caf::abstract_actor*, caf::message_id) {}

template <class Timeline>
void clock_on<Timeline>::cancel_timeouts(caf::abstract_actor* self) {
  if (!idle_.empty()) idle_.erase(self->id());
}

template <class Timeline>
void clock_on<Timeline>::schedule_message(time_point t, caf::strong_actor_ptr receiver,
                                          caf::mailbox_element_ptr content) {
  owner_.schedule(to_ns(t), new detail::message_event<Timeline>{owner_, std::move(receiver),
                                                                std::move(content)});
}

template <class Timeline>
void clock_on<Timeline>::schedule_message(time_point t, caf::group target,
                                          caf::strong_actor_ptr sender, caf::message content) {
  owner_.schedule(to_ns(t), new detail::group_event<Timeline>{
                                owner_, std::move(target), std::move(sender), std::move(content)});
}

template <class Timeline>
void clock_on<Timeline>::cancel_all() {
  idle_.clear();
}

}  // namespace wh::actors
