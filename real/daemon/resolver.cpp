#include "real/daemon/resolver.hpp"

#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "real/net/address.hpp"

namespace wh::real {

struct resolver::shared {
  struct question {
    std::string host;
    answer then;
  };
  std::mutex guard;
  std::condition_variable more;
  std::deque<question> waiting;  // under guard
  reactor* loop = nullptr;       // under guard; null when the resolver has gone
  bool started = false;
};

resolver::resolver(reactor& r) : shared_(std::make_shared<shared>()) { shared_->loop = &r; }

resolver::~resolver() {
  const std::lock_guard hold(shared_->guard);
  shared_->loop = nullptr;
  shared_->waiting.clear();
  shared_->more.notify_all();
}

void resolver::resolve(const std::string& host, answer then) {
  const std::lock_guard hold(shared_->guard);
  if (shared_->waiting.size() >= waiting_max) {
    shared_->loop->post([then = std::move(then)] { then({}, "too many names at once"); });
    return;
  }
  shared_->waiting.push_back({host, std::move(then)});
  if (!shared_->started) {
    shared_->started = true;
    // Signals are the loop's: a new thread inherits the mask.
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([all_of_it = shared_] { work(all_of_it); }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  shared_->more.notify_one();
}

void resolver::work(const std::shared_ptr<shared>& all) {
  std::unique_lock hold(all->guard);
  while (all->loop != nullptr) {
    if (all->waiting.empty()) {
      all->more.wait(hold);
      continue;
    }
    shared::question q = std::move(all->waiting.front());
    all->waiting.pop_front();
    hold.unlock();
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(q.host.c_str(), nullptr, &hints, &found);
    std::vector<ip_address> addresses;
    for (const addrinfo* a = found; a != nullptr; a = a->ai_next)
      if (const auto e = from_socket_address(a->ai_addr))
        if (std::find(addresses.begin(), addresses.end(), e->address) == addresses.end())
          addresses.push_back(e->address);
    if (found != nullptr) ::freeaddrinfo(found);
    hold.lock();
    if (all->loop == nullptr) return;
    all->loop->post([then = std::move(q.then), addresses = std::move(addresses),
                     why = std::string(error == 0 ? "" : ::gai_strerror(error))]() mutable {
      then(std::move(addresses), std::move(why));
    });
  }
}

}  // namespace wh::real
