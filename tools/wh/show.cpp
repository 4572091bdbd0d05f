#include "tools/wh/show.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace wh::cli {

namespace {

using json = nlohmann::ordered_json;

// What another program says comes to a terminal: names hold no control characters by the grammar of
// network files, and nothing else is anybody's free text.

std::string text(const json& j, const char* key) {
  return j.contains(key) && j[key].is_string() ? j[key].get<std::string>() : "";
}

double number(const json& j, const char* key) {
  return j.contains(key) && j[key].is_number() ? j[key].get<double>() : 0;
}

bool has(const json& j, const char* key) { return j.contains(key) && !j[key].is_null(); }

std::string whole(double n) {
  char b[48];
  std::snprintf(b, sizeof b, "%.0f", n);
  return b;
}

std::string plural(double n, const char* one) { return whole(n) + " " + one + (n == 1 ? "" : "s"); }

std::string for_people(double seconds) {
  std::string out;
  const double parts[] = {86400, 3600, 60, 1};
  const char* names[] = {"day", "hour", "minute", "second"};
  for (int i = 0; i < 4; ++i) {
    const auto n = std::floor(seconds / parts[i]);
    if (n == 0 && !(i == 3 && out.empty())) continue;
    seconds -= n * parts[i];
    out += (out.empty() ? "" : ", ") + plural(n, names[i]);
  }
  return out;
}

std::string size(double bytes) {
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t i = 0;
  for (; bytes >= 1024 && i + 1 < std::size(units); ++i) bytes /= 1024;
  char b[48];
  std::snprintf(b, sizeof b, i == 0 ? "%.0f %s" : "%.2f %s", bytes, units[i]);
  return b;
}

std::string milliseconds(const json& j) {
  char b[48];
  std::snprintf(b, sizeof b, "%.3g ms", number(j, "rtt_ms"));
  return b;
}

std::string named(const json& j) {
  const std::string name = text(j, "name");
  return name.empty() ? text(j, "key") : name;
}

class colours {
 public:
  colours() {
    const char* mode = std::getenv("WH_COLOR_MODE");
    const std::string said = mode != nullptr ? mode : "";
    on_ = said == "always" ||
          (said != "never" && std::getenv("NO_COLOR") == nullptr && ::isatty(STDOUT_FILENO) == 1);
  }
  std::string operator()(const char* code, const std::string& s) const {
    return on_ ? "\033[" + std::string(code) + "m" + s + "\033[0m" : s;
  }

 private:
  bool on_;
};

void line(const char* label, const std::string& value) {
  if (!value.empty()) std::printf("  %s: %s\n", label, value.c_str());
}

std::string path_of(const json& p, const colours& c) {
  const std::string kind = text(p, "path");
  if (kind == "direct") return c("32", "direct");
  if (kind != "relayed") return c("31", "none");
  std::string s = c("33", "relayed");
  if (has(p, "relay")) s += " by " + named(p["relay"]);
  return s;
}

std::string endpoint_of(const json& p) {
  if (has(p, "endpoint")) return text(p, "endpoint");
  return has(p, "relay") ? text(p["relay"], "endpoint") : "";
}

std::string reason_of(const json& p) {
  if (!has(p, "reason")) return "";
  return text(p, "reason") + ": " + text(p, "explanation");
}

void print_peer(const json& p, const colours& c) {
  std::printf("\n%s: %s\n", c("33;1", "peer").c_str(),
              c("33", p.at("key").get<std::string>()).c_str());
  line("name", text(p, "name"));
  line("address", text(p, "address"));
  if (text(p, "path") == "none" && !has(p, "reason")) {
    line("path", "none yet: nothing was sent to it");
  } else {
    line("path", path_of(p, c));
    line("endpoint", endpoint_of(p));
  }
  if (has(p, "rtt_ms")) line("round trip", milliseconds(p));
  line("not direct", reason_of(p));
  if (has(p, "next_try_s")) line("next try", "in " + for_people(number(p, "next_try_s")));
  if (has(p, "latest_handshake_s"))
    line("latest handshake", for_people(number(p, "latest_handshake_s")) + " ago");
  if (number(p, "received_bytes") + number(p, "sent_bytes") > 0)
    line("transfer", size(number(p, "received_bytes")) + " received, " +
                         size(number(p, "sent_bytes")) + " sent");
}

std::string nat_of(const json& n) {
  const std::string kind = text(n, "class");
  std::string s = "not known yet";
  if (kind == "open") s = "none: strangers reach this host";
  if (kind == "endpoint_independent") s = "one port for all destinations";
  if (kind == "endpoint_dependent") s = "another port for every destination (symmetric)";
  if (kind == "blocked") s = "no UDP comes back";
  if (has(n, "external")) s += ", seen at " + text(n, "external");
  return s;
}

void print_one(const json& s, const colours& c) {
  std::printf("%s: %s\n", c("32;1", "interface").c_str(),
              c("32", s.at("interface").get<std::string>()).c_str());
  line("network", text(s, "network"));
  line("public key", text(s, "public_key"));
  line("name", text(s, "name"));
  line("address", text(s, "address"));
  line("listening port", whole(number(s, "listen_port")));
  line("WireGuard", has(s, "device") ? text(s, "device") : "none: serves the DHT and relays only");
  if (has(s, "nat")) line("NAT", nat_of(s["nat"]));
  if (has(s, "dht"))
    line("DHT", plural(number(s["dht"], "contacts"), "peer") +
                    (s["dht"].value("joined", false) ? "" : ", not joined yet"));
  if (s.contains("relays"))
    for (const json& r : s["relays"])
      if (r.value("attached", false))
        line("relay", named(r) + " " + text(r, "endpoint") + ", " + milliseconds(r));
  if (number(s, "guests") > 0)
    line("relaying", "for " + plural(number(s, "guests"), "peer") + ", " +
                         size(number(s, "forwarded_bytes")) + " so far");
  for (const json& p : s.at("peers")) print_peer(p, c);
}

}  // namespace

void print_status(const std::string& answer) {
  const json all = json::parse(answer);
  const colours c;
  bool first = true;
  for (const json& s : all) {
    if (!first) std::puts("");
    first = false;
    print_one(s, c);
  }
}

void print_record(const std::string& answer) {
  const json r = json::parse(answer);
  const std::string kind = text(r, "kind");
  bool said = false;
  for (const json& e : r.at("endpoints")) {
    std::printf("%s %s\n", kind.c_str(), e.get<std::string>().c_str());
    said = true;
  }
  for (const json& c : r.at("relays")) {
    std::printf("relay %s %s\n", text(c, "key").c_str(), text(c, "endpoint").c_str());
    said = true;
  }
  if (!said) std::puts("it says of itself neither endpoint nor relay");
}

void print_ping(const std::string& answer) {
  const json j = json::parse(answer);
  std::string way = j.at("path").get<std::string>();
  if (has(j, "endpoint")) way += " " + text(j, "endpoint");
  if (has(j, "relay")) way += " by " + text(j, "relay");
  std::printf("%s: time=%s\n", way.c_str(), milliseconds(j).c_str());
}

void print_why(const std::string& answer) {
  const json w = json::parse(answer);
  const colours c;
  std::printf("%s  %s\n", named(w).c_str(), w.at("key").get<std::string>().c_str());
  line("path", path_of(w, c));
  line("endpoint", endpoint_of(w));
  if (has(w, "rtt_ms")) line("round trip", milliseconds(w));
  if (text(w, "path") == "direct") {
    line("why", "packets go both ways without a relay");
  } else if (has(w, "reason")) {
    line("why not direct", reason_of(w));
  } else {
    line("why", "nothing was sent to it, so no path was looked for; `wh ping` looks for one");
  }
  line("our NAT", nat_of(w.at("mine")));
  if (has(w, "nat")) line("its NAT", nat_of({{"class", w["nat"]}}));
  std::string tried;
  for (const json& e : w.at("candidates"))
    tried += (tried.empty() ? "" : ", ") + e.get<std::string>();
  line("its endpoints", tried);
  std::string ours;
  for (const json& e : w.at("my_candidates"))
    ours += (ours.empty() ? "" : ", ") + e.get<std::string>();
  line("our endpoints", ours);
  for (const json& r : w.at("relays"))
    line("relay", named(r) + " " + text(r, "endpoint") +
                      (!r.value("attached", false)  ? ", does not carry for us"
                       : r.value("answered", false) ? ", " + milliseconds(r)
                                                    : ", the peer does not answer there"));
  if (number(w, "failures") > 0)
    line("tries", plural(number(w, "failures"), "time") + " a direct path was tried in vain");
  if (has(w, "next_try_s")) line("next try", "in " + for_people(number(w, "next_try_s")));
}

}  // namespace wh::cli
