#include "real/runtime/reactor.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace wh::real {

namespace {

[[noreturn]] void failed(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::int64_t read_clock(clockid_t which) {
  timespec t{};
  ::clock_gettime(which, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

class function_event final : public timed_event {
 public:
  explicit function_event(std::function<void()> f) : f_(std::move(f)) {}
  void ring() override { f_(); }

 private:
  std::function<void()> f_;
};

}  // namespace

reactor::reactor()
    // CLOCK_BOOTTIME: a laptop's NAT mappings and records age while it sleeps.
    : boot_(std::chrono::nanoseconds{read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME)}) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  clock_ = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (epoll_ < 0 || wake_ < 0 || clock_ < 0) failed("the event loop");
  watch(wake_, [this] {
    std::uint64_t words = 0;
    [[maybe_unused]] const auto n = ::read(wake_, &words, sizeof words);
  });
  watch(clock_, [this] {
    std::uint64_t rung = 0;
    [[maybe_unused]] const auto n = ::read(clock_, &rung, sizeof rung);
    armed_ns_ = 0;
  });
}

reactor::~reactor() {
  for (const int fd : {epoll_, wake_, clock_})
    if (fd >= 0) ::close(fd);
}

void reactor::watch(int fd, std::function<void()> readable) {
  auto& w = watched_[fd];
  w = std::make_shared<watched>(watched{std::move(readable), w ? w->writable : nullptr});
  update(fd);
}

void reactor::watch_writable(int fd, std::function<void()> writable) {
  auto& w = watched_[fd];
  w = std::make_shared<watched>(watched{w ? w->readable : nullptr, std::move(writable)});
  update(fd);
}

void reactor::unwatch_writable(int fd) {
  const auto at = watched_.find(fd);
  if (at == watched_.end()) return;
  if (!at->second->readable) return unwatch(fd);
  at->second = std::make_shared<watched>(watched{at->second->readable, nullptr});
  update(fd);
}

void reactor::unwatch(int fd) {
  if (watched_.erase(fd) > 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void reactor::update(int fd) {
  const watched& w = *watched_.at(fd);
  epoll_event e{};
  e.events = (w.readable ? EPOLLIN : 0U) | (w.writable ? EPOLLOUT : 0U);
  e.data.fd = fd;
  if (::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &e) == 0) return;
  if (errno == ENOENT && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e) == 0) return;
  const int why = errno;
  watched_.erase(fd);
  errno = why;
  failed("a descriptor cannot be watched");
}

void reactor::at(time_point t, std::function<void()> f) {
  schedule((t - boot_).count(), std::make_unique<function_event>(std::move(f)));
}

void reactor::post(std::function<void()> f) {
  {
    const std::lock_guard hold(guard_);
    posted_.push_back(std::move(f));
  }
  wake();
}

void reactor::stop() {
  stopping_ = true;
  wake();
}

void reactor::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wake_, &one, sizeof one);
}

std::int64_t reactor::now_ns() const { return read_clock(CLOCK_BOOTTIME); }

time_point reactor::now() const { return boot_ + std::chrono::nanoseconds{now_ns()}; }

void reactor::schedule(std::int64_t at_ns, std::unique_ptr<timed_event> e, const void* owner) {
  timers_.push_back({at_ns, scheduled_++, std::move(e), owner});
  std::push_heap(timers_.begin(), timers_.end(), later);
}

void reactor::drop_timers(const void* owner) {
  // Taken out before anything is destroyed: what goes may schedule.
  const auto gone = std::partition(timers_.begin(), timers_.end(),
                                   [owner](const timer& t) { return t.owner != owner; });
  const std::vector<timer> dropped(std::make_move_iterator(gone),
                                   std::make_move_iterator(timers_.end()));
  timers_.erase(gone, timers_.end());
  std::make_heap(timers_.begin(), timers_.end(), later);
}

void reactor::ring_due() {
  const std::int64_t now = now_ns();
  // Only what was asked for before this turn: a timer that sets itself for now must not keep the
  // loop from its descriptors.
  const std::uint64_t before = scheduled_;
  std::vector<timer> again;
  while (!timers_.empty() && timers_.front().at_ns <= now) {
    std::pop_heap(timers_.begin(), timers_.end(), later);
    timer due = std::move(timers_.back());
    timers_.pop_back();
    if (due.order >= before)
      again.push_back(std::move(due));
    else
      due.what->ring();
  }
  for (timer& t : again) {
    timers_.push_back(std::move(t));
    std::push_heap(timers_.begin(), timers_.end(), later);
  }
}

void reactor::run_posted() {
  std::vector<std::function<void()>> todo;
  {
    const std::lock_guard hold(guard_);
    todo.swap(posted_);
  }
  for (const auto& f : todo) f();
}

void reactor::arm_clock() {
  if (timers_.empty()) return;
  const std::int64_t at = std::max<std::int64_t>(timers_.front().at_ns, 1);
  // A timer under way that rings earlier finds nothing due and asks for the rest: most turns need
  // no system call here.
  if (armed_ns_ != 0 && armed_ns_ <= at) return;
  itimerspec t{};
  t.it_value.tv_sec = at / 1'000'000'000;
  t.it_value.tv_nsec = at % 1'000'000'000;
  if (::timerfd_settime(clock_, TFD_TIMER_ABSTIME, &t, nullptr) != 0) failed("the timer");
  armed_ns_ = at;
}

void reactor::turn() {
  arm_clock();
  std::array<epoll_event, 64> ready;
  const int n = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), -1);
  if (n < 0 && errno != EINTR) failed("epoll_wait");
  ring_due();
  for (int i = 0; i < n; ++i) {
    const epoll_event& e = ready[static_cast<std::size_t>(i)];
    // Looked up anew each time: an earlier callback may have ended it.
    auto found = watched_.find(e.data.fd);
    if (found == watched_.end()) continue;
    auto w = found->second;
    const bool in = (e.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
    if (in && w->readable) w->readable();
    const bool out = (e.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
    found = watched_.find(e.data.fd);
    if (!out || found == watched_.end()) continue;
    w = found->second;
    if (w->writable) w->writable();
  }
  run_posted();
}

void reactor::run() {
  while (true) {
    if (batch_) batch_();
    for (std::size_t i = 0; i < idle_.size(); ++i) idle_[i]();
    if (stopping_.exchange(false)) return;
    turn();
  }
}

}  // namespace wh::real
