#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "real/wireguard/backend.hpp"
#include "real/wireguard/child.hpp"
#include "real/wireguard/uapi_socket.hpp"
#include "real/wireguard/uapi_text.hpp"

namespace wh::real {

namespace {

constexpr duration restart_after_min = 100ms;
constexpr duration restart_after_max = 10s;
// So long it ran well: its next death is not the same trouble.
constexpr duration ran_well = 30s;
constexpr duration start_patience = 10s;
constexpr auto start_look = 2ms;

/// Fixed by wireguard.com/xplatform.
std::string socket_of(const std::string& interface) {
  return "/var/run/wireguard/" + interface + ".sock";
}

/// It holds private keys.
void wipe_text(std::string& s) { wipe({reinterpret_cast<std::uint8_t*>(s.data()), s.size()}); }

class userspace final : public backend {
 public:
  userspace(reactor& r, backend_options o, std::string program)
      : reactor_(r),
        options_(std::move(o)),
        program_(std::move(program)),
        socket_(socket_of(options_.interface)) {}

  std::string description() const override {
    return process_ ? program_ + ", process " + std::to_string(process_->pid()) : program_;
  }

  bool running() const override { return running_; }

  expected<device_state, kernel_error> read() override {
    auto answer = uapi::exchange(socket_, uapi::get_request);
    if (!answer) return unexpected(answer.error());
    auto state = uapi::parse_get(*answer);
    wipe_text(*answer);
    if (!state) return unexpected(kernel_error{EBADMSG, state.error()});
    return std::move(*state);
  }

  expected<void, kernel_error> apply(const device_change& c) override {
    if (!running_) return {};  // `renewed` has everything set again
    std::string request = uapi::set_request(c);
    const auto answer = uapi::exchange(socket_, request);
    wipe_text(request);
    if (!answer) return unexpected(answer.error());
    const auto verdict = uapi::parse_verdict(*answer);
    if (!verdict) return unexpected(kernel_error{EBADMSG, verdict.error()});
    if (*verdict != 0) return unexpected(kernel_error{*verdict, {}});
    return {};
  }

  void destroy() override {
    running_ = false;
    if (process_) process_->stop();
    process_.reset();
    // One that was killed leaves it; none of ours serves it any more.
    ::unlink(socket_.c_str());
  }

  /// The process that serves the socket already, if one does.
  expected<pid_t, kernel_error> server() const { return uapi::server_of(socket_); }

  expected<void, std::string> adopt(pid_t p) {
    auto c = child::adopt(reactor_, p, words());
    if (!c) return unexpected(c.error());
    process_ = std::move(*c);
    started_ = reactor_.now();
    running_ = true;
    return {};
  }

  /// Starts the program and waits until it serves its socket.
  expected<void, std::string> start_and_wait() {
    if (auto r = start(); !r) return r;
    for (const time_point last = started_ + start_patience; !server();) {
      if (process_->wait(start_look)) return unexpected(why_it_ended());
      if (reactor_.now() > last) return unexpected(program_ + " does not serve " + socket_);
    }
    running_ = true;
    return {};
  }

 private:
  child::words words() {
    return {.said = [this](const std::string& line) { options_.report("wireguard-go: " + line); },
            .ended = [this](const std::string& how) { ended(how); }};
  }

  expected<void, std::string> start() {
    // A socket that nobody serves would be in the way of none but ourselves, when we look for it.
    if (const auto s = server(); !s && s.error().code == ECONNREFUSED) ::unlink(socket_.c_str());
    // Started as by -f; the variable also spares its advice to use the kernel's.
    auto c = child::start(reactor_, {program_, "-f", options_.interface},
                          {"WG_PROCESS_FOREGROUND=1", "LOG_LEVEL=error"}, words());
    if (!c) return unexpected(c.error());
    process_ = std::move(*c);
    started_ = reactor_.now();
    return {};
  }

  std::string why_it_ended() const {
    const std::string& last = process_->last_words();
    return program_ + " ended" + (last.empty() ? "" : ": " + last);
  }

  void ended(const std::string& how) {
    running_ = false;
    if (reactor_.now() - started_ >= ran_well) restart_after_ = restart_after_min;
    options_.report("wireguard-go ended (" + how + "); it is started again in " +
                    std::to_string(restart_after_ / 1ms) + " ms");
    later(restart_after_, [this] { restart(); });
    restart_after_ = std::min(2 * restart_after_, restart_after_max);
  }

  void restart() {
    if (auto r = start(); !r) {
      options_.report(r.error());
      later(restart_after_, [this] { restart(); });
      restart_after_ = std::min(2 * restart_after_, restart_after_max);
      return;
    }
    wait_for_it();
  }

  void wait_for_it() {
    if (server()) {
      running_ = true;
      renewed();
    } else if (reactor_.now() - started_ < start_patience) {
      later(start_look, [this, p = process_->pid()] {
        if (process_ && process_->pid() == p && !running_) wait_for_it();
      });
    } else {
      options_.report(program_ + " does not serve " + socket_ + "; it is started again");
      process_->stop();
      ended("stopped");
    }
  }

  void later(duration d, std::function<void()> f) {
    reactor_.at(reactor_.now() + d, [alive = std::weak_ptr(alive_), f = std::move(f)] {
      if (!alive.expired()) f();
    });
  }

  reactor& reactor_;
  backend_options options_;
  std::string program_, socket_;
  std::unique_ptr<child> process_;
  bool running_ = false;
  time_point started_{};
  duration restart_after_ = restart_after_min;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

/// Why wireguard-go could not make an interface here; empty when nothing is known to be in the way.
std::string tun_problem() {
  struct stat st {};
  if (::stat("/dev/net/tun", &st) != 0)
    return "/dev/net/tun is missing: load the module (modprobe tun), or in a container pass the "
           "device (--device /dev/net/tun)";
  const int fd = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return std::string("/dev/net/tun cannot be opened (") + std::strerror(errno) +
           "): run as root, or allow the device to this user";
  ::close(fd);
  return {};
}

}  // namespace

expected<opened, no_device> open_userspace(reactor& r, links& l, const backend_options& o) {
  const auto link = l.find(o.interface);
  if (!link) return unexpected(no_device{link.error().text()});
  const std::string program = o.program.empty() ? find_program("wireguard-go") : o.program;
  if (program.empty() || ::access(program.c_str(), X_OK) != 0)
    return unexpected(no_device{(program.empty() ? std::string("wireguard-go is not installed")
                                                 : program + " is no program") +
                                    ": apt-get install wireguard-go, or name its path",
                                true});
  auto u = std::make_unique<userspace>(r, o, program);
  const auto server = u->server();
  if (*link) {
    if (!server)
      return unexpected(no_device{"interface " + o.interface + " is there, but nobody answers at " +
                                  socket_of(o.interface) + " (" + server.error().text() +
                                  "): ip link del " + o.interface});
    if (auto a = u->adopt(*server); !a) return unexpected(no_device{a.error()});
    return opened{std::move(u), true};
  }
  if (server)
    return unexpected(no_device{"process " + std::to_string(*server) + " serves an interface " +
                                o.interface +
                                " in another network namespace: choose another name"});
  if (const std::string p = tun_problem(); !p.empty()) return unexpected(no_device{p, true});
  if (auto s = u->start_and_wait(); !s) {
    u->destroy();
    return unexpected(no_device{s.error()});
  }
  return opened{std::move(u), false};
}

}  // namespace wh::real
