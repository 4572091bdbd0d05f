#include "real/daemon/signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>

namespace wh::real {

signals::signals(reactor& r, std::function<void(int)> f) : reactor_(r) {
  sigset_t all;
  sigemptyset(&all);
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&all, s);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  // Who has gone before he has read his answer is no reason to end.
  ::signal(SIGPIPE, SIG_IGN);
  fd_ = descriptor(::signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd_) fail("signals");
  reactor_.watch(fd_.get(), [this, f = std::move(f)] {
    signalfd_siginfo info{};
    while (::read(fd_.get(), &info, sizeof info) == sizeof info)
      f(static_cast<int>(info.ssi_signo));
  });
}

signals::~signals() { reactor_.unwatch(fd_.get()); }

}  // namespace wh::real
