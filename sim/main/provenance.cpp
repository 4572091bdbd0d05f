#include "sim/main/provenance.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <thread>

#include <build_info.hpp>
#include "transport/crypto.hpp"

namespace wh::sim {
namespace {

#if defined(__clang__)
constexpr const char* compiler = "clang++ " __clang_version__;
#else
constexpr const char* compiler = "g++ " __VERSION__;
#endif

std::string hash_of(std::string_view text) {
  fixed_bytes<32> h{};
  sodium_crypto().hash(h, {view(text)});
  return to_hex(h);
}

std::string processor_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name"))
      if (const auto colon = line.find(": "); colon != std::string::npos)
        return line.substr(colon + 2);
  return "unknown";
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

provenance provenance_of(const scenario& s, const std::vector<std::string>& set) {
  provenance p;
  p.version = build::version;
  p.commit = build::commit;
  p.compiler = compiler;
  for (const input_file& i : s.inputs) p.inputs.push_back({i.name, hash_of(i.text), i.text});
  p.set = set;
  utsname system{};
  if (uname(&system) == 0) {
    p.host = system.nodename;
    p.kernel = std::string(system.sysname) + " " + system.release;
  }
  p.processor = processor_name();
  p.cores = std::thread::hardware_concurrency();
  p.started = utc_now();
  return p;
}

std::string build_commit() { return build::commit; }

std::string version_text() {
  const std::string commit = build::commit;
  return std::string(build::version) + " (" +
         (commit == "unknown" ? "commit unknown" : commit.substr(0, 7) + commit.substr(40)) + ")";
}

}  // namespace wh::sim
