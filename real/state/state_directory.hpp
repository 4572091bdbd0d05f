#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "transport/expected.hpp"
#include "transport/ports.hpp"

namespace wh::real {

/// Kept values as files of one directory (0700), which one process at a time may have open.
///
/// A file (0600) is written beside, synced, and renamed into place:
///
///     +---------------------+----------------------------+---------------+
///     | "wirehub state 1\n" | BLAKE2b-256 of name, value | value ...     |
///     +---------------------+----------------------------+---------------+
///
/// What does not carry its own hash (a part, a flipped bit, another value's file) is as good as
/// absent. So `load` after a crash at any point gives the value before or the value after.
///
/// Trouble of the disk ends nothing: it is told to `report`, once until it is over, and the old
/// value stays.
class state_directory final : public state_store {
 public:
  struct options {
    std::function<void(std::string)> report = [](const std::string&) {};
    /// For tests: called before each step of a write with the step's name.
    std::function<void(std::string_view)> step = [](std::string_view) {};
  };

  /// Makes what is missing of `path` and locks it until destruction. The error says what is wrong
  /// and what to do, for people.
  static expected<std::unique_ptr<state_directory>, std::string> open(const std::string& path,
                                                                      options o);
  state_directory(const state_directory&) = delete;
  state_directory& operator=(const state_directory&) = delete;
  ~state_directory() override;

  std::optional<bytes> load(std::string_view name) const override;
  void save(std::string_view name, bytes value) override;

  const std::string& path() const { return path_; }
  /// The largest value that is kept; a larger one is reported and not written.
  static constexpr std::size_t value_max = 16 << 20;
  /// The file of a name: letters, digits, `-` and `_` as they are, the rest as %XX; a long name
  /// by its hash.
  static std::string file_name(std::string_view name);

 private:
  state_directory(std::string path, options o) : path_(std::move(path)), options_(std::move(o)) {}

  std::string write(const std::string& file, byte_view content);
  void complain(const std::string& file, const std::string& problem) const;

  std::string path_;
  options options_;
  int directory_ = -1;
  int lock_ = -1;
  std::map<std::string, fixed_bytes<32>, std::less<>> saved_;  // by file: the hash it was given
  mutable std::map<std::string, std::string> troubles_;        // by file: what was reported
};

}  // namespace wh::real
