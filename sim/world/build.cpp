#include <algorithm>
#include <fstream>
#include <sstream>

#include "actors/proto/dht/cache.hpp"
#include "actors/proto/keys/keys.hpp"
#include "actors/proto/keys/search.hpp"
#include "actors/proto/network/parse.hpp"
#include "sim/crypto/modelled.hpp"
#include "sim/world/world.hpp"

namespace wh::sim {

namespace {

const crypto_suite& crypto_of(const scenario& sc) {
  return sc.crypto == crypto_kind::real ? sodium_crypto() : modelled_crypto();
}

path_options options_of(const network_config& c, seed root) {
  const auto ms = [](double v) { return duration{static_cast<std::int64_t>(v * 1e6)}; };
  path_options o;
  o.latency = c.latency == latency_kind::constant
                  ? latency_model::constant(ms(c.latency_ms))
                  : latency_model::king_like(root.derive("latency"));
  o.loss_ratio = c.loss_ratio;
  o.jitter_max = ms(c.jitter_ms);
  o.reorder_ratio = c.reorder_ratio;
  o.duplicate_ratio = c.duplicate_ratio;
  o.mtu = static_cast<std::uint16_t>(c.mtu_bytes);
  return o;
}

/// Members without a network file live in 10.0.0.0/8, in the order of the scenario.
ip_address address_by_order(std::size_t h) {
  return ip_address::v4(0x0a000002U + static_cast<std::uint32_t>(h));
}

}  // namespace

world::world(const scenario& sc, const run_options& options)
    : scenario_(sc),
      options_(options),
      root_(options.seed),
      crypto_(crypto_of(sc)),
      choices_(root_.derive("world/choices")),
      churn_rng_(root_.derive("world/churn")),
      trace_(options.trace ? trace{(options.out / "trace").string()} : trace{}) {}

world::~world() {
  // Actors use the hosts' ports, hosts use the network.
  if (sim_) sim_->shut_down();
}

expected<void, std::string> world::build() {
  if (scenario_.overlay.network_file) {
    std::ifstream in(*scenario_.overlay.network_file, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    auto parsed = wh::network::parse(text.str(), sodium_crypto());
    if (!parsed)
      return unexpected(parsed.error().front().render(scenario_.overlay.network_file->string()));
    file_ = std::move(*parsed);
  }
  name_space_ = scenario_.overlay.name_space.value_or(file_ ? file_->name_space : "public");
  workbit_ = scenario_.overlay.workbit.value_or(file_ ? file_->workbit : 8);
  if (workbit_ > workbit_max)
    return unexpected(scenario_.overlay.network_file->string() + ": workbit " +
                      std::to_string(workbit_) + " is more than a run can search for each key (" +
                      std::to_string(workbit_max) + "); set `workbit` in [overlay]");
  auto drawn = make_plan(scenario_, root_);
  if (!drawn) return unexpected(drawn.error());
  plan_ = std::move(*drawn);
  make_identities();
  make_groups();
  if (auto found = find_flow(); !found) return found;
  draw_pairs();
  make_network();
  return {};
}

void world::make_identities() {
  const std::size_t n = plan_.hosts.size();
  secrets_.resize(n);
  keys_.resize(n);
  identities_.resize(n);
  for (std::size_t h = 0; h < n; ++h) {
    make_identity(h);
    by_key_.emplace_back(keys_[h], static_cast<std::uint32_t>(h));
    if (options_.on_progress && h % 64 == 0)
      options_.on_progress({{}, scenario_.length, 0, "keys"});
  }
  std::sort(by_key_.begin(), by_key_.end());
}

void world::make_identity(std::size_t h) {
  const unsigned bits = scenario_.peers[plan_.hosts[h].group].workbit.value_or(workbit_);
  const seed s = root_.derive("identity", h);
  const std::uint64_t n = identities_[h]++;
  seeded_rng random(n == 0 ? s : s.derive("again", n));
  secrets_[h] = *keys::genkey(crypto_, random, bits, name_space_);
  keys_[h] = crypto_.to_public(secrets_[h]);
}

void world::make_network() {
  sim_ = std::make_unique<simulation>();
  const auto options = options_of(scenario_.network, root_);
  const seed root = root_.derive("network");
  net_ = scenario_.network.detail == network_detail::packets
             ? make_packets(*sim_, options, root, &trace_)
             : make_cloud(*sim_, options, root, &trace_);
  around_ = std::make_unique<surroundings>(
      surroundings{*sim_, *net_, crypto_, root_.derive("hosts"), this, this});
  for (const box_plan& b : plan_.boxes) {
    box_spec spec;
    spec.config = b.behaviour;
    if (!b.external.is_unspecified()) spec.external = {b.external};
    boxes_.push_back(net_->add_box(std::move(spec)));
  }
  hosts_.reserve(plan_.hosts.size());
  for (std::size_t h = 0; h < plan_.hosts.size(); ++h) {
    const host_plan& p = plan_.hosts[h];
    host_spec where;
    where.address = p.where.address;
    where.port = p.where.port();
    for (auto b = p.box; b; b = plan_.boxes[*b].outer) where.boxes.push_back(boxes_[*b]);
    hosts_.push_back(std::make_unique<host>(*around_, h, keys_[h], where, is_member(h)));
  }
  joined_after_.resize(hosts_.size());
  dead_.resize(hosts_.size());
}

expected<void, std::string> world::find_flow() {
  if (!options_.flow) return {};
  const auto find = [&](const std::string& name) -> std::optional<std::size_t> {
    for (std::size_t h = 0; h < plan_.hosts.size(); ++h)
      if (plan_.hosts[h].name == name) return h;
    return std::nullopt;
  };
  const auto a = find(options_.flow->first), b = find(options_.flow->second);
  if (!a || !b)
    return unexpected("there is no peer `" + (a ? options_.flow->second : options_.flow->first) +
                      "`; names are a group's, group-0, group-1, ... or the network file's");
  flow_hosts_ = {*a, *b};
  return {};
}

void world::make_groups() {
  for (std::size_t h = 0; h < plan_.hosts.size(); ++h) {
    const peer_group& g = scenario_.peers[plan_.hosts[h].group];
    groups_[g.group].push_back(h);
    groups_[std::string(all_groups)].push_back(h);
    if (g.boot) boot_.push_back({keys_[h], plan_.hosts[h].where});
    if (!file_ || g.members.empty()) continue;
    const std::string& name = g.members[plan_.hosts[h].index];
    const wh::network::entry* e = file_->find(name);
    if (!e)
      if (const auto key = keys::parse_public_key(name)) e = file_->find(*key);
    if (e && e->address) file_members_.emplace_back(h, *e->address);
  }
}

bool world::is_member(std::size_t h) const {
  return scenario_.peers[plan_.hosts[h].group].role == peer_role::member;
}

actors::peer_config world::config_for(std::size_t index) const {
  const host_plan& p = plan_.hosts[index];
  const peer_group& g = scenario_.peers[p.group];
  actors::peer_config c;
  c.secret = secrets_[index];
  c.name_space = name_space_;
  c.workbit = static_cast<std::uint16_t>(workbit_);
  c.relays = g.relay;
  c.publishes = g.publish;
  c.k = static_cast<std::uint8_t>(scenario_.overlay.k);
  c.alpha = static_cast<std::uint8_t>(scenario_.overlay.alpha);
  c.paths = static_cast<std::uint8_t>(scenario_.overlay.paths);
  // Who runs a boot node knows that it is reachable, and says so.
  if (g.mode == peer_mode::direct || (g.boot && !p.box)) c.mode = wh::nat::mode::direct;
  if (g.mode == peer_mode::nat) c.mode = wh::nat::mode::behind_nat;
  for (const wire::contact& b : boot_)
    if (b.key != keys_[index]) c.boot.push_back(b);
  if (g.role != peer_role::member) return c;
  const auto add = [&](std::size_t other, const ip_address& a) {
    const auto bits = static_cast<std::uint8_t>(a.is_v4() ? 32 : 128);
    c.members.push_back({keys_[other], {{a, bits}}, std::nullopt});
  };
  if (file_) {
    // Endpoints that the file gives are not taken over: the scenario says where members sit.
    for (const auto& [host, address] : file_members_)
      if (host != index) add(host, address);
  } else {
    for (const pair& q : pairs_)
      if (q.from == index || q.to == index) {
        const std::size_t other = q.from == index ? q.to : q.from;
        add(other, address_by_order(other));
      }
  }
  return c;
}

}  // namespace wh::sim
