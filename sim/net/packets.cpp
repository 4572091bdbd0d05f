#include <ns3/arp-l3-protocol.h>
#include <ns3/boolean.h>
#include <ns3/global-value.h>
#include <ns3/icmpv4-l4-protocol.h>
#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-interface-address.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-static-routing.h>
#include <ns3/node.h>
#include <ns3/packet.h>
#include <ns3/socket.h>
#include <ns3/traffic-control-layer.h>
#include <ns3/udp-l4-protocol.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sim/net/light_device.hpp"
#include "sim/net/network.hpp"
#include "sim/net/pcap_writer.hpp"
#include "sim/runtime/simulation.hpp"
#include "transport/check.hpp"

namespace wh::sim {

namespace {

ns3::Ipv4Address to_ns3(const ip_address& a) { return ns3::Ipv4Address(a.v4_value()); }

class packets final : public network {
 public:
  packets(simulation& s, path_options options, seed root, trace* t)
      : network(s, std::move(options), root, t) {
    // So that a wrong rewrite shows: the receiving stack verifies.
    ns3::GlobalValue::Bind("ChecksumEnabled", ns3::BooleanValue(true));
  }
  ~packets() override {
    // The simulator may hold the nodes for longer than we live.
    for (stack& s : stacks_) {
      s.device->unplug();
      s.socket->SetRecvCallback(ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>());
    }
  }

  host_id add_host(const host_spec& spec, receiver* r) override {
    refuse_ipv6(spec.address);
    if (spec.other) refuse_ipv6(spec.other->address);
    const host_id h = network::add_host(spec, r);
    stacks_.push_back(make_stack(h, spec));
    return h;
  }

  void move(host_id h, const attachment& to) override {
    refuse_ipv6(to.address);
    network::move(h, to);
    const stack& s = stacks_[h.value];
    s.ip->RemoveAddress(s.interface, 0);
    s.ip->AddAddress(s.interface, host_address(to.address));
  }

 private:
  struct stack {
    ns3::Ptr<ns3::Node> node;
    ns3::Ptr<light_device> device;
    ns3::Ptr<ns3::Ipv4L3Protocol> ip;
    ns3::Ptr<ns3::Socket> socket;
    std::uint32_t interface = 0;
  };
  class arrival_event;
  class hand_over_event;

  void refuse_ipv6(const ip_address& a) const {
    if (!a.is_v4())
      throw std::invalid_argument{"the \"packets\" level carries IPv4 only, and host " +
                                  std::to_string(hosts()) + " is to have " + a.to_string() +
                                  "; use detail = \"cloud\""};
  }
  static ns3::Ipv4InterfaceAddress host_address(const ip_address& a) {
    return {to_ns3(a), ns3::Ipv4Mask::GetOnes()};
  }

  stack make_stack(host_id h, const host_spec& spec);
  void emit(host_id from, const nat::packet& p, bytes payload) override;
  void leaves(host_id from, const ns3::Ptr<ns3::Packet>& p);
  void start(const fabric::flight& f, duration delay, bytes packet);
  void arrived(const fabric::flight& f, bytes packet);
  void hand_over(host_id h, const nat::packet& p, bytes packet);
  void read(host_id h, const ns3::Ptr<ns3::Socket>& socket);

  std::vector<stack> stacks_;
  // The packet that the receiving stack is working on: sockets do not tell its TTL.
  nat::packet handed_over_;
};

/// The least that ns-3's UDP runs on, in the order in which the parts look for each other. Without
/// ARP and traffic control it dereferences null, though neither has anything to do here.
packets::stack packets::make_stack(host_id h, const host_spec& spec) {
  stack s;
  s.node = ns3::CreateObject<ns3::Node>();
  s.node->AggregateObject(ns3::CreateObject<ns3::ArpL3Protocol>());
  s.ip = ns3::CreateObject<ns3::Ipv4L3Protocol>();
  s.node->AggregateObject(s.ip);
  s.node->AggregateObject(ns3::CreateObject<ns3::Icmpv4L4Protocol>());
  const auto routing = ns3::CreateObject<ns3::Ipv4StaticRouting>();
  s.ip->SetRoutingProtocol(routing);
  s.node->AggregateObject(ns3::CreateObject<ns3::TrafficControlLayer>());
  const auto udp = ns3::CreateObject<ns3::UdpL4Protocol>();
  s.node->AggregateObject(udp);

  s.device = ns3::CreateObject<light_device>();
  // Never the stack's to fragment: what does not fit has been dropped before.
  s.device->SetMtu(65535);
  s.node->AddDevice(s.device);
  s.device->set_sink([this, h](const ns3::Ptr<ns3::Packet>& p) { leaves(h, p); });
  s.interface = s.ip->AddInterface(s.device);
  s.ip->AddAddress(s.interface, host_address(spec.address));
  s.ip->SetUp(s.interface);
  routing->SetDefaultRoute(ns3::Ipv4Address::GetAny(), s.interface);

  s.socket = udp->CreateSocket();
  WH_CHECK(s.socket->Bind(ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), spec.port)) == 0);
  s.socket->SetRecvCallback(ns3::Callback<void, ns3::Ptr<ns3::Socket>>(
      [this, h](const ns3::Ptr<ns3::Socket>& socket) { read(h, socket); }));
  return s;
}

class packets::arrival_event final : public event {
 public:
  arrival_event(packets& n, const fabric::flight& f, bytes packet)
      : event(n.simulation_.scheduler()), net_(n), flight_(f), packet_(std::move(packet)) {}

 private:
  void run() override { net_.arrived(flight_, std::move(packet_)); }
  packets& net_;
  fabric::flight flight_;
  bytes packet_;
};

class packets::hand_over_event final : public event {
 public:
  hand_over_event(packets& n, host_id h, const nat::packet& p, bytes packet)
      : event(n.simulation_.scheduler()),
        net_(n),
        host_(h),
        header_(p),
        packet_(std::move(packet)) {}

 private:
  void run() override { net_.hand_over(host_, header_, std::move(packet_)); }
  packets& net_;
  host_id host_;
  nat::packet header_;
  bytes packet_;
};

void packets::emit(host_id from, const nat::packet& p, bytes payload) {
  const stack& s = stacks_[from.value];
  s.socket->SetIpTtl(p.ttl);
  const auto packet =
      ns3::Create<ns3::Packet>(payload.data(), static_cast<std::uint32_t>(payload.size()));
  const int sent =
      s.socket->SendTo(packet, 0, ns3::InetSocketAddress(to_ns3(p.dst.address), p.dst.port()));
  WH_CHECK(sent == static_cast<int>(payload.size()));
}

/// A packet comes out of a host's stack.
void packets::leaves(host_id from, const ns3::Ptr<ns3::Packet>& p) {
  bytes raw(p->GetSize());
  p->CopyData(raw.data(), static_cast<std::uint32_t>(raw.size()));
  if (raw.size() < 28 || raw[0] != 0x45 || raw[9] != 17) {
    ++fabric_.stats().icmp;
    return;
  }
  tap(tap_point::host, from, raw);
  nat::packet header;
  header.src = {ip_address::v4(load_be<std::uint32_t>(raw.data() + 12)),
                load_be<std::uint16_t>(raw.data() + 20)};
  header.dst = {ip_address::v4(load_be<std::uint32_t>(raw.data() + 16)),
                load_be<std::uint16_t>(raw.data() + 22)};
  header.ttl = raw[8];
  header.size = raw.size();
  const fabric::departure d = fabric_.depart(from, header, simulation_.now());
  if (d.why != drop::none) {
    dropped(from, d.first.packet, d.why, d.nat);
    return;
  }
  rewrite_ipv4(raw, d.first.packet);
  if (d.first.across_internet()) tap(tap_point::internet, from, raw);
  if (d.copy_delay) {
    ++fabric_.stats().duplicated;
    fabric::flight copy = d.first;
    ++copy.chance;  // what becomes of one is not what becomes of the other
    start(copy, *d.copy_delay, raw);
  }
  start(d.first, d.first.delay, std::move(raw));
}

void packets::start(const fabric::flight& f, duration delay, bytes packet) {
  simulation_.schedule(simulation_.now() + delay, new arrival_event{*this, f, std::move(packet)});
}

void packets::arrived(const fabric::flight& f, bytes packet) {
  const fabric::arrival a = fabric_.arrive(f, simulation_.now());
  if (a.why != drop::none) {
    dropped(a.host, a.packet, a.why, a.nat);
    return;
  }
  rewrite_ipv4(packet, a.packet);
  if (a.hold_back > duration{}) {
    simulation_.schedule(simulation_.now() + a.hold_back,
                         new hand_over_event{*this, a.host, a.packet, std::move(packet)});
  } else {
    hand_over(a.host, a.packet, std::move(packet));
  }
}

void packets::hand_over(host_id h, const nat::packet& p, bytes packet) {
  tap(tap_point::host, h, packet);
  // Had it moved on while its line held the packet back, the stack would answer with ICMP.
  if (fabric_.local(h, true) != p.dst) {
    dropped(h, p, drop::no_route, nat::drop_reason::none);
    return;
  }
  handed_over_ = p;
  stacks_[h.value].device->receive(
      ns3::Create<ns3::Packet>(packet.data(), static_cast<std::uint32_t>(packet.size())));
}

void packets::read(host_id h, const ns3::Ptr<ns3::Socket>& socket) {
  ns3::Address from;
  while (const ns3::Ptr<ns3::Packet> p = socket->RecvFrom(from)) {
    const auto source = ns3::InetSocketAddress::ConvertFrom(from);
    bytes payload(p->GetSize());
    p->CopyData(payload.data(), static_cast<std::uint32_t>(payload.size()));
    nat::packet header = handed_over_;
    header.src = {ip_address::v4(source.GetIpv4().Get()), source.GetPort()};
    deliver(h, header, std::move(payload));
  }
}

}  // namespace

std::unique_ptr<network> make_packets(simulation& s, path_options options, seed root, trace* t) {
  return std::make_unique<packets>(s, std::move(options), root, t);
}

}  // namespace wh::sim
