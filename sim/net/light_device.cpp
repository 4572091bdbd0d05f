#include "sim/net/light_device.hpp"

#include <ns3/channel.h>
#include <ns3/mac48-address.h>

namespace wh::sim {

namespace {

constexpr std::uint16_t ethertype_ipv4 = 0x0800;

}  // namespace

ns3::TypeId light_device::GetTypeId() {
  static const ns3::TypeId id = ns3::TypeId("wh::sim::light_device")
                                    .SetParent<ns3::NetDevice>()
                                    .AddConstructor<light_device>();
  return id;
}

void light_device::receive(const ns3::Ptr<ns3::Packet>& p) {
  static const ns3::Address from = ns3::Mac48Address("02:00:00:00:00:02");
  to_node_(this, p, ethertype_ipv4, from);
}

bool light_device::Send(ns3::Ptr<ns3::Packet> p, const ns3::Address&, std::uint16_t protocol) {
  if (protocol != ethertype_ipv4 || !sink_) return false;
  sink_(p);
  return true;
}

bool light_device::SendFrom(ns3::Ptr<ns3::Packet> p, const ns3::Address&, const ns3::Address& to,
                            std::uint16_t protocol) {
  return Send(p, to, protocol);
}

ns3::Ptr<ns3::Channel> light_device::GetChannel() const { return nullptr; }

ns3::Address light_device::GetAddress() const {
  static const ns3::Address own = ns3::Mac48Address("02:00:00:00:00:01");
  return own;
}

bool light_device::SetMtu(std::uint16_t m) {
  mtu_ = m;
  return true;
}

}  // namespace wh::sim
