#include "real/net/nft_table.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <csignal>
#include <stdexcept>

#include "real/net/descriptor.hpp"

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
         shared + R"( udp length > 8 @th,64,8 0xff udp dport set )" + own + R"(
  }
  chain out {
    type filter hook postrouting priority 350; policy accept;
    udp sport )" +
         own + R"( udp sport set )" + shared + R"(
  }
}
)";
}

nft_table::nft_table(ports p, const std::string& wireguard_interface)
    : name_(nft_table_name(p.wireguard)) {
  if (const std::string e = run_nft(nft_rules(p, wireguard_interface)); !e.empty())
    throw std::runtime_error(e);
}

nft_table::~nft_table() {
  // There is nobody left to complain to.
  try {
    run_nft("delete table " + name_ + "\n");
  } catch (const std::exception&) {
  }
}

}  // namespace wh::real
