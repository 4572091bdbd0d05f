#include "real/daemon/background.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "real/net/descriptor.hpp"

namespace wh::real {

background background::enter() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("going into the background");
  const pid_t child = ::fork();
  if (child < 0) fail("going into the background");
  if (child > 0) {
    ::close(ends[1]);
    unsigned char code = 1;
    ssize_t n;
    do n = ::read(ends[0], &code, 1);
    while (n < 0 && errno == EINTR);
    // _exit: what the child does at its end is not to be done twice.
    ::_exit(n == 1 ? code : 1);
  }
  ::close(ends[0]);
  ::setsid();
  return background(ends[1]);
}

background::background(background&& other) noexcept : pipe_(std::exchange(other.pipe_, -1)) {}

background::~background() {
  if (pipe_ >= 0) ::close(pipe_);
}

void background::report(int exit_code) {
  if (pipe_ < 0) return;
  if (exit_code == 0) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      if (null >= 0) ::dup2(null, fd);
    if (null > STDERR_FILENO) ::close(null);
  }
  const auto code = static_cast<unsigned char>(exit_code);
  [[maybe_unused]] const auto n = ::write(pipe_, &code, 1);
  ::close(std::exchange(pipe_, -1));
}

}  // namespace wh::real
