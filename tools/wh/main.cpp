// wh: keys, network files, and talking to the daemon.

#include <cerrno>
#include <cstring>
#include <vector>

#include "tools/wh/command.hpp"

namespace wh::cli {

namespace {

// clang-format off
constexpr command commands[] = {
    {"genkey", "[NETWORK-FILE | workbit N [namespace NS]] [threads T]",
     "search a private key with enough proof of work",
     "Prints a private key in standard base64, as `wg genkey` does, whose public key\n"
     "has at least N leading zero bits of BLAKE2b-256(key || NS). Each bit more takes\n"
     "twice as long. NETWORK-FILE says N and NS; without it N is 8 and NS is public.\n"
     "T threads search, as many as there are processors when not said.\n"
     "Progress is shown on standard error when it is a terminal.\n\n"
     "    umask 077; wh genkey ./network > sk\n", run_genkey},
    {"pubkey", "",
     "the public key of the private key on standard input",
     "Reads a private key in base64, either alphabet, padded or not, and prints the\n"
     "public key in URL-safe base64 without padding, as network files have it.\n\n"
     "    wh pubkey < sk\n", run_pubkey},
    {"workbit", "[NETWORK-FILE | namespace NS]",
     "the proof of work of the public key on standard input",
     "Prints the number of leading zero bits of BLAKE2b-256(key || NS). NETWORK-FILE\n"
     "says NS; without it NS is public.\n\n"
     "    wh genkey workbit 16 | wh pubkey | wh workbit\n", run_workbit},
    {"orchid", "[NETWORK-FILE | namespace NS]",
     "the ORCHID of the public key on standard input",
     "Prints an IPv6 address under 2001:1000::/20 made of BLAKE2b-256(NS || key):\n"
     "a name for the key, not an address to reach it at.\n", run_orchid},
    {"check", "NETWORK-FILE [--json]",
     "read a network file and show what it says",
     "Shows the network, its members with their addresses, where they can be reached,\n"
     "and the proof of work of every key. `-` reads standard input.\n"
     "Exit code 0: all is well. 1: a key has less proof of work than asked for.\n"
     "2: the file is wrong; each such line is shown with the place underlined.\n", run_check},
};
// clang-format on

void print_help(std::FILE* to) {
  std::fputs("usage: wh COMMAND ...\n\n", to);
  for (const command& c : commands)
    std::fprintf(to, "  %-10.*s %.*s\n", static_cast<int>(c.name.size()), c.name.data(),
                 static_cast<int>(c.summary.size()), c.summary.data());
  std::fputs(
      "  help       this text\n\n"
      "`wh COMMAND --help` tells more. Exit codes: 0 done, 1 it did not hold,\n"
      "2 usage or bad input.\n",
      to);
}

std::string usage(const command& c) {
  return "usage: wh " + std::string(c.name) + (c.synopsis.empty() ? "" : " ") +
         std::string(c.synopsis) + "\n";
}

int print_command_help(const command& c) {
  std::fputs((usage(c) + "\n" + std::string(c.details)).c_str(), stdout);
  return done;
}

const command* find(std::string_view name) {
  for (const command& c : commands)
    if (c.name == name) return &c;
  return nullptr;
}

int unknown(std::string_view name) {
  std::fprintf(stderr, "wh: there is no command `%.*s`; `wh help` lists them\n",
               static_cast<int>(name.size()), name.data());
  return bad_input;
}

int dispatch(arguments args) {
  if (args.empty()) {
    print_help(stderr);
    return bad_input;
  }
  const std::string_view name = args[0];
  if (name == "--version" || name == "version") {
    std::puts("wh " WH_VERSION);
    return done;
  }
  if (name == "help" || name == "--help" || name == "-h") {
    if (args.size() > 1) {
      const command* c = find(args[1]);
      return c ? print_command_help(*c) : unknown(args[1]);
    }
    print_help(stdout);
    return done;
  }
  const command* c = find(name);
  if (!c) return unknown(name);
  for (const std::string_view a : args.subspan(1))
    if (a == "--help" || a == "-h") return print_command_help(*c);
  return c->run(*c, args.subspan(1));
}

}  // namespace

int usage_error(const command& c, const std::string& what) {
  std::fprintf(stderr, "wh %s: %s\n%s", std::string(c.name).c_str(), what.c_str(),
               usage(c).c_str());
  return bad_input;
}

int input_error(const std::string& what) {
  std::fprintf(stderr, "wh: %s\n", what.c_str());
  return bad_input;
}

}  // namespace wh::cli

int main(int argc, char** argv) {
  const std::vector<std::string_view> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  const int code = wh::cli::dispatch(args);
  // A full disk must not look like success.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    return wh::cli::input_error(std::string("standard output: ") + std::strerror(errno));
  return code;
}
