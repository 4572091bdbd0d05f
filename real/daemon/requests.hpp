#pragma once

#include <functional>
#include <string>

#include "real/daemon/status.hpp"

namespace wh::real {

/// What requests do to the daemon, and what they look at.
class request_target {
 public:
  virtual ~request_target() = default;
  virtual node_facts facts() = 0;
  virtual const actors::peer& running() = 0;
  virtual asker& questions() = 0;
  virtual time_point now() = 0;
  virtual actor_loop& actors_of() = 0;
  /// What changed, or why nothing did.
  virtual expected<std::string, std::string> reload() = 0;
  /// Soon: the answer leaves first.
  virtual void end() = 0;
};

/// Does what a line from the control socket asks:
///
///     {"command": "show"}                    the status
///     {"command": "why", "who": "b.test"}    and ping, lookup, resolve, forget
///     {"command": "reload"}, {"command": "down"}
///
/// and answers `{"ok": true, ...}` or `{"ok": false, "code": 1 | 2, "error": "for people"}`. Total:
/// any line has an answer.
class requests {
 public:
  using answer = std::function<void(std::string)>;
  explicit requests(request_target& t) : target_(t) {}
  void handle(const std::string& line, const answer& a);

 private:
  void show(const answer& a);
  void why(const std::string& who, const answer& a);
  void ping(const std::string& who, const answer& a);
  void lookup(const std::string& who, const answer& a);
  void resolve(const std::string& who, const answer& a);
  void forget(const std::string& who, const answer& a);
  /// The member, or null when it was told that there is none.
  const member_plan* member(const std::string& who, const answer& a);

  request_target& target_;
};

}  // namespace wh::real
