#include "real/daemon/plan.hpp"

#include <algorithm>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/network/words.hpp"

namespace wh::real {

namespace {

/// Members as they should be, apart from their order in the file.
std::vector<member_plan> sorted(std::vector<member_plan> v) {
  std::sort(v.begin(), v.end(),
            [](const member_plan& a, const member_plan& b) { return a.key < b.key; });
  return v;
}

bool same(const member_plan& a, const member_plan& b) {
  return a.key == b.key && a.name == b.name && a.kind == b.kind && a.address == b.address &&
         a.where == b.where;
}

}  // namespace

const member_plan* node_plan::find(const public_key& k) const {
  const auto at = std::find_if(members.begin(), members.end(),
                               [&](const member_plan& m) { return m.key == k; });
  return at == members.end() ? nullptr : &*at;
}

const member_plan* node_plan::find(std::string_view who) const {
  if (const auto k = keys::parse_public_key(who)) return find(*k);
  const std::string name = network::lower(who);
  for (const member_plan& m : members)
    if (!m.name.empty() && network::lower(m.name) == name) return &m;
  if (const auto a = ip_address::parse(who)) {
    for (const member_plan& m : members)
      if (m.address == *a) return &m;
    return nullptr;
  }
  if (who.size() < 4) return nullptr;
  const member_plan* only = nullptr;
  for (const member_plan& m : members) {
    if (!keys::to_text(m.key).starts_with(who)) continue;
    if (only != nullptr) return nullptr;
    only = &m;
  }
  return only;
}

std::optional<public_key> node_plan::key_of(std::string_view who) const {
  if (const auto k = keys::parse_public_key(who)) return k;
  if (const member_plan* m = find(who)) return m->key;
  const std::string name = network::lower(who);
  if (!own_name.empty() && name == network::lower(own_name)) return self;
  for (const named_plan& n : names)
    if (network::lower(n.name) == name) return n.key;
  return std::nullopt;
}

std::string node_plan::name_of(const public_key& k) const {
  const auto at =
      std::find_if(names.begin(), names.end(), [&](const named_plan& n) { return n.key == k; });
  return at != names.end() ? at->name : k == self ? own_name : "";
}

expected<node_plan, std::string> make_plan(const network::network_file& n, const public_key& self,
                                           const crypto_suite& crypto) {
  node_plan p;
  p.self = self;
  p.network = n.name;
  p.name_space = n.name_space;
  p.workbit = n.workbit;
  if (!crypto.acceptable(self)) return unexpected(std::string("the private key is not usable"));
  if (const unsigned has = keys::workbit(crypto, self, n.name_space); has < n.workbit)
    return unexpected("this host's key has a proof of work of " + std::to_string(has) +
                      " bits in the namespace `" + n.name_space + "`, the network asks for " +
                      std::to_string(n.workbit) + "; `wh genkey NETWORK-FILE` makes one that has");
  if (const network::entry* me = n.find(self)) {
    p.own_name = me->hostname;
    p.own_place = me->where;
    if (network::is_member(me->kind) && n.range && me->address) {
      p.is_member = true;
      p.own_address = *me->address;
      p.prefix_bits = n.range->prefix_bits;
    }
  }
  for (const network::entry& e : n.entries) {
    if (e.key == self) continue;
    const std::string who = e.hostname.empty() ? keys::to_text(e.key) : e.hostname;
    if (const unsigned has = keys::workbit(crypto, e.key, n.name_space); has < n.workbit)
      p.warnings.push_back("line " + std::to_string(e.line) + ": the key of " + who + " has " +
                           std::to_string(has) + " bits of work, less than the " +
                           std::to_string(n.workbit) + " asked for: nobody will talk to it");
    if (e.kind == network::role::alias)
      p.warnings.push_back(
          "line " + std::to_string(e.line) + ": " + who +
          " is an alias; it stays without its real key, for nothing here learns it "
          "yet");
    if (!e.hostname.empty()) p.names.push_back({e.key, e.hostname});
    if (e.where) p.contacts.push_back({e.key, *e.where});
    if (p.is_member && network::is_member(e.kind) && e.address)
      p.members.push_back({e.key, e.hostname, e.kind, *e.address, e.where});
  }
  return p;
}

std::string reload_obstacle(const node_plan& running, const node_plan& fresh) {
  if (running.name_space != fresh.name_space)
    return "the namespace changed from `" + running.name_space + "` to `" + fresh.name_space +
           "`; that is another network: `wh down`, then `wh up`";
  if (running.workbit != fresh.workbit)
    return "the workbit changed from " + std::to_string(running.workbit) + " to " +
           std::to_string(fresh.workbit) + "; `wh down`, then `wh up`";
  if (running.is_member != fresh.is_member)
    return fresh.is_member ? "this host became a member: `wh down`, then `wh up`"
                           : "this host is no member any more: `wh down` ends its daemon";
  if (running.is_member &&
      (running.own_address != fresh.own_address || running.prefix_bits != fresh.prefix_bits))
    return "this host's own address changed from " + running.own_address.to_string() + " to " +
           fresh.own_address.to_string() +
           " (addresses follow the order of the file); `wh down`, then `wh up`";
  return {};
}

std::string describe_change(const node_plan& before, const node_plan& after) {
  const auto was = sorted(before.members), is = sorted(after.members);
  std::size_t added = 0, removed = 0, changed = 0;
  for (const member_plan& m : is) {
    const member_plan* old = before.find(m.key);
    if (old == nullptr)
      ++added;
    else if (!same(*old, m))
      ++changed;
  }
  for (const member_plan& m : was)
    if (after.find(m.key) == nullptr) ++removed;
  if (added + removed + changed == 0) return "no member changed";
  std::string text;
  const auto say = [&](std::size_t n, const char* what) {
    if (n == 0) return;
    if (!text.empty()) text += ", ";
    text += std::to_string(n) + " " + what;
  };
  say(added, "added");
  say(removed, "removed");
  say(changed, "changed");
  return text;
}

}  // namespace wh::real
