#include "real/net/nft_table.hpp"

#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace wh::real {

namespace {

/// Runs nft over `input`; its complaint, or nothing.
std::string run_nft(const std::string& input) {
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0) fail("pipe");
  descriptor in_read{in[0]}, in_write{in[1]};
  if (::pipe2(out, O_CLOEXEC) != 0) fail("pipe");
  descriptor out_read{out[0]}, out_write{out[1]};
  // Before nft is there: the rules are shorter than a pipe is long (64 KiB), and a pipe with a
  // reader of our own raises no SIGPIPE.
  if (::write(in_write.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size()))
    fail("handing rules to nft");
  in_write.reset();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in_read.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, out_write.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, out_write.get(), 2);
  // The daemon may block or ignore signals; nft is not to.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  char name[] = "nft", option[] = "-f", dash[] = "-", path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* words[] = {name, option, dash, nullptr};
  char* environment[] = {path, nullptr};
  pid_t child = 0;
  int error = ENOENT;
  for (const char* file : {"/usr/sbin/nft", "/usr/bin/nft", "/sbin/nft"}) {
    error = ::posix_spawn(&child, file, &actions, &attributes, words, environment);
    if (error == 0) break;
  }
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error == ENOENT) return "nft is not installed (Debian package nftables)";
  if (error != 0) fail("starting nft", error);
  in_read.reset();
  out_write.reset();
  std::string said;
  char room[512];
  for (ssize_t got; (got = ::read(out_read.get(), room, sizeof room)) > 0;)
    said.append(room, static_cast<std::size_t>(got));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  // The first line has the reason; the rest shows where in the input.
  said = said.substr(0, said.find('\n'));
  return said.empty() ? "nft failed" : said;
}

descriptor watch_tables() {
  descriptor d{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER)};
  sockaddr_nl a{};
  a.nl_family = AF_NETLINK;
  a.nl_groups = 1U << (NFNLGRP_NFTABLES - 1);
  if (!d || ::bind(d.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0)
    fail("watching nftables");
  return d;
}

/// Reads all that is reported.
bool some_table_went(int fd) {
  bool r = false;
  alignas(nlmsghdr) std::uint8_t room[32768];
  for (;;) {
    const ssize_t n = ::recv(fd, room, sizeof room, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == ENOBUFS) {
      r = true;  // so much happened that there was no room to say what
      continue;
    }
    if (n <= 0) return r;
    const auto size = static_cast<std::size_t>(n);
    for (std::size_t at = 0; size - at >= sizeof(nlmsghdr);) {
      nlmsghdr head;
      std::memcpy(&head, room + at, sizeof head);
      if (head.nlmsg_len < sizeof head || head.nlmsg_len > size - at) break;
      if (head.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE)) r = true;
      at += std::min<std::size_t>(NLMSG_ALIGN(head.nlmsg_len), size - at);
    }
  }
}

}  // namespace

std::string nft_table_name(std::uint16_t wireguard_port) {
  return "inet wirehub_" + std::to_string(wireguard_port);
}

std::string nft_rules(nft_table::ports p, const std::string& wireguard_interface) {
  const std::string name = nft_table_name(p.wireguard);
  const std::string shared = std::to_string(p.wireguard), own = std::to_string(p.own);
  // Adding before deleting: it need not exist. All of it happens at once, or not at all.
  return "add table " + name + "\ndelete table " + name + "\ntable " + name + R"( {
  chain in {
    # after fragments are put together (-400), before connections are tracked (-200)
    type filter hook prerouting priority -350; policy accept;
    iifname ")" +
         wireguard_interface + R"(" return
    fib daddr type != local return
    udp dport )" +
         own + R"( drop
    udp dport )" +
         shared + R"( @th,64,8 0xff meta l4proto udp tproxy to :)" + own + R"(
  }
  chain out {
    type filter hook output priority -350; policy accept;
    udp sport )" +
         own + R"( udp sport set )" + shared + R"(
  }
}
)";
}

nft_table::nft_table(ports p, const std::string& wireguard_interface)
    : name_(nft_table_name(p.wireguard)), rules_(nft_rules(p, wireguard_interface)) {
  // The kernel allows almost anything; in quotes, all of it is harmless but these.
  if (wireguard_interface.find_first_of("\"\\\n") != std::string::npos)
    throw std::runtime_error("nftables takes no interface of the name " + wireguard_interface);
  if (const std::string e = run_nft(rules_); !e.empty()) throw std::runtime_error(e);
  netlink_ = watch_tables();
}

nft_table::~nft_table() {
  // There is nobody left to complain to.
  try {
    run_nft("delete table " + name_ + "\n");
  } catch (const std::exception&) {
  }
}

bool nft_table::restore() {
  if (!some_table_went(netlink_.get())) return false;
  // Ours too?
  if (run_nft("list table " + name_ + "\n").empty()) return false;
  return run_nft(rules_).empty();
}

}  // namespace wh::real
