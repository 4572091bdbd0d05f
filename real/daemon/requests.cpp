#include "real/daemon/requests.hpp"

#include <nlohmann/json.hpp>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/network/words.hpp"
#include "actors/proto/record/extras.hpp"
#include "actors/proto/record/record.hpp"
#include "real/control/request.hpp"

namespace wh::real {

namespace {

using json = nlohmann::ordered_json;

std::string refused(int code, std::string why) {
  return json{{"ok", false}, {"code", code}, {"error", std::move(why)}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

std::string done(const json& more = json::object()) {
  json j{{"ok", true}};
  j.update(more);
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// `{"ok": true, "NAME": <what is JSON already>}`
std::string done_with(const char* name, const std::string& value) {
  return std::string(R"({"ok":true,")") + name + "\":" + value + "}";
}

std::string_view kind_of(wire::nat_class c) {
  return c == wire::nat_class::open ? "direct" : "nat";
}

json record_json(const wire::record& r, time_point now) {
  json endpoints = json::array(), relays = json::array();
  for (const endpoint& e : record::endpoints_of(r)) endpoints.push_back(e.to_string());
  for (const wire::contact& c : r.relays)
    relays.push_back({{"key", keys::to_text(c.key)}, {"endpoint", c.where.to_string()}});
  const std::uint64_t at = unix_seconds(now);
  return {{"key", keys::to_text(r.key)},
          {"kind", kind_of(r.nat)},
          {"endpoints", std::move(endpoints)},
          {"relays", std::move(relays)},
          {"sequence", r.sequence},
          {"expires_s", r.expires > at ? r.expires - at : 0}};
}

}  // namespace

void requests::handle(const std::string& line, const answer& a) {
  const auto asked = parse_control_request(line);
  if (!asked) return a(refused(2, "a request is a JSON object with a command"));
  const std::string& command = asked->command;
  if (command == "show") return show(a);
  if (command == "down") {
    a(done());
    return target_.end();
  }
  if (command == "reload") {
    const auto changed = target_.reload();
    return a(changed ? done({{"changed", *changed}}) : refused(1, changed.error()));
  }
  using method = void (requests::*)(const std::string&, const answer&);
  static constexpr std::pair<std::string_view, method> about[] = {
      {"why", &requests::why},         {"ping", &requests::ping},     {"lookup", &requests::lookup},
      {"resolve", &requests::resolve}, {"forget", &requests::forget},
  };
  for (const auto& [name, f] : about) {
    if (command != name) continue;
    if (!asked->who) return a(refused(2, "`" + command + "` needs to know who"));
    return (this->*f)(*asked->who, a);
  }
  a(refused(2, "the daemon knows no command `" + command + "`"));
}

void requests::show(const answer& a) {
  ask_all(target_.questions(), target_.running(), [this, a](const actor_answers& got) {
    a(done_with("status", status_json(target_.facts(), got, target_.now())));
  });
}

const member_plan* requests::member(const std::string& who, const answer& a) {
  const node_plan& plan = *target_.facts().plan;
  const member_plan* m = plan.find(who);
  if (m == nullptr) {
    const bool self =
        keys::parse_public_key(who) == plan.self ||
        (!plan.own_name.empty() && network::lower(who) == network::lower(plan.own_name));
    a(refused(1, self ? "`" + who + "` is this host itself"
                      : "`" + who + "` is no member of this network, or not one only"));
  }
  return m;
}

void requests::why(const std::string& who, const answer& a) {
  const member_plan* m = member(who, a);
  if (m == nullptr) return;
  ask_all(target_.questions(), target_.running(),
          [this, a, key = m->key](const actor_answers& got) {
            const node_facts f = target_.facts();
            // The file may have been read again meanwhile.
            const member_plan* still = f.plan->find(key);
            if (still == nullptr) return a(refused(1, "it is no member any more"));
            a(done_with("why", why_json(f, got, *still, target_.now())));
          });
}

void requests::ping(const std::string& who, const answer& a) {
  const member_plan* m = member(who, a);
  if (m == nullptr) return;
  target_.questions().ask<punch::probed>(
      target_.running().all->punch, punch::probe{m->key}, [a](const punch::probed* p) {
        if (p == nullptr || !p->rtt) return a(refused(1, "offline"));
        json j{{"rtt_ms", static_cast<double>(*p->rtt / 1us) / 1000},
               {"path", p->via.relayed() ? "relayed" : "direct"},
               {"endpoint", p->via.relayed() ? json() : json(p->via.where.to_string())},
               {"relay", p->via.relay ? json(keys::to_text(*p->via.relay)) : json()}};
        a(done(std::move(j)));
      });
}

void requests::lookup(const std::string& who, const answer& a) {
  const node_plan& plan = *target_.facts().plan;
  const std::optional<public_key> key = plan.key_of(who);
  if (!key) return a(refused(1, "`" + who + "` is neither a name in the network file nor a key"));
  dht::lookup q;
  q.target = record::location_of(sodium_crypto(), *key, plan.name_space);
  q.want_record = true;
  target_.questions().ask<dht::finished>(
      target_.running().all->dht, q, [this, a, key = *key](const dht::finished* f) {
        if (f == nullptr) return a(refused(1, "the daemon is ending"));
        if (!f->found || f->found->key != key)
          return a(
              refused(1, "not found (" + std::to_string(f->closest.size()) + " peers answered)"));
        json j = record_json(*f->found, target_.now());
        j["hops"] = f->hops;
        j["requests"] = f->requests;
        j["took_ms"] = static_cast<double>(f->took / 1us) / 1000;
        a(done({{"record", std::move(j)}}));
      });
}

void requests::resolve(const std::string& who, const answer& a) {
  const node_plan& plan = *target_.facts().plan;
  const auto say = [&](const public_key& k, const std::string& name, const ip_address& address) {
    a(done({{"name", name.empty() ? json() : json(name)},
            {"address", address.to_string()},
            {"key", keys::to_text(k)}}));
  };
  if (const member_plan* m = plan.find(who)) return say(m->key, m->name, m->address);
  const bool own =
      plan.is_member &&
      ((!plan.own_name.empty() && network::lower(who) == network::lower(plan.own_name)) ||
       keys::parse_public_key(who) == plan.self || ip_address::parse(who) == plan.own_address);
  if (own) return say(plan.self, plan.own_name, plan.own_address);
  a(refused(1, "`" + who + "` is no member of this network, or not one only"));
}

void requests::forget(const std::string& who, const answer& a) {
  const member_plan* m = member(who, a);
  if (m == nullptr) return;
  target_.actors_of().send(target_.running().all->punch, punch::forget{m->key});
  a(done());
}

}  // namespace wh::real
