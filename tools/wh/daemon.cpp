#include "tools/wh/daemon.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "real/control/client.hpp"
#include "real/control/paths.hpp"
#include "tools/wh/command.hpp"
#include "tools/wh/show.hpp"
#include "transport/endpoint.hpp"

namespace wh::cli {

namespace {

using json = nlohmann::ordered_json;
// The daemon gives up before: a probe after 5 s, a lookup after some more.
constexpr std::chrono::seconds patience{40};

std::string in_ticks(const std::string& s) { return "`" + s + "`"; }

int failed(const std::string& why) {
  std::fprintf(stderr, "wh: %s\n", why.c_str());
  return did_not_hold;
}

/// Who is not root looks where its own daemons would be, and root's are elsewhere.
std::string no_daemon_runs() {
  const std::string here = real::run_directory();
  const std::string of_root = "/run/wirehub";
  if (here != of_root && !real::running_interfaces(of_root).empty())
    return "no daemon runs in " + here + ", but one does in " + of_root +
           (::geteuid() == 0 ? ": unset WH_RUN_DIR" : "; try as root");
  return "no daemon runs; `wh up NETWORK-FILE` starts one";
}

std::string text_of(const json& j, const char* key) {
  return j.contains(key) && j[key].is_string() ? j[key].get<std::string>() : "";
}

/// The words `[IF] ...` of a command for one daemon, and `--json`.
struct daemon_words {
  std::string interface;
  std::vector<std::string> rest;
  bool as_json = false;
};

/// Takes IF where it is said, or the only daemon that runs. `rest_count` words follow it. Empty,
/// with the reason on stderr and the exit code in `code`, when that makes no sense.
std::optional<daemon_words> parse_daemon_words(const command& c, arguments args,
                                               std::size_t rest_count, int& code) {
  daemon_words w;
  for (const std::string_view a : args) {
    if (a == "--json")
      w.as_json = true;
    else
      w.rest.emplace_back(a);
  }
  const auto fail = [&](const std::string& why) {
    code = usage_error(c, why);
    return std::nullopt;
  };
  if (w.rest.size() > rest_count + 1) return fail("too many words");
  if (w.rest.size() < rest_count) return fail("who?");
  if (w.rest.size() == rest_count + 1) {
    w.interface = w.rest.front();
    w.rest.erase(w.rest.begin());
    if (!real::valid_interface_name(w.interface))
      return fail(in_ticks(w.interface) + " is no name of an interface");
    return w;
  }
  const auto all = real::running_interfaces(real::run_directory());
  if (all.size() == 1) {
    w.interface = all.front();
    return w;
  }
  if (all.empty()) {
    code = failed(no_daemon_runs());
    return std::nullopt;
  }
  std::string names;
  for (const std::string& n : all) names += " " + n;
  return fail("several daemons run; say which:" + names);
}

/// Asks a daemon. Empty, with the reason on stderr and the exit code in `code`, when it did not
/// answer, or said no.
std::optional<json> ask(const std::string& interface, const json& request, int& code) {
  const auto line =
      real::ask_daemon(real::socket_path(real::run_directory(), interface),
                       request.dump(-1, ' ', false, json::error_handler_t::replace), patience);
  if (!line) {
    code = failed(line.error());
    return std::nullopt;
  }
  json j = json::parse(*line, nullptr, false);
  if (j.is_object() && j.value("ok", false)) return j;
  const bool input = j.is_object() && j.value("code", 1) == 2;
  const std::string why = j.is_object() ? text_of(j, "error") : "";
  code = failed(!why.empty()       ? why
                : j.is_discarded() ? "the daemon's answer is no JSON"
                                   : "the daemon's answer is not one this wh understands");
  if (input) code = bad_input;
  return std::nullopt;
}

/// A command about one peer: `[IF] NAME [--json]`, and how its answer is printed.
template <class F>
int about_peer(const command& c, arguments args, F&& print) {
  int code = done;
  const auto words = parse_daemon_words(c, args, 1, code);
  if (!words) return code;
  const auto answer = ask(words->interface, {{"command", c.name}, {"who", words->rest[0]}}, code);
  if (!answer) return code;
  if (words->as_json)
    std::puts(answer->dump(2).c_str());
  else
    print(*answer);
  return done;
}

}  // namespace

bool any_daemon_runs() { return !real::running_interfaces(real::run_directory()).empty(); }

int run_up(const command&, arguments args) {
  // The daemon is a program of its own, beside this one.
  std::error_code trouble;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", trouble);
  const std::string beside = trouble ? "" : (self.parent_path() / "wh-real").string();
  std::vector<std::string> words{"wh-real", "up"};
  for (const std::string_view a : args) words.emplace_back(a);
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  if (!beside.empty() && ::access(beside.c_str(), X_OK) == 0) ::execv(beside.c_str(), argv.data());
  ::execvp("wh-real", argv.data());
  return failed(std::string("the program wh-real, which is the daemon: ") + std::strerror(errno));
}

int run_show(const command& c, arguments args) {
  bool as_json = false;
  std::vector<std::string> names;
  for (const std::string_view a : args) {
    if (a == "--json")
      as_json = true;
    else
      names.emplace_back(a);
  }
  if (names.size() > 1) return usage_error(c, "one interface, or `all`, or `interfaces`");
  const std::string which = names.empty() ? "all" : names[0];
  auto interfaces = real::running_interfaces(real::run_directory());
  if (which == "interfaces") {
    for (const std::string& n : interfaces) std::puts(n.c_str());
    return done;
  }
  if (which != "all") {
    if (!real::valid_interface_name(which))
      return usage_error(c, in_ticks(which) + " is no name of an interface");
    interfaces = {which};
  }
  if (interfaces.empty()) return failed(no_daemon_runs());
  int code = done;
  json all = json::array();
  for (const std::string& n : interfaces)
    if (auto answer = ask(n, {{"command", "show"}}, code)) all.push_back(answer->at("status"));
  if (as_json)
    std::puts((which == "all" || all.empty() ? all : all[0]).dump(2).c_str());
  else
    print_status(all.dump());
  return code;
}

int run_down(const command& c, arguments args) {
  int code = done;
  const auto words = parse_daemon_words(c, args, 0, code);
  if (!words) return code;
  if (!ask(words->interface, {{"command", "down"}}, code)) return code;
  // It is down when nobody has its lock: until then an `up` would be refused.
  const std::string lock = real::lock_path(real::run_directory(), words->interface);
  for (int i = 0; i < 500; ++i) {
    if (::access(lock.c_str(), F_OK) != 0) return done;
    ::usleep(20'000);
  }
  return failed("the daemon of " + words->interface + " takes more than 10 s to end");
}

int run_reload(const command& c, arguments args) {
  int code = done;
  const bool all = args.size() == 1 && args[0] == "all";
  std::vector<std::string> interfaces;
  if (all) {
    interfaces = real::running_interfaces(real::run_directory());
    if (interfaces.empty()) return failed(no_daemon_runs());
  } else {
    const auto words = parse_daemon_words(c, args, 0, code);
    if (!words) return code;
    interfaces = {words->interface};
  }
  for (const std::string& n : interfaces)
    if (const auto answer = ask(n, {{"command", "reload"}}, code))
      std::printf("%s: %s\n", n.c_str(), text_of(*answer, "changed").c_str());
  return code;
}

int run_lookup(const command& c, arguments args) {
  return about_peer(c, args, [](const json& j) { print_record(j.at("record").dump()); });
}

int run_ping(const command& c, arguments args) {
  return about_peer(c, args, [](const json& j) { print_ping(j.dump()); });
}

int run_why(const command& c, arguments args) {
  return about_peer(c, args, [](const json& j) { print_why(j.at("why").dump()); });
}

int run_forget(const command& c, arguments args) {
  return about_peer(c, args, [](const json&) {});
}

int run_resolve(const command& c, arguments args) {
  bool as_json = false;
  std::vector<std::string> words;
  for (const std::string_view a : args) {
    if (a == "--json")
      as_json = true;
    else
      words.emplace_back(a);
  }
  if (words.size() != 1) return usage_error(c, "one name, address or key");
  const auto interfaces = real::running_interfaces(real::run_directory());
  if (interfaces.empty()) return failed(no_daemon_runs());
  // In the order of interfaces; whoever is a member of several networks has several lines.
  std::string why;
  json all = json::array();
  for (const std::string& n : interfaces) {
    const auto line = real::ask_daemon(real::socket_path(real::run_directory(), n),
                                       json{{"command", "resolve"}, {"who", words[0]}}.dump(
                                           -1, ' ', false, json::error_handler_t::replace),
                                       patience);
    json j = line ? json::parse(*line, nullptr, false) : json();
    if (j.is_object() && j.value("ok", false)) {
      j.erase("ok");
      j["interface"] = n;
      all.push_back(std::move(j));
    } else if (why.empty()) {
      why = line ? text_of(j, "error") : line.error();
    }
  }
  if (all.empty()) return failed(why);
  if (as_json) {
    std::puts(all.dump(2).c_str());
    return done;
  }
  const bool is_address = ip_address::parse(words[0]).has_value();
  for (const json& j : all) {
    const std::string name = text_of(j, "name");
    std::puts(
        (is_address ? (name.empty() ? text_of(j, "key") : name) : text_of(j, "address")).c_str());
  }
  return done;
}

}  // namespace wh::cli
