#include "real/names/hosts_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "real/names/hosts_text.hpp"

namespace wh::real {

namespace {

// Who else writes a hosts file does so by hand; a few tries outlast them.
constexpr int attempts_max = 8;

struct descriptor {
  explicit descriptor(int f) : fd(f) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
};

bool write_all(int fd, std::string_view data, off_t at) {
  while (!data.empty()) {
    const ssize_t n = ::pwrite(fd, data.data(), data.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    data.remove_prefix(static_cast<std::size_t>(n));
    at += n;
  }
  return true;
}

bool read_all(int fd, std::size_t size, std::string& out) {
  out.resize(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = ::pread(fd, out.data() + have, size - have, static_cast<off_t>(have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  out.resize(have);
  return true;
}

/// Labels and access lists. Best effort: not every file system has them.
void copy_attributes(int from, int to) {
  char names[4096], value[4096];
  const ssize_t n = ::flistxattr(from, names, sizeof names);
  for (ssize_t at = 0; at < n; at += static_cast<ssize_t>(std::strlen(names + at)) + 1) {
    const ssize_t size = ::fgetxattr(from, names + at, value, sizeof value);
    if (size >= 0) (void)!::fsetxattr(to, names + at, value, static_cast<std::size_t>(size), 0);
  }
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// 0, or the error. `old` may be -1: there is no such file.
int replace(const std::string& path, int old, const struct stat& st, std::string_view text) {
  // One name: what a killed process left is overwritten by the next.
  const std::string fresh = folder_of(path) + "/.hosts.wirehub-new";
  ::unlink(fresh.c_str());
  const descriptor f{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (f.fd < 0) return errno;
  const auto failed = [&] {
    const int e = errno;
    ::unlink(fresh.c_str());
    return e;
  };
  if (!write_all(f.fd, text, 0)) return failed();
  if (old >= 0) {
    if (::fchown(f.fd, st.st_uid, st.st_gid) != 0) return failed();
    copy_attributes(old, f.fd);
  }
  // After the owner: chown clears the set-id bits.
  if (::fchmod(f.fd, old >= 0 ? st.st_mode & 07777 : 0644) != 0) return failed();
  if (::fsync(f.fd) != 0) return failed();
  if (struct stat now{}; old >= 0 && (::stat(path.c_str(), &now) != 0 || !same_file(st, now))) {
    errno = EAGAIN;
    return failed();
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed();
  const descriptor folder{::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd >= 0) (void)::fsync(folder.fd);
  return 0;
}

/// What stands before the first byte that changes is not touched, and nothing is cut off before all
/// is written: a reader at a bad moment sees our lines twice rather than another's not at all.
int write_in_place(const std::string& path, std::string_view old, std::string_view text) {
  const descriptor f{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (f.fd < 0) return errno;
  const auto same = static_cast<std::size_t>(
      std::mismatch(old.begin(), old.end(), text.begin(), text.end()).first - old.begin());
  if (!write_all(f.fd, text.substr(same), static_cast<off_t>(same))) return errno;
  if (text.size() < old.size() && ::ftruncate(f.fd, static_cast<off_t>(text.size())) != 0)
    return errno;
  return ::fsync(f.fd) != 0 ? errno : 0;
}

}  // namespace

expected<void, std::string> hosts_file::publish(const std::vector<host_name>& names) {
  if (names.size() > names_max)
    return unexpected(path_ + ": more than 65536 names for " + interface_);
  for (const host_name& n : names)
    if (!valid_host_name(n.name))
      return unexpected("\"" + n.name + "\" cannot be a host's name in " + path_ +
                        ": letters, digits and hyphens, and not a number");
  return rewrite(names);
}

expected<void, std::string> hosts_file::withdraw() {
  auto done = rewrite({});
  if (struct stat st{}; done && created_ && ::stat(path_.c_str(), &st) == 0 && st.st_size == 0) {
    ::unlink(path_.c_str());
    created_ = false;
  }
  return done;
}

expected<void, std::string> hosts_file::rewrite(const std::vector<host_name>& names) {
  std::string path = path_;
  if (char real[PATH_MAX]; ::realpath(path_.c_str(), real) != nullptr) path = real;
  const auto bad = [&](int e) {
    std::string text = path + " cannot be written: " + std::strerror(e);
    if (e == EROFS) text += "; where /etc is read-only, name another file or switch names off";
    if (e == ENOENT) text += "; make the folder " + folder_of(path);
    return unexpected(text);
  };
  // Another of our processes takes its turn; nothing is left behind by a lock on the folder.
  const descriptor folder{::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd < 0) {
    if (errno == ENOENT && names.empty()) return {};
    return bad(errno);
  }
  while (::flock(folder.fd, LOCK_EX) != 0)
    if (errno != EINTR) return bad(errno);
  int e = EAGAIN;
  for (int i = 0; i < attempts_max && e == EAGAIN; ++i) {
    struct stat st {};
    std::string old;
    const descriptor f{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (f.fd < 0 && errno != ENOENT) return bad(errno);
    if (f.fd >= 0) {
      if (::fstat(f.fd, &st) != 0) return bad(errno);
      if (!S_ISREG(st.st_mode)) return unexpected(path + " is not a file of text");
      if (static_cast<std::size_t>(st.st_size) > file_max) return bad(EFBIG);
      if (!read_all(f.fd, static_cast<std::size_t>(st.st_size), old)) return bad(errno);
    }
    const std::string text = hosts_with(old, interface_, names);
    if (text == old) return {};
    e = replace(path, f.fd, st, text);
    if (e == 0 && f.fd < 0) created_ = true;
    // A bind mount cannot be replaced; a folder may be closed where the file in it is not; an owner
    // may have no number in our namespace (EINVAL).
    if (f.fd >= 0 &&
        (e == EBUSY || e == EXDEV || e == EACCES || e == EPERM || e == EROFS || e == EINVAL))
      e = write_in_place(path, old, text);
  }
  if (e != 0) return bad(e);
  return {};
}

}  // namespace wh::real
