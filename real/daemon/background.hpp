#pragma once

#include <memory>

namespace wh::real {

/// The process goes on in the background: the one that the shell started waits until it is told how
/// the start went, and ends with that exit code.
class background {
 public:
  /// Returns in the daemon only: a session of its own, no terminal, and still the old standard
  /// error for what goes wrong at the start. Throws std::system_error.
  static background enter();
  background(background&& other) noexcept;
  background& operator=(background&&) = delete;
  /// Dropped without a word, the waiting process ends with code 1.
  ~background();

  /// The start is over. With code 0 the standard streams are let go.
  void report(int exit_code);

 private:
  explicit background(int pipe) : pipe_(pipe) {}
  int pipe_;
};

}  // namespace wh::real
