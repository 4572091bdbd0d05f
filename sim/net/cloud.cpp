#include <utility>

#include "sim/net/network.hpp"
#include "sim/net/pcap_writer.hpp"
#include "sim/runtime/simulation.hpp"

namespace wh::sim {

namespace {

class cloud final : public network {
 public:
  using network::network;

 private:
  class arrival_event;
  class hand_over_event;

  void emit(host_id from, const nat::packet& p, bytes payload) override;
  void start(const fabric::flight& f, duration delay, bytes payload);
  void arrived(const fabric::flight& f, bytes payload);
  void hand_over(host_id h, const nat::packet& p, bytes payload);
};

class cloud::arrival_event final : public event {
 public:
  arrival_event(cloud& c, const fabric::flight& f, bytes payload)
      : event(c.simulation_.scheduler()), cloud_(c), flight_(f), payload_(std::move(payload)) {}

 private:
  void run() override { cloud_.arrived(flight_, std::move(payload_)); }
  cloud& cloud_;
  fabric::flight flight_;
  bytes payload_;
};

/// Between the end of the path and the host, where its line or a box takes time.
class cloud::hand_over_event final : public event {
 public:
  hand_over_event(cloud& c, host_id h, const nat::packet& p, bytes payload)
      : event(c.simulation_.scheduler()),
        cloud_(c),
        host_(h),
        packet_(p),
        payload_(std::move(payload)) {}

 private:
  void run() override { cloud_.hand_over(host_, packet_, std::move(payload_)); }
  cloud& cloud_;
  host_id host_;
  nat::packet packet_;
  bytes payload_;
};

void cloud::emit(host_id from, const nat::packet& p, bytes payload) {
  if (tapped()) tap(tap_point::host, from, ip_packet(p, payload));
  const fabric::departure d = fabric_.depart(from, p, simulation_.now());
  if (d.why != drop::none) {
    dropped(from, d.first.packet, d.why, d.nat);
    return;
  }
  if (tapped() && d.first.across_internet())
    tap(tap_point::internet, from, ip_packet(d.first.packet, payload));
  if (d.copy_delay) {
    ++fabric_.stats().duplicated;
    fabric::flight copy = d.first;
    ++copy.chance;  // what becomes of one is not what becomes of the other
    start(copy, *d.copy_delay, payload);
  }
  start(d.first, d.first.delay, std::move(payload));
}

void cloud::start(const fabric::flight& f, duration delay, bytes payload) {
  simulation_.schedule(simulation_.now() + delay, new arrival_event{*this, f, std::move(payload)});
}

void cloud::arrived(const fabric::flight& f, bytes payload) {
  const fabric::arrival a = fabric_.arrive(f, simulation_.now());
  if (a.why != drop::none) {
    dropped(a.host, a.packet, a.why, a.nat);
  } else if (a.hold_back > duration{}) {
    simulation_.schedule(simulation_.now() + a.hold_back,
                         new hand_over_event{*this, a.host, a.packet, std::move(payload)});
  } else {
    hand_over(a.host, a.packet, std::move(payload));
  }
}

void cloud::hand_over(host_id h, const nat::packet& p, bytes payload) {
  if (tapped()) tap(tap_point::host, h, ip_packet(p, payload));
  // It may have moved on while its line held the packet back.
  if (fabric_.local(h, p.dst.address.is_v4()) != p.dst) {
    dropped(h, p, drop::no_route, nat::drop_reason::none);
    return;
  }
  deliver(h, p, std::move(payload));
}

}  // namespace

std::unique_ptr<network> make_cloud(simulation& s, path_options options, seed root, trace* t) {
  return std::make_unique<cloud>(s, std::move(options), root, t);
}

}  // namespace wh::sim
