#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>
#include <sstream>
#include <thread>

#include "sim/main/run_one.hpp"

namespace wh::sim {
namespace {

struct child {
  std::uint64_t seed = 0;
  std::filesystem::path folder;
  pid_t pid = -1;
  bool started = false, ended = false;
  int code = 2;
  std::string died;  ///< of what, when it did not end by itself
};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

int run_many(const scenario& s, const std::filesystem::path& folder, const run_command& c,
             const program_host& host, const std::string& again) {
  std::vector<child> children;
  for (const auto seed : s.seeds) {
    child k;
    k.seed = seed;
    k.folder = folder / ("seed-" + std::to_string(seed));
    children.push_back(std::move(k));
  }
  const auto jobs = c.jobs > 0 ? c.jobs : std::max(1u, std::thread::hardware_concurrency());
  std::size_t next = 0, running = 0, printed = 0;
  int worst = 0;
  const bool plain = !c.json && !c.trace_hash;
  if (c.json) host.out << "[\n";
  host.out << std::flush;
  host.errors << std::flush;

  const auto start = [&](child& k) {
    k.started = true;
    std::error_code bad;
    std::filesystem::create_directories(k.folder, bad);
    if (bad) {
      k.died = "cannot make " + k.folder.string() + ": " + bad.message();
      k.ended = true;
      return;
    }
    k.pid = fork();
    if (k.pid < 0) {
      k.died = std::string("fork: ") + std::strerror(errno);
      k.ended = true;
    } else if (k.pid == 0) {
      // The child's words go to a file: printed in the order of the seeds, whoever ends first.
      int code = 2;
      {
        std::ofstream out(k.folder / "summary.txt", std::ios::trunc);
        std::ofstream errors(k.folder / "errors.txt", std::ios::trunc);
        program_host mine{out,      errors,      host.out_is_terminal, false, host.scenario_folders,
                          host.run, host.context};
        auto quiet = c;
        quiet.progress = false;
        code = run_one(s, k.seed, k.folder, quiet, mine, again);
      }
      _exit(code);
    } else {
      ++running;
    }
  };
  const auto reap = [&] {
    int status = 0;
    const auto pid = waitpid(-1, &status, 0);
    for (auto& k : children) {
      if (pid <= 0 || k.pid != pid || k.ended) continue;
      --running;
      k.ended = true;
      if (WIFEXITED(status)) {
        k.code = WEXITSTATUS(status);
      } else {
        k.code = 1;
        k.died = std::string("died: ") + strsignal(WTERMSIG(status));
      }
    }
    return pid > 0 || errno == EINTR;
  };
  const auto print_ready = [&] {
    for (; printed < children.size() && children[printed].ended; ++printed) {
      const auto& k = children[printed];
      worst = std::max(worst, k.code);
      if (c.json && printed > 0) host.out << ",\n";
      host.out << text_of(k.folder / "summary.txt") << (plain ? "\n" : "") << std::flush;
      host.errors << text_of(k.folder / "errors.txt");
      if (!k.died.empty())
        host.errors << "wh-sim: seed " << k.seed << " " << k.died << "; replay: " << again
                    << " --seed " << k.seed << "\n";
      host.errors << std::flush;
    }
  };

  while (printed < children.size()) {
    while (next < children.size() && running < jobs) start(children[next++]);
    print_ready();
    if (running > 0 && !reap()) break;
    print_ready();
    if (host.errors_are_terminal && printed < children.size())
      host.errors << "\r" << printed << " of " << children.size() << " seeds\x1b[K\r" << std::flush;
  }
  if (c.json) host.out << "]\n";
  if (plain) {
    const auto held = std::count_if(children.begin(), children.end(),
                                    [](const auto& k) { return k.ended && k.code == 0; });
    host.out << held << " of " << children.size() << " seeds held every expectation";
    for (const auto& k : children)
      if (k.code != 0) host.out << "; seed " << k.seed << " did not";
    host.out << "\n";
  }
  host.out << std::flush;
  return worst;
}

}  // namespace wh::sim
