#include "real/net/socket_receiver.hpp"

#include <optional>

#include "real/net/host_addresses.hpp"
#include "transport/ports.hpp"

namespace wh::real {

namespace {

constexpr std::size_t batch = 32;
// Other work of the thread waits no longer than for these.
constexpr int batches_per_call = 8;
// Any datagram there can be. Pages that no datagram touches cost nothing.
constexpr std::size_t slot_bytes = 65536;

template <class T>
std::optional<T> control_value(const msghdr& m, int level, int type) {
  auto* head = const_cast<msghdr*>(&m);
  for (cmsghdr* c = CMSG_FIRSTHDR(head); c != nullptr; c = CMSG_NXTHDR(head, c)) {
    if (c->cmsg_level != level || c->cmsg_type != type || c->cmsg_len < CMSG_LEN(sizeof(T)))
      continue;
    T value;
    std::memcpy(&value, CMSG_DATA(c), sizeof value);
    return value;
  }
  return std::nullopt;
}

/// The payload behind a UDP header, which names the source's port; empty when the lengths disagree.
struct udp_content {
  std::uint16_t from_port, to_port;
  byte_view payload;
};
std::optional<udp_content> take_apart(byte_view datagram) {
  if (datagram.size() < 8) return std::nullopt;
  const std::size_t length = load_be<std::uint16_t>(datagram.data() + 4);
  if (length < 8 || length > datagram.size()) return std::nullopt;
  return udp_content{load_be<std::uint16_t>(datagram.data()),
                     load_be<std::uint16_t>(datagram.data() + 2), datagram.subspan(8, length - 8)};
}

}  // namespace

socket_receiver::socket_receiver(socket_kind k, std::uint16_t port, descriptor v4, descriptor v6)
    : kind_(k),
      port_(port),
      v4_(std::move(v4)),
      v6_(std::move(v6)),
      slots_(batch),
      messages_(batch),
      room_(new std::uint8_t[batch * slot_bytes]) {
  for (std::size_t i = 0; i < batch; ++i) {
    slot& s = slots_[i];
    s.part = {room_.get() + i * slot_bytes, slot_bytes};
    messages_[i].msg_hdr.msg_name = &s.from.storage;
    messages_[i].msg_hdr.msg_iov = &s.part;
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_control = s.control;
  }
}

std::vector<int> socket_receiver::descriptors() const {
  std::vector<int> r;
  for (const descriptor* d : {&v4_, &v6_})
    if (*d) r.push_back(d->get());
  return r;
}

void socket_receiver::readable(int fd, time_point now, const receiver_context& c) {
  const family f = fd == v4_.get() ? family::v4 : family::v6;
  for (int round = 0; round < batches_per_call; ++round) {
    for (mmsghdr& m : messages_) {
      m.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
      m.msg_hdr.msg_controllen = sizeof(slot::control);
    }
    const int n = ::recvmmsg(fd, messages_.data(), batch, MSG_DONTWAIT, nullptr);
    // What the network reports for earlier datagrams (ECONNREFUSED and the like) comes here too;
    // the protocols above have timeouts for that.
    if (n <= 0) return;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i)
      take(f, messages_[i].msg_hdr, messages_[i].msg_len, now, c);
    if (static_cast<std::size_t>(n) < batch) return;
  }
}

void socket_receiver::take(family f, const msghdr& m, std::size_t length, time_point now,
                           const receiver_context& c) {
  if (const auto lost = control_value<std::uint32_t>(m, SOL_SOCKET, SO_RXQ_OVFL)) {
    // The kernel's count goes on for ever and round.
    std::uint32_t& before = f == family::v4 ? overflowed_v4_ : overflowed_v6_;
    c.stats.overflowed += *lost - before;
    before = *lost;
  }
  const auto refuse = [&](refusal r) { c.stats.refuse(r); };
  auto from = from_socket_address(static_cast<const sockaddr*>(m.msg_name));
  if (!from || (m.msg_flags & MSG_TRUNC) != 0) return refuse(refusal::malformed);
  byte_view payload{static_cast<const std::uint8_t*>(m.msg_iov->iov_base), length};
  ip_address to;
  unsigned interface = 0;
  bool group = false;
  if (f == family::v4) {
    const auto info = control_value<in_pktinfo>(m, IPPROTO_IP, IP_PKTINFO);
    if (!info) return refuse(refusal::malformed);
    to = from_in_addr(info->ipi_addr);
    interface = static_cast<unsigned>(info->ipi_ifindex);
    group = info->ipi_addr.s_addr != info->ipi_spec_dst.s_addr;
  } else {
    const auto info = control_value<in6_pktinfo>(m, IPPROTO_IPV6, IPV6_PKTINFO);
    if (!info) return refuse(refusal::malformed);
    to = from_in6_addr(info->ipi6_addr);
    interface = info->ipi6_ifindex;
    group = to.raw()[0] == 0xff;
  }
  if (kind_ == socket_kind::raw) {
    if (f == family::v4) {
      const std::size_t header = payload.empty() ? 0 : std::size_t{payload[0] & 0xfU} * 4;
      if (header < 20 || header > payload.size()) return refuse(refusal::malformed);
      payload = payload.subspan(header);
    }
    const auto udp = take_apart(payload);
    if (!udp) return refuse(refusal::malformed);
    if (udp->to_port != port_) return refuse(refusal::not_ours);
    from = endpoint{from->address, udp->from_port};
    payload = udp->payload;
  }
  if (!is_ours(payload)) return refuse(refusal::not_ours);
  if (group) return refuse(refusal::elsewhere);
  if (c.host.is_tunnel(interface)) return refuse(refusal::tunnel);
  if (from->port() == 0 || is_link_local_v6(from->address)) return refuse(refusal::no_answer);
  ++c.stats.received;
  c.stats.received_bytes += payload.size();
  c.deliver({*from, {to, port_}, now, payload});
}

}  // namespace wh::real
