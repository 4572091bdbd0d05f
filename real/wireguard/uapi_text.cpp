#include "real/wireguard/uapi_text.hpp"

#include <algorithm>
#include <charconv>

namespace wh::real::uapi {

namespace {

void line(std::string& out, std::string_view key, std::string_view value) {
  out.append(key).append("=").append(value).append("\n");
}

template <class Int>
std::optional<Int> number(std::string_view s) {
  Int v{};
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (error != std::errc{} || end != s.data() + s.size()) return std::nullopt;
  return v;
}

template <class Key>
std::optional<Key> hex_key(std::string_view s) {
  const auto b = from_hex(s);
  if (!b || b->size() != 32) return std::nullopt;
  Key k;
  std::copy(b->begin(), b->end(), k.value.begin());
  return k;
}

std::optional<allowed_ip> prefix(std::string_view s) {
  const auto slash = s.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = ip_address::parse(s.substr(0, slash));
  const auto bits = number<std::uint8_t>(s.substr(slash + 1));
  if (!address || !bits || *bits > (address->is_v4() ? 32 : 128)) return std::nullopt;
  return allowed_ip{*address, *bits};
}

/// One line of an answer to `get`; false when its value cannot be.
class reader {
 public:
  bool take(std::string_view key, std::string_view value) {
    if (key == "public_key") {
      const auto k = hex_key<public_key>(value);
      if (!k) return false;
      finish_peer();
      state.peers.emplace_back().key = *k;
      return true;
    }
    if (state.peers.empty()) return take_device(key, value);
    return take_peer(state.peers.back(), key, value);
  }
  /// The two halves of a time come in lines of their own.
  void finish_peer() {
    if (!state.peers.empty()) state.peers.back().handshake_ns = handshake_time(seconds_, nanos_);
    seconds_ = nanos_ = 0;
  }
  device_state state;

 private:
  template <class Int>
  static bool into(Int& to, std::string_view value) {
    const auto n = number<Int>(value);
    if (n) to = *n;
    return n.has_value();
  }
  bool take_device(std::string_view key, std::string_view value) {
    if (key == "private_key") {
      state.secret = hex_key<private_key>(value);
      return state.secret.has_value();
    }
    if (key == "listen_port") return into(state.port, value);
    return true;
  }
  bool take_peer(peer_state& p, std::string_view key, std::string_view value) {
    if (key == "endpoint") {
      // An endpoint with a zone (fe80::1%eth0) is none that we set; WireGuard keeps it.
      p.where = endpoint::parse(value);
      return p.where || value.find('%') != std::string_view::npos;
    }
    if (key == "allowed_ip") {
      const auto a = prefix(value);
      if (a) p.allowed.push_back(*a);
      return a.has_value();
    }
    if (key == "last_handshake_time_sec") return into(seconds_, value);
    if (key == "last_handshake_time_nsec") return into(nanos_, value);
    if (key == "rx_bytes") return into(p.received_bytes, value);
    if (key == "tx_bytes") return into(p.sent_bytes, value);
    if (key == "persistent_keepalive_interval") return into(p.keepalive_s, value);
    return true;
  }

  std::uint64_t seconds_ = 0, nanos_ = 0;
};

/// Calls f(key, value, line number) until it gives false or the empty line comes. False when a line
/// is no `key=value`, or the end is missing; `at` is then the line.
template <class F>
bool each_line(std::string_view text, std::size_t& at, F&& f) {
  for (at = 1; !text.empty(); ++at) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return false;
    const auto words = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (words.empty()) return text.empty();
    const auto equals = words.find('=');
    if (equals == std::string_view::npos || !f(words.substr(0, equals), words.substr(equals + 1)))
      return false;
  }
  return false;
}

}  // namespace

std::string set_request(const device_change& c) {
  std::string out = "set=1\n";
  // In full from the start: a key is not to be left behind in memory that a string grew out of.
  out.reserve(256 + c.peers.size() * 256);
  if (c.secret) {
    std::string hex = to_hex(view(*c.secret));
    line(out, "private_key", hex);
    wipe({reinterpret_cast<std::uint8_t*>(hex.data()), hex.size()});
  }
  if (c.port) line(out, "listen_port", std::to_string(*c.port));
  if (c.replace_peers) line(out, "replace_peers", "true");
  for (const peer_change& p : c.peers) {
    line(out, "public_key", to_hex(view(p.key)));
    if (p.remove) {
      line(out, "remove", "true");
      continue;
    }
    if (p.where) line(out, "endpoint", p.where->to_string());
    if (p.keepalive)
      line(out, "persistent_keepalive_interval", std::to_string(p.keepalive->count()));
    if (p.allowed) line(out, "replace_allowed_ips", "true");
    for (const allowed_ip& a : p.allowed.value_or(std::vector<allowed_ip>{}))
      line(out, "allowed_ip", a.address.to_string() + "/" + std::to_string(a.prefix_bits));
  }
  out += '\n';
  return out;
}

bool whole(std::string_view answer) { return answer == "\n" || answer.ends_with("\n\n"); }

expected<int, std::string> parse_verdict(std::string_view answer) {
  std::optional<std::int64_t> verdict;
  std::size_t at = 0;
  if (!each_line(answer, at,
                 [&](std::string_view key, std::string_view value) {
                   if (key != "errno") return true;
                   verdict = number<std::int64_t>(value);
                   return verdict && *verdict > -65536 && *verdict < 65536;
                 }) ||
      !verdict)
    return unexpected("line " + std::to_string(at) + " of the answer is not understood");
  return static_cast<int>(*verdict < 0 ? -*verdict : *verdict);
}

expected<device_state, std::string> parse_get(std::string_view answer) {
  reader r;
  std::size_t at = 0;
  if (!each_line(answer, at,
                 [&](std::string_view key, std::string_view value) { return r.take(key, value); }))
    return unexpected("line " + std::to_string(at) + " of the answer is not understood");
  r.finish_peer();
  return std::move(r.state);
}

}  // namespace wh::real::uapi
