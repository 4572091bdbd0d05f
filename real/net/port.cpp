#include "real/net/port.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "real/net/pcap_receiver.hpp"
#include "real/net/socket.hpp"
#include "real/net/socket_receiver.hpp"

namespace wh::real {

namespace {

std::vector<std::string> tunnels_of(const port_options& o) {
  return o.wireguard.empty() ? std::vector<std::string>{} : std::vector<std::string>{o.wireguard};
}

}  // namespace

std::optional<capture> parse_capture(std::string_view word) {
  for (const capture c : {capture::pcap, capture::raw, capture::nft})
    if (word == to_string(c)) return c;
  return std::nullopt;
}

std::string_view to_string(capture c) {
  constexpr std::array<std::string_view, 3> names{"pcap", "raw", "nft"};
  return names[static_cast<std::size_t>(c)];
}

host_port::host_port(const port_options& o, on_arrival deliver,
                     std::function<void()> addresses_changed)
    : port_(o.port),
      host_(tunnels_of(o)),
      sources_(o.mark),
      deliver_(std::move(deliver)),
      addresses_changed_(std::move(addresses_changed)) {
  if (o.wireguard.empty())
    bind_plain(o);
  else
    bind_shared(o);
}

host_port::~host_port() = default;

void host_port::bind_plain(const port_options& o) {
  udp_pair sockets = udp_sockets(o.port, o.mark);
  port_ = sockets.port;
  binding_ = sockets.v6 ? "a UDP socket: no WireGuard interface shares the port"
                        : "a UDP socket, IPv4 only: this host has no IPv6";
  send_by(sockets);
  receiver_ = std::make_unique<socket_receiver>(socket_kind::udp, port_, std::move(sockets.v4),
                                                std::move(sockets.v6));
}

void host_port::bind_shared(const port_options& o) {
  if (o.port == 0) throw std::invalid_argument("a port shared with WireGuard has a number");
  claim_ = claim_port(o.port);
  if (o.how) {
    try {
      if (*o.how == capture::raw)
        bind_raw(o);
      else if (*o.how == capture::pcap)
        bind_pcap(o);
      else
        bind_nft(o);
    } catch (const std::system_error&) {
      throw;
    } catch (const std::runtime_error& e) {
      // libpcap and nft have words, but no error numbers.
      fail(e.what(), EOPNOTSUPP);
    }
    binding_ += ", as asked for";
    return;
  }
  // Beside the kernel's WireGuard raw sockets: they need no rules in the host's tables. Beside one
  // in userspace nftables: that one would be woken for each of our datagrams, and newer ones have
  // the kernel merge datagrams on arrival (UDP_GRO), which raw sockets and captures then get as
  // one. Nothing but a firewall in the way speaks for pcap.
  const bool userspace = is_userspace_wireguard(o.wireguard);
  std::string missing;
  const auto attempt = [&](void (host_port::*bind)(const port_options&), const char* why) {
    try {
      (this->*bind)(o);
      binding_ += why + missing;
      return true;
    } catch (const std::runtime_error& e) {
      missing += std::string("; not otherwise: ") + e.what();
      return false;
    }
  };
  if (userspace) {
    if (attempt(&host_port::bind_nft, ", for a WireGuard in userspace is not to get our datagrams"))
      return;
    if (attempt(&host_port::bind_raw, ", which a WireGuard in userspace gets too")) return;
  } else {
    if (attempt(&host_port::bind_raw, ", which need no rules in the host's tables")) return;
    if (attempt(&host_port::bind_nft, "")) return;
  }
  fail(
      "sharing WireGuard's port needs CAP_NET_RAW (raw sockets) or CAP_NET_ADMIN (nftables): run "
      "this as root, or give it one of them" +
          missing,
      EPERM);
}

void host_port::bind_raw(const port_options& o) {
  send_raw(o);
  receiver_ = std::make_unique<socket_receiver>(
      socket_kind::raw, o.port, raw_receiving_socket(family::v4, o.port),
      v6_ ? raw_receiving_socket(family::v6, o.port) : descriptor{});
  binding_ = "raw sockets";
}

void host_port::bind_pcap(const port_options& o) {
  send_raw(o);
  receiver_ = std::make_unique<pcap_receiver>(o.port, "any");
  binding_ = "libpcap, and raw sockets to send";
}

void host_port::bind_nft(const port_options& o) {
  udp_pair sockets = udp_sockets(0, o.mark);
  accept_redirected(sockets.v4, family::v4);
  if (sockets.v6) accept_redirected(sockets.v6, family::v6);
  table_ = std::make_unique<nft_table>(nft_table::ports{o.port, sockets.port}, o.wireguard);
  send_by(sockets);
  binding_ = "nftables, table " + nft_table_name(o.port) + ", and a UDP socket";
  receiver_ = std::make_unique<socket_receiver>(socket_kind::udp, o.port, std::move(sockets.v4),
                                                std::move(sockets.v6));
}

void host_port::send_raw(const port_options& o) {
  v4_.emplace(raw_sending_socket(family::v4, o.mark), family::v4, o.port);
  if (has_ipv6()) v6_.emplace(raw_sending_socket(family::v6, o.mark), family::v6, o.port);
}

void host_port::send_by(const udp_pair& sockets) {
  // A socket that receives sends as well: each side owns a descriptor of it.
  v4_.emplace(duplicate(sockets.v4), family::v4, std::nullopt);
  if (sockets.v6) v6_.emplace(duplicate(sockets.v6), family::v6, std::nullopt);
}

void host_port::send(const endpoint& to, bytes payload, ttl limit) {
  auto& way = to.address.is_v4() ? v4_ : v6_;
  if (to.port() == 0 || to.address.is_unspecified()) return stats_.send_error(EINVAL);
  if (!way) return stats_.send_error(EAFNOSUPPORT);
  // Nothing to oneself, as in a simulation: raw sockets would bring it back.
  if (to.port() == port_ && host_.owns(to.address)) return stats_.send_error(ELOOP);
  if (way->full()) way->flush(now_, sources_, stats_);
  way->add(to, std::move(payload), limit);
}

std::vector<endpoint> host_port::local_endpoints() const {
  std::vector<endpoint> r;
  for (const ip_address& a : host_.reachable())
    if (a.is_v4() || v6_) r.emplace_back(a, port_);
  return r;
}

std::vector<int> host_port::descriptors() const {
  std::vector<int> r = receiver_->descriptors();
  r.push_back(host_.fd());
  if (table_) r.push_back(table_->fd());
  return r;
}

void host_port::readable(int fd, time_point now) {
  now_ = std::max(now_, now);
  // Whatever it is that can be read: a datagram may be for an address that is new as well.
  const auto changed = host_.update();
  if (changed.sources) sources_.clear();
  if (changed.addresses && addresses_changed_) addresses_changed_();
  if (fd == host_.fd()) return;
  if (table_ && fd == table_->fd()) {
    if (table_->restore()) ++stats_.rules_restored;
    return;
  }
  const on_arrival deliver = [this](const arrival& a) {
    sources_.arrived(a.from.address, a.to.address, now_);
    deliver_(a);
  };
  receiver_->readable(fd, now_, {deliver, stats_, host_});
}

void host_port::flush(time_point now) {
  now_ = std::max(now_, now);
  for (auto* way : {&v4_, &v6_})
    if (*way && !(*way)->empty()) (*way)->flush(now_, sources_, stats_);
}

}  // namespace wh::real
