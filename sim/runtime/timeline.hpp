#pragma once

#include <ns3/event-impl.h>

#include <cstdint>

namespace ns3 {
class SimulatorImpl;
}

namespace wh::sim {

/// Holds ns-3's simulator, of which a process has one, from its first event to its last. Times are
/// nanoseconds since the simulation's first instant.
///
/// Also bears that somebody else ends the simulator first: after that the time stands still and new
/// events are thrown away.
class timeline {
 public:
  using event = ns3::EventImpl;
  /// An event that calls `D::ring()`.
  template <class D>
  struct event_base : ns3::EventImpl {
    void Notify() final { static_cast<D*>(this)->ring(); }
  };
  static void drop(event* e) { e->Unref(); }

  timeline();
  ~timeline();
  timeline(const timeline&) = delete;
  timeline& operator=(const timeline&) = delete;

  std::int64_t now_ns() const;
  /// Takes the event. A time in the past counts as now. Events of one instant run in the order in
  /// which they were scheduled.
  void schedule(std::int64_t at_ns, event* e);
  /// Runs events until `stop`.
  void run();
  void stop();
  /// Drops every pending event, with what it holds.
  void close();
  bool closed() const { return impl_ == nullptr; }
  std::uint64_t events() const;

 private:
  struct end_event;
  void ended();

  ns3::SimulatorImpl* impl_ = nullptr;
  std::int64_t ended_at_ns_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace wh::sim
