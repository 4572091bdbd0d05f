#include "real/daemon/up_options.hpp"

#include <set>

#include "actors/proto/network/words.hpp"
#include "real/control/paths.hpp"

namespace wh::real {

const char* const up_synopsis =
    "NETWORK-FILE [private-key FILE] [interface IF] [listen-port P]\n"
    "       [mode unknown|direct|nat] [capture pcap|raw|nft] [userspace]\n"
    "       [relay-rate MBIT] [state-dir DIR] [hosts FILE|none] [log FILE]\n"
    "       [log-level LEVEL] [foreground]";

const char* const up_details =
    "Brings this host into the network that NETWORK-FILE describes, and returns when\n"
    "it is up; the daemon goes on in the background.\n\n"
    "  private-key FILE   this host's key, as `wh genkey` prints it. Without it a new\n"
    "                     key is searched that nobody knows: a DHT and relay node.\n"
    "  interface IF       default: wh- and the first 8 characters of the public key\n"
    "  listen-port P      default: the port that the file gives for this key, else\n"
    "                     the one of the last time, else a random one\n"
    "  mode               unknown: find out whether others reach this host (default);\n"
    "                     direct: they do (default where the file gives an endpoint\n"
    "                     for this key); nat: they do not\n"
    "  capture            how our datagrams are told from WireGuard's on its port;\n"
    "                     default: raw beside the kernel's WireGuard, nft beside\n"
    "                     wireguard-go, or the other one where that does not work\n"
    "  userspace          wireguard-go, even where the kernel has WireGuard\n"
    "  relay-rate MBIT    what each peer that we relay for may send, in Mbit/s;\n"
    "                     0: relay for nobody; default: 32\n"
    "  state-dir DIR      default: /var/lib/wirehub/IF\n"
    "  hosts FILE|none    where members' names are written; default: /etc/hosts\n"
    "  log FILE           default: the system's log; standard error in the foreground\n"
    "  log-level LEVEL    error, warning, info (default) or debug\n"
    "  foreground         stay, and log to standard error\n\n"
    "A key that the file does not name as a member, and a file without a subnet, make\n"
    "a node that serves the DHT and relays, on a plain UDP port, without WireGuard.\n"
    "Environment: FG=y is foreground, LOG=0|1|2 is log-level warning|info|debug,\n"
    "WH_LOGPATH is log, WH_RUN_DIR is where control sockets lie (/run/wirehub).\n\n"
    "    wh up ./network private-key ./sk\n";

namespace {

std::string quoted(std::string_view word) { return "`" + std::string(word) + "`"; }

std::optional<nat::mode> parse_mode(std::string_view word) {
  if (word == "unknown") return nat::mode::unknown;
  if (word == "direct") return nat::mode::direct;
  if (word == "nat") return nat::mode::behind_nat;
  return std::nullopt;
}

/// What one word with a value says; the error tells what values there are.
expected<void, std::string> take(up_options& o, std::string_view word, std::string_view value) {
  const auto wrong = [&](const char* may) {
    return unexpected(quoted(word) + " takes " + may + ", not " + quoted(value));
  };
  if (value.empty()) return unexpected(quoted(word) + " needs a value");
  if (word == "private-key") {
    o.key_path = value;
  } else if (word == "interface") {
    if (!valid_interface_name(value))
      return wrong("the name of an interface (1 to 15 letters, digits, _=+.-)");
    o.interface = value;
  } else if (word == "listen-port") {
    const auto n = network::parse_number(value, 65535);
    if (!n) return wrong("a port from 0 to 65535");
    if (*n != 0) o.port = static_cast<std::uint16_t>(*n);
  } else if (word == "mode") {
    o.mode = parse_mode(value);
    if (!o.mode) return wrong("unknown, direct or nat");
  } else if (word == "capture") {
    o.how = parse_capture(value);
    if (!o.how) return wrong("pcap, raw or nft");
  } else if (word == "relay-rate") {
    const auto n = network::parse_number(value, 100'000);
    if (!n) return wrong("Mbit/s from 0 to 100000");
    o.relay_mbit = *n;
  } else if (word == "state-dir") {
    o.state_dir = value;
  } else if (word == "hosts") {
    o.hosts_path = value == "none" ? std::string_view{} : value;
  } else if (word == "log") {
    o.log_path = value;
  } else {
    const auto l = parse_log_level(value);
    if (!l) return wrong("error, warning, info or debug");
    o.level = *l;
  }
  return {};
}

expected<void, std::string> take_environment(
    up_options& o, const std::set<std::string_view>& said,
    const std::function<std::string(const char*)>& environment) {
  const std::string fg = environment("FG");
  if (fg == "y" || fg == "1") o.foreground = true;
  if (const std::string log = environment("LOG"); !log.empty() && !said.contains("log-level")) {
    static constexpr log_level levels[] = {log_level::warning, log_level::info, log_level::debug};
    const auto n = network::parse_number(log, 2);
    if (!n) return unexpected("the environment's LOG is 0, 1 or 2, not " + quoted(log));
    o.level = levels[*n];
  }
  if (const std::string path = environment("WH_LOGPATH"); !path.empty() && !said.contains("log"))
    o.log_path = path;
  return {};
}

}  // namespace

expected<up_options, std::string> parse_up(
    std::span<const std::string_view> words,
    const std::function<std::string(const char*)>& environment) {
  static const std::set<std::string_view> with_value = {
      "private-key", "interface", "listen-port", "mode",      "capture",
      "state-dir",   "hosts",     "log",         "log-level", "relay-rate"};
  up_options o;
  std::set<std::string_view> said;
  if (words.empty() || words[0].empty()) return unexpected(std::string("no network file is named"));
  o.network_path = words[0];
  for (std::size_t i = 1; i < words.size(); ++i) {
    // The original's words have no dashes; who writes them is understood.
    std::string_view word = words[i];
    if (word.starts_with("--")) word.remove_prefix(2);
    if (!said.insert(word).second) return unexpected(quoted(word) + " is said twice");
    if (word == "foreground") {
      o.foreground = true;
    } else if (word == "userspace") {
      o.userspace = true;
    } else if (!with_value.contains(word)) {
      return unexpected("unknown word " + quoted(words[i]));
    } else if (++i == words.size()) {
      return unexpected(quoted(word) + " needs a value");
    } else if (auto done = take(o, word, words[i]); !done) {
      return unexpected(std::move(done.error()));
    }
  }
  if (auto done = take_environment(o, said, environment); !done)
    return unexpected(std::move(done.error()));
  return o;
}

}  // namespace wh::real
