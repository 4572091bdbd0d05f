#include "real/net/source_table.hpp"

#include "real/net/address.hpp"

namespace wh::real {

namespace {

// Longer than the pauses of an exchange, shorter than anybody waits for a path to come back.
constexpr duration heard_for = 30s;
// Three system calls a second and remote address; a route that changed unseen is wrong no longer.
constexpr duration looked_up_for = 1s;

descriptor probe(family f, std::uint32_t mark) {
  descriptor d{::socket(domain(f), SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (d && mark != 0) ::setsockopt(d.get(), SOL_SOCKET, SO_MARK, &mark, sizeof mark);
  return d;
}

}  // namespace

source_table::source_table(std::uint32_t mark)
    : entries_(4096), probe_v4_(probe(family::v4, mark)), probe_v6_(probe(family::v6, mark)) {}

source_table::entry& source_table::place(const ip_address& remote) {
  std::uint64_t a, b;
  std::memcpy(&a, remote.raw().data(), 8);
  std::memcpy(&b, remote.raw().data() + 8, 8);
  const std::uint64_t h = (a ^ b * 0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93;
  return entries_[h >> 52];
}

std::optional<ip_address> source_table::find(const ip_address& remote, time_point now) {
  entry& e = place(remote);
  if (e.remote == remote && now < e.until) return e.local;
  const auto found = look_up(remote);
  if (found) e = {remote, *found, now + looked_up_for, false};
  return found;
}

void source_table::arrived(const ip_address& remote, const ip_address& local, time_point now) {
  entry& e = place(remote);
  if (e.remote == remote && e.local != local && e.heard && now < e.until) return;
  e = {remote, local, now + heard_for, true};
}

void source_table::forget(const ip_address& remote) {
  if (entry& e = place(remote); e.remote == remote) e = {};
}

void source_table::clear() { entries_.assign(entries_.size(), {}); }

std::optional<ip_address> source_table::look_up(const ip_address& remote) {
  const int fd = (remote.is_v4() ? probe_v4_ : probe_v6_).get();
  // Connecting a UDP socket sends nothing: it asks the routes. A socket that is connected keeps its
  // source, so it is set free first.
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  static_cast<void>(::connect(fd, &nobody, sizeof nobody));
  const socket_address to = to_socket_address({remote, 9});
  if (::connect(fd, to.get(), to.length) != 0) return std::nullopt;
  socket_address own;
  own.length = sizeof own.storage;
  if (::getsockname(fd, own.get(), &own.length) != 0) return std::nullopt;
  const auto e = from_socket_address(own.get());
  return e ? std::optional{e->address} : std::nullopt;
}

}  // namespace wh::real
