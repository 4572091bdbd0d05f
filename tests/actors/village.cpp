#include "tests/actors/village.hpp"

#include "actors/proto/dht/cache.hpp"
#include "actors/proto/keys/search.hpp"

namespace wh::test {

namespace {

private_key secret_of(std::uint32_t number) {
  seeded_rng random{seed{number}.derive("identity")};
  return *keys::genkey(sim::modelled_crypto(), random, 8, "public");
}

}  // namespace

machine::machine(village& around, std::uint32_t number)
    : around_(around),
      number_(number),
      // Networks of their own, as the DHT wants its contacts.
      where_{ip_address::v4(0x20000001 + (number << 16)), 4000},
      secret_(secret_of(number)),
      key_(around.crypto.to_public(secret_)) {}

void machine::start(actors::peer_config c) {
  c.secret = secret_;
  const seed life = seed{number_}.derive("life", ++lives_);
  const actors::peer_ports ports{
      .datagrams = *this,
      .wireguard = this,
      .state = disk_,
      .crypto = around_.crypto,
      .clock = around_.s.clock(),
      .random = [life](std::string_view name) -> std::unique_ptr<rng> {
        return std::make_unique<seeded_rng>(life.derive(name));
      },
      .watcher = around_.watcher(),
  };
  around_.s.together([&] { peer_ = actors::spawn_peer(around_.s.system(), c, ports); });
}

void machine::stop() {
  if (!peer_) return;
  around_.s.together([&] { actors::kill_peer(*peer_); });
  peer_.reset();
  device.clear();
  tunnels_.clear();
}

void machine::get(const endpoint& from, bytes datagram) {
  if (!datagram.empty() && datagram[0] == 0xff)
    around_.s.post(peer_->all->gateway, actors::arrived{wire::direct(from), std::move(datagram)});
  else
    ++came_direct;
}

void machine::wireguard_sends(const public_key& to) {
  const auto peer = device.find(to);
  if (peer == device.end() || !peer->second.where) return;
  bytes datagram(148, 1);
  for (const auto& [k, tunnel] : tunnels_)
    if (tunnel == *peer->second.where) {
      around_.s.post(peer_->all->wireguard, actors::tunnelled{k, std::move(datagram)});
      return;
    }
  around_.carry(where_, *peer->second.where, std::move(datagram));
}

std::size_t machine::endpoints_saved() const {
  const auto b = disk_.load(actors::endpoint_cache_name);
  const auto contacts = b ? dht::decode_cache(*b) : std::nullopt;
  return contacts ? contacts->size() : 0;
}

void machine::send(const endpoint& to, bytes payload, ttl) {
  ++sent_datagrams;
  around_.carry(where_, to, std::move(payload));
}

void machine::set_peer(const wireguard_peer& p) {
  auto& known = device[p.key];
  const auto before = known.where;
  known = p;
  if (!known.where) known.where = before;
}

std::vector<wireguard_peer_status> machine::status() const {
  std::vector<wireguard_peer_status> v;
  for (const auto& [k, p] : device) v.push_back({k, p.where, std::nullopt, 0, 0});
  return v;
}

endpoint machine::open_tunnel(const public_key& k) {
  const auto port = static_cast<std::uint16_t>(20'000 + tunnels_.size());
  return tunnels_.try_emplace(k, endpoint{ip_address::v4(0x7f000001), port}).first->second;
}

}  // namespace wh::test
