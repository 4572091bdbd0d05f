#include "real/daemon/log.hpp"

#include <fcntl.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <array>

namespace wh::real {

namespace {

constexpr std::array<std::string_view, 4> names = {"error", "warning", "info", "debug"};

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x20 && u != 0x7f) {
      out += c;
      continue;
    }
    char code[8];
    std::snprintf(code, sizeof code, "\\x%02x", u);
    out += code;
  }
  return out;
}

std::string wall_time() {
  timeval now{};
  ::gettimeofday(&now, nullptr);
  tm parts{};
  ::localtime_r(&now.tv_sec, &parts);
  char text[48];
  const std::size_t n = ::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  std::snprintf(text + n, sizeof text - n, ".%03d", static_cast<int>(now.tv_usec / 1000));
  return text;
}

}  // namespace

std::optional<log_level> parse_log_level(std::string_view word) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (word == names[i]) return static_cast<log_level>(i);
  return std::nullopt;
}

std::string_view to_string(log_level l) { return names[static_cast<std::size_t>(l)]; }

logger::~logger() {
  if (file_ != nullptr) std::fclose(file_);
  if (!name_.empty()) ::closelog();
}

bool logger::to_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  std::FILE* f = fd >= 0 ? ::fdopen(fd, "a") : nullptr;
  if (f == nullptr) {
    if (fd >= 0) ::close(fd);
    return false;
  }
  if (file_ != nullptr) std::fclose(file_);
  file_ = f;
  path_ = path;
  return true;
}

void logger::to_syslog(const std::string& name) {
  name_ = name;
  ::openlog(name_.c_str(), LOG_PID, LOG_DAEMON);
}

void logger::reopen() {
  if (file_ != nullptr) to_file(std::string(path_));
}

void logger::say(log_level l, std::string_view text) {
  if (!shows(l)) return;
  const std::string line = printable(text);
  if (file_ == nullptr && !name_.empty()) {
    static constexpr int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
    ::syslog(priorities[static_cast<std::size_t>(l)], "%s", line.c_str());
    return;
  }
  std::FILE* to = file_ != nullptr ? file_ : stderr;
  std::fprintf(to, "%s %-7s %s\n", wall_time().c_str(), std::string(to_string(l)).c_str(),
               line.c_str());
  std::fflush(to);
}

}  // namespace wh::real
