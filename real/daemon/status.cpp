#include "real/daemon/status.hpp"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/proto/keys/keys.hpp"

namespace wh::real {

namespace {

using json = nlohmann::ordered_json;

json or_null(std::string text) { return text.empty() ? json() : json(std::move(text)); }

json of(const endpoint& e) { return e.is_unspecified() ? json() : json(e.to_string()); }

json of(const std::vector<endpoint>& all) {
  json j = json::array();
  for (const endpoint& e : all) j.push_back(e.to_string());
  return j;
}

json milliseconds(duration d) {
  return d == 0ns ? json() : json(static_cast<double>(d / 1us) / 1000);
}

/// Seconds from now, to the tenth; not negative.
json seconds_until(std::optional<time_point> t, time_point now) {
  if (!t) return json();
  return static_cast<double>(std::max(*t - now, duration{0}) / 100ms) / 10;
}

json relay_json(const node_plan& p, const wire::contact& who) {
  return {{"key", keys::to_text(who.key)},
          {"name", or_null(p.name_of(who.key))},
          {"endpoint", of(who.where)}};
}

json relays_json(const node_facts& f, const actors::relay_status& r) {
  json all = json::array();
  for (const relay::stay_report& s : r.stays) {
    json j = relay_json(*f.plan, s.relay);
    j["attached"] = s.granted;
    j["home"] = s.home;
    j["rtt_ms"] = milliseconds(s.rtt);
    all.push_back(std::move(j));
  }
  return all;
}

const punch::report* report_of(const actor_answers& a, const public_key& k) {
  if (!a.punch) return nullptr;
  for (const punch::report& r : a.punch->paths)
    if (r.now.peer == k) return &r;
  return nullptr;
}

const wireguard_peer_status* device_of(const actor_answers& a, const public_key& k) {
  if (!a.wireguard) return nullptr;
  for (const wireguard_peer_status& s : a.wireguard->peers)
    if (s.key == k) return &s;
  return nullptr;
}

void add_path(json& j, const node_facts& f, const punch::report* r, time_point now) {
  const punch::status s = r != nullptr ? r->now : punch::status{};
  j["path"] = to_string(s.state);
  j["endpoint"] = s.state == punch::path_state::direct ? of(s.via.where) : json();
  j["relay"] = json();
  if (s.via.relay) {
    wire::contact who{*s.via.relay, {}};
    for (const auto& o : r->relays)
      if (o.who.key == who.key) who = o.who;
    j["relay"] = relay_json(*f.plan, who);
  }
  j["rtt_ms"] = milliseconds(s.rtt);
  j["reason"] = s.why == punch::reason::none ? json() : json(punch::code(s.why));
  j["explanation"] = s.why == punch::reason::none ? json() : json(punch::explain(s.why));
  j["next_try_s"] =
      r != nullptr ? seconds_until(r->next_open ? r->next_open : r->next_lookup, now) : json();
}

json member_json(const node_facts& f, const actor_answers& a, const member_plan& m,
                 time_point now) {
  json j{{"key", keys::to_text(m.key)},
         {"name", or_null(m.name)},
         {"role", network::to_string(m.kind)},
         {"address", m.address.to_string()}};
  const punch::report* r = report_of(a, m.key);
  add_path(j, f, r, now);
  j["nat"] = r != nullptr ? json(to_string(r->theirs)) : json();
  const wireguard_peer_status* d = device_of(a, m.key);
  // A tunnel's, of loopback, while a relay carries, and for a moment after.
  j["wireguard_endpoint"] = d != nullptr && d->where ? of(*d->where) : json();
  j["latest_handshake_s"] = d != nullptr && d->last_handshake
                                ? json(std::max<std::int64_t>((now - *d->last_handshake) / 1s, 0))
                                : json();
  j["received_bytes"] = d != nullptr ? d->received_bytes : 0;
  j["sent_bytes"] = d != nullptr ? d->sent_bytes : 0;
  return j;
}

json sent_json(const node_facts& f) {
  json j = json::object();
  for (const auto& [what, n] : f.sent) j[to_string(what)] = n;
  return j;
}

json nat_json(const actors::dht_status& d) {
  return {
      {"class", to_string(d.nat.kind)}, {"external", of(d.nat.external)}, {"serves", d.nat.serves}};
}

}  // namespace

void ask_all(asker& a, const actors::peer& p, std::function<void(const actor_answers&)> then) {
  struct gathering {
    actor_answers got;
    unsigned missing = 6;
    std::function<void(const actor_answers&)> then;
  };
  auto all = std::make_shared<gathering>();
  all->then = std::move(then);
  const auto one = [all](auto place) {
    return [all, place](const auto* answer) {
      if (answer != nullptr) all->got.*place = *answer;
      if (--all->missing == 0) all->then(all->got);
    };
  };
  const actors::context& c = *p.all;
  const actors::ask_status q;
  a.ask<actors::gateway_status>(c.gateway, q, one(&actor_answers::gateway));
  a.ask<actors::dht_status>(c.dht, q, one(&actor_answers::dht));
  a.ask<actors::relay_status>(c.relay, q, one(&actor_answers::relay));
  a.ask<actors::punch_status>(c.punch, q, one(&actor_answers::punch));
  a.ask<actors::wireguard_status>(c.wireguard, q, one(&actor_answers::wireguard));
  a.ask<actors::network_status>(c.network, q, one(&actor_answers::network));
}

std::string status_json(const node_facts& f, const actor_answers& a, time_point now) {
  const node_plan& p = *f.plan;
  json j{{"interface", f.interface},
         {"network", or_null(p.network)},
         {"namespace", p.name_space},
         {"workbit", p.workbit},
         {"public_key", keys::to_text(p.self)},
         {"name", or_null(p.own_name)},
         {"address", p.is_member
                         ? json(p.own_address.to_string() + "/" + std::to_string(p.prefix_bits))
                         : json()},
         {"listen_port", f.port},
         {"device", or_null(f.device)},
         {"binding", f.binding},
         {"counters", f.counters},
         {"sent_packets", sent_json(f)},
         {"local_endpoints", of(f.local)},
         {"network_file", f.network_path},
         {"state_dir", or_null(f.state_dir)},
         {"pid", ::getpid()},
         {"uptime_s", (now - f.started) / 1s}};
  if (a.dht) {
    j["nat"] = nat_json(*a.dht);
    j["dht"] = {{"joined", a.dht->joined},
                {"contacts", a.dht->contacts},
                {"stored_records", a.dht->stored_records},
                {"running_lookups", a.dht->running_lookups}};
  }
  j["sessions"] = a.gateway ? a.gateway->sessions : 0;
  j["record_sequence"] = a.network ? a.network->record_sequence : 0;
  if (a.relay) {
    j["relays"] = relays_json(f, *a.relay);
    j["guests"] = a.relay->guests;
    j["forwarded_bytes"] = a.relay->forwarded_bytes;
  }
  json peers = json::array();
  for (const member_plan& m : p.members) peers.push_back(member_json(f, a, m, now));
  j["peers"] = std::move(peers);
  return j.dump();
}

std::string why_json(const node_facts& f, const actor_answers& a, const member_plan& m,
                     time_point now) {
  json j = member_json(f, a, m, now);
  j["mine"] = a.dht ? nat_json(*a.dht) : json();
  const punch::report* r = report_of(a, m.key);
  j["wanted"] = r != nullptr;
  j["looking_up"] = r != nullptr && r->looking;
  j["failures"] = r != nullptr ? r->failures : 0;
  j["candidates"] = r != nullptr ? of(r->candidates) : json::array();
  json relays = json::array();
  if (r != nullptr)
    for (const auto& o : r->relays) {
      json one = relay_json(*f.plan, o.who);
      one["attached"] = o.attached;
      one["answered"] = o.answered;
      one["rtt_ms"] = milliseconds(o.rtt);
      relays.push_back(std::move(one));
    }
  j["relays"] = std::move(relays);
  j["my_candidates"] = a.punch ? of(a.punch->self.candidates) : json::array();
  return j.dump();
}

}  // namespace wh::real
