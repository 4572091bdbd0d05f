// wh-real: the daemon.

#include <cstdio>
#include <string_view>
#include <vector>

#include "real/daemon/up.hpp"
#include "real/daemon/up_options.hpp"

namespace {

int help(std::FILE* to) {
  std::fprintf(to,
               "usage: wh-real up %s\n\n%s\n"
               "`wh` talks to it: `wh show`, `wh why b.test`, `wh down`; `wh help` lists all.\n"
               "SIGHUP reads the network file again, SIGINT and SIGTERM undo all that was made.\n"
               "Exit codes: 0 done, 1 it did not hold, 2 usage or bad input.\n",
               wh::real::up_synopsis, wh::real::up_details);
  return to == stdout ? 0 : 2;
}

bool asks_for_help(std::string_view word) {
  return word == "--help" || word == "-h" || word == "help";
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (args.empty()) return help(stderr);
  if (asks_for_help(args[0])) return help(stdout);
  if (args[0] == "--version" || args[0] == "version") {
    std::puts("wh-real " WH_VERSION);
    return 0;
  }
  if (args[0] != "up") {
    std::fprintf(stderr, "wh-real: there is no command `%.*s`; it knows `up`\n",
                 static_cast<int>(args[0].size()), args[0].data());
    return 2;
  }
  for (const std::string_view a : args)
    if (a == "--help" || a == "-h") return help(stdout);
  return wh::real::run_up(std::span(args).subspan(1));
}
