#include "real/control/instance.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "real/control/paths.hpp"

namespace wh::real {
namespace {

std::string what_and_remedy(int error) {
  return std::strerror(error) +
         std::string(error == EACCES || error == EPERM ? "; run as root, or name another directory"
                                                       : "; name another directory") +
         " in WH_RUN_DIR";
}

}  // namespace

expected<instance, std::string> instance::take(const std::string& run_dir,
                                               const std::string& interface) {
  // For all to see that a daemon runs, whatever the umask: what is inside is 0600.
  if (::mkdir(run_dir.c_str(), 0755) == 0)
    (void)::chmod(run_dir.c_str(), 0755);
  else if (errno != EEXIST)
    return unexpected("the directory " + run_dir + " cannot be made: " + what_and_remedy(errno));
  const std::string path = lock_path(run_dir, interface);
  // The file of an ended instance may be removed between our open and our lock; then it is another.
  for (int tries = 0; tries < 100; ++tries) {
    descriptor f(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!f) return unexpected(path + " cannot be made: " + what_and_remedy(errno));
    if (::flock(f.get(), LOCK_EX | LOCK_NB) != 0) {
      char text[32] = {};
      const auto n = ::pread(f.get(), text, sizeof text - 1, 0);
      const std::string pid(text, n > 0 ? static_cast<std::size_t>(n) : 0);
      std::string who;
      if (!pid.empty()) who.append(" (process ").append(pid).append(")");
      return unexpected("a daemon has the interface " + interface + " already" + who +
                        "; `wh down " + interface + "` ends it");
    }
    struct stat ours {};
    struct stat named {};
    if (::fstat(f.get(), &ours) != 0 || ::stat(path.c_str(), &named) != 0 ||
        ours.st_ino != named.st_ino || ours.st_dev != named.st_dev)
      continue;
    const std::string pid = std::to_string(::getpid());
    if (::ftruncate(f.get(), 0) != 0 ||
        ::pwrite(f.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
      return unexpected(path + ": " + std::strerror(errno));
    return instance(path, std::move(f));
  }
  return unexpected("the lock " + path + " is taken and given back all the time");
}

instance::~instance() {
  if (lock_) ::unlink(path_.c_str());
}

}  // namespace wh::real
