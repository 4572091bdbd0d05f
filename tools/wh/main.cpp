// wh: keys, network files, and talking to the daemon.

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/wh/command.hpp"
#include "tools/wh/daemon.hpp"
#include "transport/text.hpp"

namespace wh::cli {

namespace {

// clang-format off
constexpr command commands[] = {
    {"genkey", "[NETWORK-FILE | workbit N [namespace NS]] [threads T] [force]\n"
     "       wh genkey --delegate-request [NETWORK-FILE | workbit N ...] [keep FILE]\n"
     "       wh genkey --delegate-serve [threads T] [force]\n"
     "       wh genkey --delegate-combine [keep FILE]",
     "search a private key with enough proof of work",
     "Prints a private key in standard base64, as `wg genkey` does, whose public key\n"
     "has at least N leading zero bits of BLAKE2b-256(key || NS). NETWORK-FILE says N\n"
     "and NS; without it N is 8 and NS is public. T threads search, as many as there\n"
     "are processors when not said. Progress is shown on standard error when it is a\n"
     "terminal; Ctrl-C ends the search and leaves nothing.\n\n"
     "    umask 077; wh genkey ./network > sk\n\n"
     "Cost: a key takes 2^N tries on average, so each bit doubles it; one search in\n"
     "twenty takes three times as long. One core makes ten to thirty million tries\n"
     "a second: N = 20 takes a tenth of a second, 26 up to ten seconds, 30 up to two\n"
     "minutes, 40 a day. `wh bench keys` says what it is on this machine, and what an\n"
     "attacker pays. What would take more than two years is refused without `force`.\n\n"
     "A machine too weak to search can have another one do it, which does not learn\n"
     "the key. The weak one makes a request, and keeps a private part in a file (of\n"
     "mode 0600, in this folder unless `keep` says where); the strong one reads the\n"
     "request and prints an answer; the weak one reads the answer, checks it, prints\n"
     "the private key, and deletes the private part.\n\n"
     "    weak:    wh genkey --delegate-request workbit 26 > request\n"
     "    strong:  wh genkey --delegate-serve < request > answer\n"
     "    weak:    umask 077; wh genkey --delegate-combine < answer > sk\n", run_genkey},
    {"pubkey", "",
     "the public key of the private key on standard input",
     "Reads a private key in base64, either alphabet, padded or not, and prints the\n"
     "public key in URL-safe base64 without padding, as network files have it.\n\n"
     "    wh pubkey < sk\n", run_pubkey},
    {"workbit", "[NETWORK-FILE | workbit N | namespace NS] [keys FILE] [--json]",
     "the proof of work of the public keys on standard input",
     "Prints the number of leading zero bits of BLAKE2b-256(key || NS), a line for\n"
     "each key; FILE or standard input has one key a line, up to a million.\n"
     "NETWORK-FILE says NS; without it NS is public.\n"
     "Exit code 1: N is said and a key has less.\n\n"
     "    wh genkey workbit 16 | wh pubkey | wh workbit\n"
     "    wh workbit workbit 26 keys ./members --json\n", run_workbit},
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
    {"bench", "keys [--json]",
     "how fast this machine searches keys, and what a workbit costs",
     "Measures this program's key search and the method of WireHub of 2019 in turns,\n"
     "on one core: candidates a second, their ratio, what share is curve and what is\n"
     "hash. Then a table of what a key takes on average, here and for an attacker.\n"
     "Takes about four seconds.\n", run_bench},
    {"up", "NETWORK-FILE [private-key FILE] [WORD...]",
     "bring this host into a network: starts the daemon",
     "The same as `wh-real up`; `wh-real up --help` lists the words.\n\n"
     "    wh up ./network private-key ./sk\n", run_up},
    {"down", "[IF]",
     "end a daemon and undo all that it made",
     "IF may be left out where one daemon runs. Returns when it is down.\n", run_down},
    {"show", "[IF | all | interfaces] [--json]",
     "the state of the daemons, their peers and paths",
     "Without a word, of all daemons. Of each peer: the kind of its path, where it is,\n"
     "the round trip, who relays, and why it is not direct. `wh` alone does the\n"
     "same where a daemon runs.\n"
     "--json prints an object for one interface, an array for all.\n", run_show},
    {"why", "[IF] NAME [--json]",
     "why the path to a member is as it is",
     "What was seen of both NATs, what was tried, what blocks a direct path, and when\n"
     "it is tried again. NAME is a member's name, its address, its key, or the\n"
     "beginning of the key.\n", run_why},
    {"ping", "[IF] NAME [--json]",
     "whether a member answers, by which way, and how fast",
     "Makes a path where there is none. Not through WireGuard: it asks the other\n"
     "daemon. Exit code 1 when there is no answer within 5 s.\n", run_ping},
    {"lookup", "[IF] NAME | KEY [--json]",
     "what the DHT says of a member, or of any key",
     "Prints a line for each endpoint, `direct IP:PORT` or `nat IP:PORT`, and for each\n"
     "relay, `relay KEY IP:PORT`. Exit code 1 when nothing is found.\n", run_lookup},
    {"resolve", "NAME | IP | KEY [--json]",
     "the address of a member, or the name of an address",
     "Asks all daemons of this host. A line for each network that knows it.\n", run_resolve},
    {"reload", "[IF | all]",
     "have a daemon read its network file again",
     "Members that are new, gone, or changed are so at once; sessions with the others\n"
     "go on. A changed namespace or workbit is refused.\n", run_reload},
    {"forget", "[IF] NAME",
     "begin anew with a member: drop what is known of its path",
     "The next packet to it looks it up again.\n", run_forget},
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
  std::vector<std::string_view> names;
  for (const command& c : commands) names.push_back(c.name);
  const auto near = nearest_name(name, names);
  std::fprintf(stderr, "wh: there is no command `%.*s`; %s\n", static_cast<int>(name.size()),
               name.data(),
               near.empty() ? "`wh help` lists them" : ("did you mean `" + near + "`?").c_str());
  return bad_input;
}

int dispatch(arguments args) {
  if (args.empty()) {
    if (any_daemon_runs()) return run_show(*find("show"), {});
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
  int code = wh::cli::did_not_hold;
  try {
    code = wh::cli::dispatch(args);
  } catch (const nlohmann::json::exception& e) {
    // Nothing but daemons' answers is read in a way that throws.
    std::fflush(stdout);
    std::fprintf(
        stderr,
        "wh: the daemon's answer is not one this wh understands; are both of one version? %s\n",
        e.what());
  }
  // A full disk must not look like success.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    return wh::cli::input_error(std::string("standard output: ") + std::strerror(errno));
  return code;
}
