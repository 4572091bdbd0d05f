#pragma once

#include <cstdio>
#include <span>
#include <string>
#include <string_view>

/// The frame of the `wh` program: a table of commands, and what each one returns.
namespace wh::cli {

/// What scripts rely on.
enum exit_code : int {
  done = 0,
  did_not_hold = 1,  // asked, answered: no
  bad_input = 2,     // usage, or something that cannot be read
};

using arguments = std::span<const std::string_view>;

struct command {
  std::string_view name;
  /// What follows the name.
  std::string_view synopsis;
  /// One line for `wh help`.
  std::string_view summary;
  /// The rest of `wh NAME --help`, lines of at most 80 characters.
  std::string_view details;
  int (*run)(const command&, arguments);
};

int run_genkey(const command&, arguments);
int run_pubkey(const command&, arguments);
int run_workbit(const command&, arguments);
int run_orchid(const command&, arguments);
int run_check(const command&, arguments);
int run_bench(const command&, arguments);
int run_up(const command&, arguments);
int run_show(const command&, arguments);
int run_down(const command&, arguments);
int run_reload(const command&, arguments);
int run_lookup(const command&, arguments);
int run_ping(const command&, arguments);
int run_resolve(const command&, arguments);
int run_why(const command&, arguments);
int run_forget(const command&, arguments);

/// Says on stderr what is wrong and how the command is used; returns `bad_input`.
int usage_error(const command& c, const std::string& what);
/// Says on stderr what is wrong; returns `bad_input`.
int input_error(const std::string& what);

}  // namespace wh::cli
