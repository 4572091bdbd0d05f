#pragma once

#include <filesystem>
#include <string>

#include "transport/expected.hpp"

namespace wh::sim {

/// The folder that a run writes into: made where it is not, locked against other runs for as long
/// as this object lives, and rid of what an earlier run left in it.
class run_folder {
 public:
  /// An error says what is wrong, and names the folder.
  static expected<run_folder, std::string> take(const std::filesystem::path& path);
  run_folder(run_folder&& other) noexcept;
  run_folder& operator=(run_folder&&) = delete;
  ~run_folder();

  const std::filesystem::path& path() const { return path_; }

 private:
  run_folder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_;
};

}  // namespace wh::sim
