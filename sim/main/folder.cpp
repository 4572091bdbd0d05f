#include "sim/main/folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace wh::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view lock_name = ".lock";

/// What runs write; nothing else in the folder is touched.
bool is_ours(std::string_view name) {
  static constexpr std::string_view names[] = {
      "report.json", "report.html", "report.json.part", "report.html.part", "aggregate.json",
      "trace",       "summary.txt", "errors.txt",       "internet.pcap",    "run.sqlite",
      "pairs.csv",   "hosts.csv",   "lookups.csv",      "steps.csv",        "outages.csv"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names) ||
         (name.starts_with("flow") && name.ends_with(".mmd"));
}

bool is_seed_folder(const fs::directory_entry& e) {
  const auto name = e.path().filename().string();
  return e.is_directory() && name.starts_with("seed-") &&
         std::all_of(name.begin() + 5, name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void sweep(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> files, folders;
  for (const auto& e : fs::directory_iterator(folder, ignored)) {
    if (e.is_regular_file(ignored) && is_ours(e.path().filename().string()))
      files.push_back(e.path());
    else if (is_seed_folder(e))
      folders.push_back(e.path());
  }
  for (const auto& f : files) fs::remove(f, ignored);
  for (const auto& f : folders) {
    sweep(f);
    fs::remove(f / lock_name, ignored);
    fs::remove(f, ignored);  // only when nothing of somebody else's is left
  }
}

}  // namespace

expected<run_folder, std::string> run_folder::take(const fs::path& path) {
  std::error_code bad;
  fs::create_directories(path, bad);
  if (bad) return unexpected("cannot make " + path.string() + ": " + bad.message());
  const auto lock = path / lock_name;
  const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return unexpected("cannot write into " + path.string() + ": " + std::strerror(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return unexpected("another run writes into " + path.string() +
                      "; wait for it, or give this one a folder of its own: --out DIR");
  }
  sweep(path);
  return run_folder(path, fd);
}

run_folder::run_folder(run_folder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

run_folder::~run_folder() {
  // The file stays: were it removed, two who had opened it before and after could both have it.
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace wh::sim
