#pragma once

#include <string>

/// For programs with tests/real/support/isolated_main.cpp.
namespace wh::test {

/// The program says what it needs that is not here; empty: it can run.
std::string reason_to_skip();

bool loopback_up();

/// One more network namespace, with its loopback interface up.
class network_namespace {
 public:
  network_namespace();
  ~network_namespace();
  network_namespace(const network_namespace&) = delete;
  network_namespace& operator=(const network_namespace&) = delete;

  /// For programs: `ip link set X netns PATH`.
  std::string path() const;

  /// What `f` makes is made in there: sockets, interfaces, processes.
  template <class F>
  auto inside(F&& f) const {
    struct back {
      const network_namespace& n;
      ~back() { n.leave(); }
    } b{*this};
    enter();
    return f();
  }

 private:
  void enter() const;
  void leave() const;
  int own_ = -1, before_ = -1;
};

}  // namespace wh::test
