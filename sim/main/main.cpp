#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "sim/main/command_line.hpp"
#include "sim/main/names.hpp"
#include "sim/main/program.hpp"
#include "sim/world/run.hpp"

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  auto parsed = wh::sim::parse_command_line(argc, argv);
  if (const auto* end = std::get_if<wh::sim::command_line_end>(&parsed)) {
    (end->code == 0 ? std::cout : std::cerr) << end->text << std::flush;
    return end->code;
  }
  // NO_COLOR: https://no-color.org
  const bool colour = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  const wh::sim::program_host host{
      std::cout,
      std::cerr,
      colour,
      isatty(STDERR_FILENO) != 0,
      {fs::path("scenarios"), fs::path(WH_SCENARIOS_DIR)},
      wh::sim::run,
      wh::sim::names_of_this_build(wh::sim::event_kinds()),
      wh::sim::consult_oracle,
  };
  const int code = wh::sim::run_program(std::get<wh::sim::command>(parsed), host);
  // A full disk must not look like success.
  if (!std::cout.flush()) {
    std::cerr << "wh-sim: cannot write to standard output; is the disk full?\n";
    return 2;
  }
  return code;
}
