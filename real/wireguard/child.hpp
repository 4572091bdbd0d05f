#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "real/runtime/reactor.hpp"
#include "transport/expected.hpp"

namespace wh::real {

/// A program that runs beside us: started, or already there, and watched until it ends.
///
/// What it writes to its standard error is handed on line by line. It goes by a datagram socket,
/// not a pipe: when we are killed and it lives on, a write then fails, where a pipe would kill it
/// too.
class child {
 public:
  struct words {
    std::function<void(std::string)> said;   ///< a line of its standard error
    std::function<void(std::string)> ended;  ///< how: "exit code 1", "signal 9 (Killed)", "gone"
  };
  /// Starts a program with these arguments (the first is its path) and variables added to the
  /// environment. It gets a process group of its own: a terminal's Ctrl-C is ours alone.
  static expected<std::unique_ptr<child>, std::string> start(
      reactor& r, const std::vector<std::string>& arguments,
      const std::vector<std::string>& environment, words w);
  /// Watches a process that somebody else started.
  static expected<std::unique_ptr<child>, std::string> adopt(reactor& r, pid_t p, words w);
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  /// The program lives on.
  ~child();

  pid_t pid() const { return pid_; }
  /// Waits for its end, so long at most; takes in what it says meanwhile. True when it ended.
  bool wait(std::chrono::milliseconds longest);
  /// Asks it to end, waits, ends it; `ended` is not called.
  void stop();
  /// Its last line on standard error.
  const std::string& last_words() const { return last_words_; }

 private:
  child(reactor& r, words w) : reactor_(r), words_(std::move(w)) {}
  bool watch_end(pid_t p);
  void listen();
  std::string reap();

  reactor& reactor_;
  words words_;
  pid_t pid_ = -1;
  int end_ = -1;     // readable when the process has ended
  int errors_ = -1;  // its standard error
  std::string last_words_;
};

/// The program's path, by PATH and the folders where root's programs lie; empty when it is nowhere.
std::string find_program(const std::string& name);

}  // namespace wh::real
