#pragma once

#include <string>
#include <utility>

/// Network namespaces for a test that runs isolated (support/isolation.hpp).
namespace wh::test {

/// Runs a shell command; throws std::runtime_error with its words when it fails.
void shell(const std::string& command);

/// A network namespace, known to `ip` by its name.
class net_space {
 public:
  explicit net_space(std::string name);
  ~net_space();
  net_space(const net_space&) = delete;
  net_space& operator=(const net_space&) = delete;

  const std::string& name() const { return name_; }
  /// `ip` in here.
  void ip(const std::string& words) const { shell("ip -n " + name_ + " " + words); }
  /// A shell command in here.
  void run(const std::string& command) const;

  /// What `f` makes, sockets say, belongs to this namespace.
  template <class F>
  auto within(F f) const {
    const visit here{fd_};
    return f();
  }

 private:
  class visit {
   public:
    explicit visit(int there);
    ~visit();

   private:
    int back_;
  };
  std::string name_;
  int fd_ = -1;
};

/// A cable between two namespaces.
void connect(const net_space& a, const std::string& interface_a, const net_space& b,
             const std::string& interface_b);

}  // namespace wh::test
