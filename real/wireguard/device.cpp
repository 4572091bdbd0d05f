#include "real/wireguard/device.hpp"

#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace wh::real {

namespace {

// A deleted interface is made again, but whoever deletes it all the time wins.
constexpr duration look_after = 5s;

bool valid_interface(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ || name == "." || name == "..") return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

/// As WireGuard keeps them: masked; and in one order, to be compared.
std::vector<allowed_ip> canonical(std::vector<allowed_ip> list) {
  for (allowed_ip& a : list) a.address = a.address.prefix(a.prefix_bits);
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

/// Whether somebody has the port: an address is taken for both families, as WireGuard does.
bool port_taken(std::uint16_t port) {
  for (const int family : {AF_INET, AF_INET6}) {
    const int fd = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;  // a machine without IPv6
    const int on = 1;
    int result;
    if (family == AF_INET) {
      sockaddr_in a{};
      a.sin_family = AF_INET;
      a.sin_port = htons(port);
      result = ::bind(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a);
    } else {
      ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
      sockaddr_in6 a{};
      a.sin6_family = AF_INET6;
      a.sin6_port = htons(port);
      result = ::bind(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a);
    }
    const int e = errno;
    ::close(fd);
    if (result != 0 && e == EADDRINUSE) return true;
  }
  return false;
}

std::int64_t wall_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return std::int64_t{t.tv_sec} * 1000000000 + t.tv_nsec;
}

}  // namespace

expected<std::unique_ptr<device>, std::string> device::open(reactor& r, device_config c) {
  if (!valid_interface(c.interface))
    return unexpected("\"" + c.interface +
                      "\" cannot be an interface's name: up to 15 letters, digits, _ - and .");
  if (c.port == 0) return unexpected(std::string("WireGuard needs a port of its own, not 0"));
  auto wire = open_netlink(NETLINK_ROUTE);
  if (!wire) return unexpected("the kernel's netlink cannot be opened: " + wire.error().text());
  std::unique_ptr<device> d{new device(r, std::move(c), links{std::move(*wire)})};
  const auto bad = [&](const std::string& what) {
    return unexpected("interface " + d->config_.interface + ": " + what);
  };
  if (auto e = d->choose(); !e) return bad(e.error());
  if (auto e = d->set_up(); !e) return bad(e.error());
  return d;
}

expected<void, std::string> device::choose() {
  const auto link = links_.find(config_.interface);
  if (!link) return unexpected("cannot be looked for: " + link.error().text());
  const backend_options o{config_.interface, config_.wireguard_go,
                          [this](std::string line) { config_.report(std::move(line)); }};
  const bool there = link->has_value();
  const std::string kind = there ? (*link)->kind : "";
  const auto not_ours = [&] {
    return unexpected(
        "is there already and is not ours; choose another name, or remove it: ip link "
        "del " +
        config_.interface);
  };
  if (there && kind != "wireguard" && kind != "tun") return not_ours();
  if (!there && port_taken(config_.port))
    return unexpected("UDP port " + std::to_string(config_.port) +
                      " is in use by another program or WireGuard interface; choose another "
                      "listen-port");
  std::string why_userspace = "wireguard-go, as asked for";
  bool kernel = there ? kind == "wireguard" : config_.choice != device_choice::userspace;
  expected<opened, no_device> got = unexpected(no_device{});
  if (kernel) {
    got = open_kernel(links_, o);
    if (!got && got.error().missing && config_.choice == device_choice::automatic) {
      why_userspace = "wireguard-go, since " + got.error().text;
      kernel = false;
    }
  }
  if (!kernel) {
    const std::string before = got ? "" : got.error().text;
    got = open_userspace(reactor_, links_, o);
    if (!got && !before.empty()) got.error().text = before + ", and " + got.error().text;
  }
  if (!got) return unexpected(got.error().text);
  if (got->adopted && (*link)->alias != link_mark) {
    // One killed before it could set the mark leaves an interface that nobody has given anything.
    const auto state = got->it->read();
    if (!state || state->secret || !state->peers.empty()) return not_ours();
  }
  const auto unwanted = kernel ? device_choice::userspace : device_choice::kernel;
  if (got->adopted && config_.choice == unwanted) {
    got->it->destroy();
    got->it.reset();
    return choose();
  }
  backend_ = std::move(got->it);
  backend_->renewed = [this] { make_anew(); };
  adopted_ = got->adopted;
  why_ = kernel ? "the kernel's" : there ? "wireguard-go, which is there already" : why_userspace;
  return {};
}

expected<void, std::string> device::set_up() {
  auto t = tunnels::open(reactor_, config_.port, [this](const public_key& k, bytes datagram) {
    config_.tunnelled(k, std::move(datagram));
  });
  if (!t) return unexpected(t.error());
  tunnels_ = std::move(*t);
  reactor_.on_idle([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) tunnels_->flush();
  });
  if (auto done = configure(!adopted_); !done) return done;
  look_again();
  return {};
}

/// The interface as it is to be. Not from scratch: peers that are there and are members stay.
expected<void, std::string> device::configure(bool from_scratch) {
  const auto link = links_.find(config_.interface);
  if (!link || !*link) return unexpected(std::string("went away"));
  index_ = (*link)->index;
  const auto step = [](const char* what, const expected<void, kernel_error>& r) -> std::string {
    if (r) return {};
    const kernel_error& e = r.error();
    std::string hint;
    if (e.code == EPERM) hint = "; run as root, or with CAP_NET_ADMIN";
    if (e.code == EADDRINUSE)
      hint = "; another program or interface has it: choose another listen-port";
    return std::string(what) + ": " + e.text() + hint;
  };
  std::string problem = step("its mark cannot be set", links_.set(index_, {.alias = link_mark}));
  device_change c;
  if (from_scratch) {
    c.secret = config_.secret;
    c.port = config_.port;
    c.replace_peers = true;
    for (const auto& [k, p] : peers_)
      if (p.wanted) c.peers.push_back({k, false, p.where, p.keepalive, p.allowed});
  } else if (problem.empty()) {
    auto state = backend_->read();
    if (!state) return unexpected("cannot be read: " + state.error().text());
    if (state->secret != config_.secret) c.secret = config_.secret;
    if (state->port != config_.port) {
      if (port_taken(config_.port))
        return unexpected("UDP port " + std::to_string(config_.port) +
                          " is in use; choose another listen-port");
      c.port = config_.port;
    }
    std::sort(config_.members.begin(), config_.members.end());
    for (peer_state& p : state->peers) {
      if (std::binary_search(config_.members.begin(), config_.members.end(), p.key)) {
        peers_[p.key] = {canonical(std::move(p.allowed)), std::chrono::seconds{p.keepalive_s},
                         p.where, false};
        continue;
      }
      c.peers.push_back({.key = p.key, .remove = true});
      for (const allowed_ip& a : p.allowed)
        if (!own_network(a)) (void)links_.remove_route(index_, a);
    }
  }
  if (problem.empty() && (*link)->mtu != config_.mtu)
    problem = step("its MTU cannot be set", links_.set(index_, {.mtu = config_.mtu}));
  if (problem.empty())
    problem = step("its addresses cannot be set", links_.set_addresses(index_, config_.addresses));
  if (problem.empty()) problem = step("WireGuard cannot be set up", backend_->apply(c));
  if (c.secret) wipe(c.secret->value);
  if (problem.empty()) problem = step("cannot be brought up", links_.set(index_, {.up = true}));
  if (!problem.empty()) return unexpected(problem);
  routes_.clear();
  for (const auto& [prefix, peers] : routed_) add_route(prefix);
  return {};
}

void device::make_anew() {
  if (auto done = configure(true); !done)
    config_.report("interface " + config_.interface + ": " + done.error());
  else
    config_.report("interface " + config_.interface + " is made anew, with " +
                   std::to_string(peers_.size()) + " peers");
}

/// Whether the kernel's interface is still there: somebody may have deleted it. wireguard-go ends
/// by itself then.
void device::look_again() {
  reactor_.at(reactor_.now() + look_after, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    if (const auto link = links_.find(config_.interface); link && !*link && backend_->remake())
      make_anew();
    look_again();
  });
}

device::~device() {
  alive_.reset();
  if (backend_ && !stays_) backend_->destroy();
  wipe(config_.secret.value);
}

void device::set_peer(const wireguard_peer& wanted) {
  auto [at, fresh] = peers_.try_emplace(wanted.key);
  peer& p = at->second;
  auto allowed = canonical(wanted.allowed);
  peer_change c{.key = wanted.key};
  if (fresh || p.keepalive != wanted.keepalive) c.keepalive = wanted.keepalive;
  if (fresh || p.allowed != allowed) c.allowed = allowed;
  // Said again where nothing differs: WireGuard may have roamed.
  c.where = wanted.where;
  const peer before = std::exchange(
      p, {std::move(allowed), wanted.keepalive, wanted.where ? wanted.where : p.where, true});
  const bool routes_change = c.allowed || !before.wanted;
  if (c.keepalive || c.allowed || c.where) apply({.peers = {std::move(c)}});
  if (!routes_change) return;
  // The new ones first: a prefix that stays is not without its route for a moment.
  for (const allowed_ip& a : p.allowed)
    if (++routed_[a] == 1) add_route(a);
  if (before.wanted) drop_routes(before.allowed);
}

void device::remove_peer(const public_key& k) {
  const auto at = peers_.find(k);
  if (at == peers_.end()) return;
  const peer before = std::move(at->second);
  peers_.erase(at);
  apply({.peers = {{.key = k, .remove = true}}});
  if (before.wanted) drop_routes(before.allowed);
}

void device::apply(const device_change& c) {
  const auto done = backend_->apply(c);
  if (done)
    troubles_.erase("set");
  else
    complain("set", "a peer cannot be set: " + done.error().text());
}

/// The kernel has a route to the interface's own networks.
bool device::own_network(const allowed_ip& a) const {
  return std::any_of(config_.addresses.begin(), config_.addresses.end(), [&](const auto& own) {
    return own.address.is_v4() == a.address.is_v4() && own.prefix_bits <= a.prefix_bits &&
           own.address.prefix(own.prefix_bits) == a.address.prefix(own.prefix_bits);
  });
}

void device::add_route(const allowed_ip& a) {
  if (own_network(a)) return;
  if (a.prefix_bits == 0)
    return complain("default", "a default route through a peer is not set up; add it by hand");
  const auto r = links_.add_route(index_, a);
  const bool left_by_us = !r && r.error().code == EEXIST && adopted_;
  if (r || left_by_us)
    routes_.insert(a);
  else
    complain("route", "no route to " + a.address.to_string() + "/" + std::to_string(a.prefix_bits) +
                          ": " + r.error().text() +
                          (r.error().code == EEXIST ? "; another interface has it" : ""));
}

void device::drop_routes(const std::vector<allowed_ip>& list) {
  for (const allowed_ip& a : list) {
    if (--routed_[a] > 0) continue;
    routed_.erase(a);
    if (routes_.erase(a) > 0) (void)links_.remove_route(index_, a);
  }
}

std::vector<wireguard_peer_status> device::status() const {
  if (!backend_->running()) return {};
  auto state = backend_->read();
  if (!state) {
    complain("read", "cannot be read: " + state.error().text());
    return {};
  }
  troubles_.erase("read");
  if (state->secret) wipe(state->secret->value);
  std::vector<wireguard_peer_status> out;
  const time_point now = reactor_.now();
  const std::int64_t wall = wall_ns();
  for (const peer_state& p : state->peers) {
    wireguard_peer_status s{p.key, p.where, std::nullopt, p.received_bytes, p.sent_bytes};
    // By its age: our clock never goes back, and the wall's may.
    if (p.handshake_ns > 0)
      s.last_handshake =
          now - std::chrono::nanoseconds{std::max<std::int64_t>(wall - p.handshake_ns, 0)};
    out.push_back(s);
  }
  return out;
}

void device::complain(const std::string& about, const std::string& problem) const {
  std::string& told = troubles_[about];
  if (told == problem) return;
  told = problem;
  config_.report("interface " + config_.interface + ": " + problem);
}

}  // namespace wh::real
