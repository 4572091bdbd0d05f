#include "tools/wh/kept.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "actors/proto/keys/keys.hpp"
#include "tools/wh/command.hpp"

// Three lines:
//   # what this is
//   start PRIVATE-KEY
//   the request, as it was printed

namespace wh::cli {

namespace {

constexpr std::string_view first_line =
    "# The private part of a delegated key search (wh genkey). Whoever has it may have the key.\n";
constexpr std::string_view start_word = "start ";
/// With the longest namespace.
constexpr std::size_t file_max = 2048;

using buffer = std::array<char, file_max>;

bool fail(const std::string& path, const std::string& why) {
  input_error(path + ": " + why);
  return false;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Takes a line off the front, without its end.
std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

std::string kept_path(const fixed_bytes<32>& start) {
  return "wh-delegated-" + to_base64_url(start).substr(0, 16) + ".secret";
}

bool keep(const std::string& path, const private_key& start, const keys::work_request& r) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return fail(path, std::strerror(errno));
  std::string key = keys::to_text(start);
  const bool good = write_all(file, first_line) && write_all(file, start_word) &&
                    write_all(file, key) && write_all(file, "\n" + keys::to_text(r) + "\n") &&
                    ::fsync(file) == 0;
  wipe({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
  const int why = errno;
  ::close(file);
  if (good) return true;
  ::unlink(path.c_str());
  return fail(path, std::strerror(why));
}

std::optional<keys::work_request> load_kept(const std::string& path, private_key& start) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    fail(path, std::string(std::strerror(errno)) + "; `keep FILE` says where the private part is");
    return std::nullopt;
  }
  struct stat s {};
  if (::fstat(file, &s) == 0 && (s.st_mode & 0077) != 0)
    std::fprintf(stderr, "wh: warning: others may read %s; see chmod\n", path.c_str());
  locked<buffer> memory;
  std::size_t size = 0;
  for (;;) {
    const ssize_t n = ::read(file, memory->data() + size, memory->size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    size += static_cast<std::size_t>(n);
  }
  ::close(file);
  std::string_view text{memory->data(), size};
  const bool known = take_line(text) == first_line.substr(0, first_line.size() - 1);
  const auto second = take_line(text);
  auto key = second.starts_with(start_word)
                 ? keys::parse_private_key(second.substr(start_word.size()))
                 : std::nullopt;
  auto r = keys::parse_work_request(take_line(text));
  if (!known || !key || !r || !text.empty()) {
    fail(path, "is not a file of `wh genkey --delegate-request`");
    r.reset();
  } else {
    start = *key;
  }
  if (key) wipe(key->value);
  return r;
}

}  // namespace wh::cli
