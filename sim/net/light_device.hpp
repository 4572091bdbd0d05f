#pragma once

#include <ns3/net-device.h>
#include <ns3/node.h>
#include <ns3/packet.h>

#include <cstdint>
#include <functional>

namespace wh::sim {

/// An ns-3 device that hands the IPv4 packets of its node to a function, and gives the node what it
/// is told to. No link layer, no queue, no address resolution: what is behind it models all that.
class light_device final : public ns3::NetDevice {
 public:
  using sink = std::function<void(ns3::Ptr<ns3::Packet>)>;

  static ns3::TypeId GetTypeId();

  void set_sink(sink s) { sink_ = std::move(s); }
  /// Breaks the tie to whatever the sink reaches.
  void unplug() { sink_ = nullptr; }
  /// Gives the node a packet, as if it had just come in.
  void receive(const ns3::Ptr<ns3::Packet>& p);

  bool Send(ns3::Ptr<ns3::Packet> p, const ns3::Address& to, std::uint16_t protocol) override;
  bool SendFrom(ns3::Ptr<ns3::Packet> p, const ns3::Address& from, const ns3::Address& to,
                std::uint16_t protocol) override;
  void SetIfIndex(std::uint32_t i) override { index_ = i; }
  std::uint32_t GetIfIndex() const override { return index_; }
  ns3::Ptr<ns3::Channel> GetChannel() const override;
  void SetAddress(ns3::Address) override {}
  ns3::Address GetAddress() const override;
  bool SetMtu(std::uint16_t m) override;
  std::uint16_t GetMtu() const override { return mtu_; }
  bool IsLinkUp() const override { return true; }
  void AddLinkChangeCallback(ns3::Callback<void>) override {}
  bool IsBroadcast() const override { return false; }
  ns3::Address GetBroadcast() const override { return GetAddress(); }
  bool IsMulticast() const override { return false; }
  ns3::Address GetMulticast(ns3::Ipv4Address) const override { return GetAddress(); }
  ns3::Address GetMulticast(ns3::Ipv6Address) const override { return GetAddress(); }
  bool IsBridge() const override { return false; }
  bool IsPointToPoint() const override { return true; }
  ns3::Ptr<ns3::Node> GetNode() const override { return node_; }
  void SetNode(ns3::Ptr<ns3::Node> n) override { node_ = ns3::PeekPointer(n); }
  bool NeedsArp() const override { return false; }
  void SetReceiveCallback(ReceiveCallback c) override { to_node_ = c; }
  void SetPromiscReceiveCallback(PromiscReceiveCallback) override {}
  bool SupportsSendFrom() const override { return false; }

 private:
  sink sink_;
  ReceiveCallback to_node_;
  // Not counted: the node counts the device.
  ns3::Node* node_ = nullptr;
  std::uint32_t index_ = 0;
  std::uint16_t mtu_ = 1500;
};

}  // namespace wh::sim
