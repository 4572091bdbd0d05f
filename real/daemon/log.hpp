#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace wh::real {

enum class log_level : std::uint8_t { error, warning, info, debug };
std::optional<log_level> parse_log_level(std::string_view word);
std::string_view to_string(log_level l);

/// Where the daemon says what happens: lines with a time and a level on standard error or in a
/// file, or the system's log. Control characters in a line are shown, not sent to the terminal.
class logger {
 public:
  explicit logger(log_level most) : most_(most) {}
  ~logger();
  logger(const logger&) = delete;
  logger& operator=(const logger&) = delete;

  /// From here on. False when the file cannot be opened (errno).
  bool to_file(const std::string& path);
  void to_syslog(const std::string& name);
  /// The file is opened anew, as after it was moved away.
  void reopen();

  bool shows(log_level l) const { return l <= most_; }
  void say(log_level l, std::string_view text);
  void error(std::string_view text) { say(log_level::error, text); }
  void warn(std::string_view text) { say(log_level::warning, text); }
  void info(std::string_view text) { say(log_level::info, text); }
  void debug(std::string_view text) {
    if (shows(log_level::debug)) say(log_level::debug, text);
  }

 private:
  log_level most_;
  std::FILE* file_ = nullptr;  // null: standard error, or the system's log
  std::string path_;
  std::string name_;  // of the system's log; empty when it is not used
};

}  // namespace wh::real
