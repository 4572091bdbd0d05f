#include "tests/support/net_space.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace wh::test {

void shell(const std::string& command) {
  FILE* p = popen(("PATH=$PATH:/usr/sbin:/sbin; { " + command + "\n} 2>&1").c_str(), "r");
  if (p == nullptr) throw std::runtime_error("popen: " + command);
  std::string said;
  char room[512];
  while (std::fgets(room, sizeof room, p) != nullptr) said += room;
  if (pclose(p) != 0) throw std::runtime_error(command + ": " + said);
}

net_space::net_space(std::string name) : name_(std::move(name)) {
  shell("ip netns add " + name_ + " && ip -n " + name_ + " link set lo up");
  fd_ = open(("/run/netns/" + name_).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw std::runtime_error("no namespace " + name_);
  // An IPv6 address is to be good at once.
  run("echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad;"
      "echo 0 > /proc/sys/net/ipv6/conf/all/accept_dad");
}

net_space::~net_space() {
  close(fd_);
  try {
    shell("ip netns del " + name_);
  } catch (const std::exception&) {
    // It goes with the test.
  }
}

void net_space::run(const std::string& command) const {
  within([&] { shell(command); });
}

net_space::visit::visit(int there) : back_(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) {
  if (back_ < 0 || setns(there, CLONE_NEWNET) != 0)
    throw std::runtime_error(std::string("setns: ") + std::strerror(errno));
}

net_space::visit::~visit() {
  if (setns(back_, CLONE_NEWNET) != 0) std::abort();
  close(back_);
}

void connect(const net_space& a, const std::string& interface_a, const net_space& b,
             const std::string& interface_b) {
  a.ip("link add " + interface_a + " type veth peer name " + interface_b + " netns " + b.name());
  a.ip("link set dev " + interface_a + " up");
  b.ip("link set dev " + interface_b + " up");
}

}  // namespace wh::test
