#include "real/state/state_directory.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace wh::real {

namespace {

constexpr std::string_view magic = "wirehub state 1\n";
constexpr std::size_t header_size = magic.size() + 32;
// NAME_MAX is 255; the rest is for the suffix of the file that is being written.
constexpr std::size_t file_name_max = 200;

class file {
 public:
  explicit file(int fd) : fd_(fd) {}
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file() {
    if (fd_ >= 0) ::close(fd_);
  }
  explicit operator bool() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

std::string error_text(int e) { return std::strerror(e); }

fixed_bytes<32> hash_of(std::string_view file_name, byte_view value) {
  fixed_bytes<32> h{};
  crypto_generichash_state s;
  crypto_generichash_init(&s, nullptr, 0, h.size());
  crypto_generichash_update(&s, view(magic).data(), magic.size());
  // With its end: no name runs into the value.
  crypto_generichash_update(&s, view(file_name).data(), file_name.size());
  const std::uint8_t end = 0;
  crypto_generichash_update(&s, &end, 1);
  crypto_generichash_update(&s, value.data(), value.size());
  crypto_generichash_final(&s, h.data(), h.size());
  return h;
}

bool write_all(int fd, byte_view data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    data = data.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

/// Empty with `errno` set when it cannot be read, or is larger than any of ours.
std::optional<bytes> read_all(int fd) {
  bytes content;
  constexpr std::size_t step = 65536;
  for (;;) {
    const std::size_t had = content.size();
    if (had > header_size + state_directory::value_max) {
      errno = EFBIG;
      return std::nullopt;
    }
    content.resize(had + step);
    ssize_t n;
    do n = ::read(fd, content.data() + had, step);
    while (n < 0 && errno == EINTR);
    content.resize(had + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0) return std::nullopt;
    if (n == 0) return content;
  }
}

/// Like mkdir -p; what is there already may be a link, but for the last part.
int make_path(const std::string& path) {
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1))
    if (::mkdir(path.substr(0, at).c_str(), 0755) != 0 && errno != EEXIST) return errno;
  return ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST ? errno : 0;
}

}  // namespace

std::string state_directory::file_name(std::string_view name) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    if ((u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '-' ||
        u == '_') {
      out += c;
    } else {
      out += '%';
      out += digits[u >> 4];
      out += digits[u & 15];
    }
  }
  if (!out.empty() && out.size() <= file_name_max) return out;
  return "%%" + to_hex(hash_of(name, {}));  // which no escaped name begins with
}

expected<std::unique_ptr<state_directory>, std::string> state_directory::open(
    const std::string& given, options o) {
  std::string path = given;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (sodium_init() < 0) return unexpected(std::string("libsodium does not start on this machine"));
  const auto bad = [&](const std::string& what) {
    return unexpected("state directory " + path + ": " + what);
  };
  if (const int e = make_path(path); e != 0)
    return bad("cannot be made: " + error_text(e) + "; make it, or name another");
  std::unique_ptr<state_directory> d{new state_directory(path, std::move(o))};
  d->directory_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (d->directory_ < 0) return bad("cannot be opened: " + error_text(errno));
  struct stat st {};
  if (::fstat(d->directory_, &st) != 0) return bad(error_text(errno));
  if (st.st_uid != ::geteuid())
    return bad("belongs to user " + std::to_string(st.st_uid) + ", not to us; chown it");
  if ((st.st_mode & 077) != 0 && ::fchmod(d->directory_, 0700) != 0)
    return bad("is open to others, and chmod 700 fails: " + error_text(errno));
  d->lock_ = ::openat(d->directory_, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (d->lock_ < 0) return bad("its lock file cannot be made: " + error_text(errno));
  if (::flock(d->lock_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return bad("cannot be locked: " + error_text(errno));
    char who[16] = {};
    const ssize_t n = ::pread(d->lock_, who, sizeof who - 1, 0);
    const std::string_view pid{who, static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
    return bad("is used by " + (pid.empty() ? "another process" : "process " + std::string(pid)) +
               "; stop it first, or name another directory");
  }
  // The number is for people; the lock itself goes with the process.
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(d->lock_, 0) == 0) (void)!::pwrite(d->lock_, pid.data(), pid.size(), 0);
  return d;
}

state_directory::~state_directory() {
  if (lock_ >= 0) ::close(lock_);
  if (directory_ >= 0) ::close(directory_);
}

std::optional<bytes> state_directory::load(std::string_view name) const {
  const std::string at = file_name(name);
  const file f{::openat(directory_, at.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
  if (!f) {
    if (errno != ENOENT) complain(at, "cannot be read: " + error_text(errno));
    return std::nullopt;
  }
  std::optional<bytes> content = read_all(f.fd());
  if (!content) {
    complain(at, "cannot be read: " + error_text(errno));
    return std::nullopt;
  }
  const byte_view all{*content};
  const auto value = all.subspan(std::min(header_size, all.size()));
  const auto hash = hash_of(at, value);
  if (all.size() < header_size || !std::equal(magic.begin(), magic.end(), all.begin()) ||
      !std::equal(hash.begin(), hash.end(), all.begin() + magic.size())) {
    complain(at, "is damaged and counts as absent");
    return std::nullopt;
  }
  content->erase(content->begin(), content->begin() + header_size);
  return content;
}

void state_directory::save(std::string_view name, bytes value) {
  const std::string at = file_name(name);
  if (value.size() > value_max) return complain(at, "would be larger than 16 MiB");
  const auto hash = hash_of(at, value);
  if (const auto known = saved_.find(at); known != saved_.end() && known->second == hash) return;
  bytes content;
  content.reserve(header_size + value.size());
  content.insert(content.end(), magic.begin(), magic.end());
  content.insert(content.end(), hash.begin(), hash.end());
  content.insert(content.end(), value.begin(), value.end());
  if (const std::string problem = write(at, content); !problem.empty()) {
    saved_.erase(at);
    return complain(at, problem);
  }
  saved_[at] = hash;
  if (troubles_.erase(at) > 0)
    options_.report("state directory " + path_ + ": " + at + " is written again");
}

/// What went wrong; empty when it is done.
std::string state_directory::write(const std::string& at, byte_view content) {
  const std::string fresh = at + ".new";
  const auto failed = [&](const char* what) {
    const int e = errno;
    ::unlinkat(directory_, fresh.c_str(), 0);
    return std::string("cannot be ") + what + ": " + error_text(e);
  };
  options_.step("create");
  // What a killed process left goes first: nobody else writes here.
  ::unlinkat(directory_, fresh.c_str(), 0);
  file f{::openat(directory_, fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!f) return failed("written");
  options_.step("write");
  if (!write_all(f.fd(), content)) return failed("written");
  options_.step("sync");
  if (::fsync(f.fd()) != 0) return failed("written");
  if (!f.close()) return failed("written");
  options_.step("rename");
  if (::renameat(directory_, fresh.c_str(), directory_, at.c_str()) != 0) return failed("renamed");
  options_.step("sync directory");
  // The new value is whole either way; a file system that cannot sync a directory says EINVAL.
  if (::fsync(directory_) != 0 && errno != EINVAL)
    return "is written, but perhaps not for long: " + error_text(errno);
  options_.step("done");
  return {};
}

void state_directory::complain(const std::string& at, const std::string& problem) const {
  std::string& told = troubles_[at];
  if (told == problem) return;
  told = problem;
  options_.report("state directory " + path_ + ": " + at + " " + problem);
}

}  // namespace wh::real
