#pragma once

#include <functional>
#include <map>
#include <string>

#include "real/net/descriptor.hpp"
#include "real/runtime/reactor.hpp"

namespace wh::real {

/// The daemon's ear for people: a Unix socket (0600) that takes one line and gives one line, and
/// closes. Who connects must be root or the daemon's own user.
///
/// Nobody can make the daemon wait or grow: at most `clients_max` at a time, each with a request of
/// at most `request_max` bytes and so many seconds to say it and to take the answer. Who comes
/// above the bound is told so.
class control_server {
 public:
  /// Called once for each request, with one line.
  using answer = std::function<void(std::string)>;
  using handler = std::function<void(const std::string& request, answer)>;

  static constexpr std::size_t clients_max = 32;
  static constexpr std::size_t request_max = 16384;
  static constexpr duration request_time = 5s;
  static constexpr duration answer_time = 30s;

  /// Replaces a socket that an earlier process left: the caller holds the interface's lock. Throws
  /// std::system_error.
  control_server(reactor& r, std::string path, handler h);
  ~control_server();
  control_server(const control_server&) = delete;
  control_server& operator=(const control_server&) = delete;

 private:
  struct client {
    int fd;
    std::string in, out;
    std::size_t sent = 0;
    time_point deadline;
    bool asked = false;
  };

  void accept_some();
  void readable(std::uint64_t id);
  void say(std::uint64_t id, std::string line);
  void writable(std::uint64_t id);
  void end(std::uint64_t id);
  void set_deadline(std::uint64_t id, duration d);
  void check_deadline(std::uint64_t id);

  reactor& reactor_;
  std::string path_;
  handler handler_;
  descriptor listen_;
  std::map<std::uint64_t, client> clients_;
  std::uint64_t next_id_ = 1;
  // What timers and answers that come late hold on to: gone with the server.
  std::shared_ptr<control_server*> self_;
};

}  // namespace wh::real
