#include "sim/world/roster.hpp"

#include <algorithm>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/keys/search.hpp"
#include "actors/proto/network/parse.hpp"

namespace wh::sim {

namespace {

/// Members without a network file live in 10.0.0.0/8, in the order of the scenario.
ip_address address_by_order(std::size_t h) {
  return ip_address::v4(0x0a000002U + static_cast<std::uint32_t>(h));
}

expected<wh::network::network_file, std::string> network_file_of(const scenario& sc) {
  const auto& path = *sc.overlay.network_file;
  auto parsed = wh::network::parse(sc.input(path), sodium_crypto());
  if (!parsed) return unexpected(parsed.error().front().render(path.string()));
  return std::move(*parsed);
}

}  // namespace

expected<roster, std::string> roster::make(const scenario& sc, const plan& p, seed root,
                                           const crypto_suite& crypto,
                                           const std::function<void()>& on_progress) {
  roster r;
  r.scenario_ = &sc;
  r.crypto_ = &crypto;
  r.root_ = root;
  if (sc.overlay.network_file) {
    auto file = network_file_of(sc);
    if (!file) return unexpected(file.error());
    r.file_ = std::move(*file);
  }
  r.name_space_ = sc.overlay.name_space.value_or(r.file_ ? r.file_->name_space : "public");
  r.workbit_ = sc.overlay.workbit.value_or(r.file_ ? r.file_->workbit : 8);
  if (r.workbit_ > workbit_max)
    return unexpected(sc.overlay.network_file->string() + ": workbit " +
                      std::to_string(r.workbit_) + " is more than a run can search for each key (" +
                      std::to_string(workbit_max) + "); set `workbit` in [overlay]");
  r.groups_ = group_index(sc, p);
  const std::size_t n = p.hosts.size();
  r.secrets_.resize(n);
  r.keys_.resize(n);
  r.identities_.resize(n);
  for (const host_plan& h : p.hosts) {
    r.names_.push_back(h.name);
    r.groups_of_.push_back(static_cast<std::uint32_t>(h.group));
  }
  for (std::size_t h = 0; h < n; ++h) {
    r.make_identity(h);
    r.by_key_.emplace_back(r.keys_[h], static_cast<std::uint32_t>(h));
    if (h % 64 == 0) on_progress();
  }
  std::sort(r.by_key_.begin(), r.by_key_.end());
  for (std::size_t h = 0; h < n; ++h) {
    const peer_group& g = sc.peers[p.hosts[h].group];
    if (g.boot)
      r.boot_.push_back({r.keys_[h], p.open_endpoint(h, true), p.open_endpoint(h, false)});
    if (!r.file_ || g.members.empty()) continue;
    const std::string& name = g.members[p.hosts[h].index];
    const wh::network::entry* e = r.file_->find(name);
    if (!e)
      if (const auto key = keys::parse_public_key(name)) e = r.file_->find(*key);
    if (e && e->address) r.file_members_.emplace_back(h, *e->address);
  }
  return r;
}

void roster::make_identity(std::size_t h) {
  const unsigned bits = group_of(h).workbit.value_or(workbit_);
  const seed s = root_.derive("identity", h);
  const std::uint64_t n = identities_[h]++;
  seeded_rng random(n == 0 ? s : s.derive("again", n));
  secrets_[h] = *keys::genkey(*crypto_, random, bits, name_space_);
  keys_[h] = crypto_->to_public(secrets_[h]);
}

std::optional<std::size_t> roster::host_called(std::string_view name) const {
  const auto at = std::find(names_.begin(), names_.end(), name);
  if (at == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(at - names_.begin());
}

std::optional<std::size_t> roster::index_of(const public_key& k) const {
  const auto at = std::lower_bound(by_key_.begin(), by_key_.end(), std::pair{k, std::uint32_t{0}});
  if (at == by_key_.end() || at->first != k) return std::nullopt;
  return at->second;
}

std::string roster::name_of(const public_key& k) const {
  const auto h = index_of(k);
  return h ? names_[*h] : short_name(k);
}

void roster::replace(std::size_t h) {
  make_identity(h);
  by_key_.emplace(
      std::upper_bound(by_key_.begin(), by_key_.end(), std::pair{keys_[h], std::uint32_t{0}}),
      keys_[h], static_cast<std::uint32_t>(h));
}

std::vector<wh::wireguard::member> roster::members_of(std::size_t index,
                                                      std::string_view without) const {
  std::vector<wh::wireguard::member> members;
  if (group_of(index).role != peer_role::member) return members;
  const auto add = [&](std::size_t other, const ip_address& a) {
    if (group_of(other).group == without) return;
    const auto bits = static_cast<std::uint8_t>(a.is_v4() ? 32 : 128);
    members.push_back({keys_[other], {{a, bits}}, std::nullopt});
  };
  if (file_) {
    // Endpoints that the file gives are not taken over: the scenario says where members sit.
    for (const auto& [host, address] : file_members_)
      if (host != index) add(host, address);
    return members;
  }
  for (const wanted_pair& q : pairs_)
    if (q.from == index || q.to == index) {
      const std::size_t other = q.from == index ? q.to : q.from;
      add(other, address_by_order(other));
    }
  return members;
}

actors::peer_config roster::config_for(std::size_t index, bool behind_box) const {
  const peer_group& g = group_of(index);
  actors::peer_config c;
  c.secret = secrets_[index];
  c.name_space = name_space_;
  c.workbit = static_cast<std::uint16_t>(workbit_);
  c.relays = g.relay;
  c.relay_guests = g.relay_guests;
  c.relay_bytes_per_s = g.relay_bytes_per_s;
  c.publishes = g.publish;
  c.k = static_cast<std::uint8_t>(scenario_->overlay.k);
  c.alpha = static_cast<std::uint8_t>(scenario_->overlay.alpha);
  c.paths = static_cast<std::uint8_t>(scenario_->overlay.paths);
  // Who runs a boot node knows that it is reachable, and says so.
  if (g.mode == peer_mode::direct || (g.boot && !behind_box)) c.mode = wh::nat::mode::direct;
  if (g.mode == peer_mode::nat) c.mode = wh::nat::mode::behind_nat;
  for (const boot_node& b : boot_) {
    if (b.key == keys_[index]) continue;
    if (b.v4 && g.family != address_family::ipv6)
      c.boot.push_back({b.key, *b.v4});
    else if (b.v6 && g.family != address_family::ipv4)
      c.boot.push_back({b.key, *b.v6});
  }
  c.members = members_of(index);
  return c;
}

}  // namespace wh::sim
