#include "real/net/sender.hpp"

#include "real/net/checksum.hpp"
#include "transport/check.hpp"

namespace wh::real {

namespace {

constexpr std::size_t batch = 64;
// 65535 less the headers of IPv4 and UDP; IPv6 could take 20 more, which nobody needs.
constexpr std::size_t payload_max = 65507;

template <class T>
void put_control(msghdr& m, int level, int type, const T& value) {
  // msg_controllen counts what is in use; the slot has room for the two kinds there are.
  auto* at = reinterpret_cast<std::uint8_t*>(m.msg_control) + m.msg_controllen;
  cmsghdr c{};
  c.cmsg_level = level;
  c.cmsg_type = type;
  c.cmsg_len = CMSG_LEN(sizeof value);
  std::memset(at, 0, CMSG_SPACE(sizeof value));
  std::memcpy(at, &c, sizeof c);
  std::memcpy(at + CMSG_LEN(0), &value, sizeof value);
  m.msg_controllen += CMSG_SPACE(sizeof value);
}

/// What a datagram's own source address may have caused: without it, it may still get out.
bool may_be_the_source(int error) {
  return error == EINVAL || error == ENETUNREACH || error == EADDRNOTAVAIL || error == EHOSTUNREACH;
}

}  // namespace

sender::sender(descriptor socket, family f, std::optional<std::uint16_t> raw_port)
    : socket_(std::move(socket)),
      family_(f),
      raw_port_(raw_port),
      slots_(batch),
      messages_(batch) {}

void sender::add(const endpoint& to, bytes payload, ttl limit) {
  WH_CHECK(!full());
  slot& s = slots_[used_++];
  s.to = to;
  s.payload = std::move(payload);
  s.limit = limit;
}

void sender::prepare(std::size_t i, const std::optional<ip_address>& source) {
  slot& s = slots_[i];
  msghdr& m = messages_[i].msg_hdr;
  m = {};
  // A raw IPv6 socket takes the port for a protocol number and refuses any but its own.
  s.where = to_socket_address(raw_port_ ? endpoint{s.to.address, 0} : s.to);
  m.msg_name = &s.where.storage;
  m.msg_namelen = s.where.length;
  m.msg_iov = s.parts;
  if (raw_port_) {
    store_be(s.header, *raw_port_);
    store_be(s.header + 2, s.to.port());
    store_be(s.header + 4, static_cast<std::uint16_t>(sizeof s.header + s.payload.size()));
    store_be(s.header + 6, std::uint16_t{0});
    // IPv6's is the kernel's work (IPV6_CHECKSUM); IPv4 allows none, where the source is unknown.
    if (family_ == family::v4 && source)
      store_be(s.header + 6, udp_checksum_v4(*source, s.to.address, s.header, s.payload));
    s.parts[m.msg_iovlen++] = {s.header, sizeof s.header};
  }
  s.parts[m.msg_iovlen++] = {s.payload.data(), s.payload.size()};
  m.msg_control = s.control;
  if (s.limit != ttl::host_default) {
    const int hops = static_cast<int>(s.limit);
    if (family_ == family::v4)
      put_control(m, IPPROTO_IP, IP_TTL, hops);
    else
      put_control(m, IPPROTO_IPV6, IPV6_HOPLIMIT, hops);
  }
  if (source && family_ == family::v4) {
    in_pktinfo info{};
    info.ipi_spec_dst = to_in_addr(*source);
    put_control(m, IPPROTO_IP, IP_PKTINFO, info);
  } else if (source) {
    in6_pktinfo info{};
    info.ipi6_addr = to_in6_addr(*source);
    put_control(m, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  if (m.msg_controllen == 0) m.msg_control = nullptr;
}

void sender::flush(time_point now, source_table& sources, port_stats& stats) {
  std::size_t fit = 0;
  for (std::size_t i = 0; i < used_; ++i) {
    if (slots_[i].payload.size() > payload_max) {
      stats.send_error(EMSGSIZE);
      continue;
    }
    if (fit != i) std::swap(slots_[fit], slots_[i]);
    ++fit;
  }
  for (std::size_t i = 0; i < fit; ++i) prepare(i, sources.find(slots_[i].to.address, now));
  bool second_try = false;
  for (std::size_t done = 0; done < fit;) {
    const int n = ::sendmmsg(socket_.get(), messages_.data() + done,
                             static_cast<unsigned>(fit - done), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      for (int k = 0; k < n; ++k) {
        ++stats.sent;
        stats.sent_bytes += slots_[done++].payload.size();
      }
      second_try = false;
      continue;
    }
    if (errno == EINTR) continue;
    if (may_be_the_source(errno) && !second_try) {
      sources.forget(slots_[done].to.address);
      prepare(done, std::nullopt);
      second_try = true;
      continue;
    }
    stats.send_error(errno);
    second_try = false;
    ++done;
  }
  for (std::size_t i = 0; i < used_; ++i) slots_[i].payload = {};
  used_ = 0;
}

}  // namespace wh::real
