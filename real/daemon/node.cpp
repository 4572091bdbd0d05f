#include "real/daemon/node.hpp"

#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "actors/proto/keys/keys.hpp"
#include "real/control/paths.hpp"
#include "real/daemon/input.hpp"
#include "real/host_rng.hpp"
#include "real/names/hosts_file.hpp"
#include "transport/saved_number.hpp"

namespace wh::real {

namespace {

constexpr std::string_view port_name = "port";

/// Ports that a random one is taken from: none that a service is known by, and below those that
/// Linux gives out by itself.
constexpr std::uint64_t port_min = 10000, port_max = 32767;

/// Whether nobody has the port, for either family.
bool port_is_free(std::uint16_t port) {
  try {
    return udp_sockets(port, 0).port == port;
  } catch (const std::system_error&) {
    return false;
  }
}

std::uint8_t all_bits(const ip_address& a) { return a.is_v4() ? 32 : 128; }

log_level level_of(severity s) {
  switch (s) {
    case severity::warning:
      return log_level::warning;
    case severity::info:
      return log_level::info;
    case severity::debug:
      break;
  }
  return log_level::debug;
}

}  // namespace

node::node(reactor& r, logger& log, node_config c)
    : reactor_(r), log_(log), config_(std::move(c)), started_(r.now()) {}

void node::start() {
  auto mine = instance::take(run_directory(), config_.interface);
  if (!mine) throw start_error(mine.error(), 1);
  instance_.emplace(std::move(*mine));
  for (const std::string& w : config_.plan.warnings) log_.warn(w);
  open_state();
  open_port();
  start_peer();
  open_control();
  publish_names();
  log_.info(config_.interface + " is up: " + keys::to_text(config_.plan.self) + ", port " +
            std::to_string(datagrams_->port()));
}

node::~node() {
  ending_ = true;
  control_.reset();
  contacts_.reset();
  if (loop_ && peer_.all) {
    save();
    actors::kill_peer(peer_);
  }
  asker_.reset();
  if (loop_) loop_->shut_down();
  if (names_)
    if (const auto gone = names_->withdraw(); !gone) log_.error(gone.error());
  if (datagrams_)
    for (const int fd : datagrams_->descriptors()) reactor_.unwatch(fd);
  wipe(config_.secret.value);
}

void node::open_state() {
  if (config_.ephemeral && !config_.options.state_dir) return;
  const std::string path =
      config_.options.state_dir.value_or(default_state_directory(config_.interface));
  auto opened =
      state_directory::open(path, {.report = [this](const std::string& s) { log_.warn(s); }});
  if (!opened) throw start_error(opened.error() + "; `state-dir DIR` names another one", 1);
  disk_ = std::move(*opened);
  state_ = disk_.get();
}

std::vector<std::uint16_t> node::ports_to_try() {
  if (config_.options.port) return {*config_.options.port};
  if (config_.plan.own_place) return {config_.plan.own_place->port};
  std::vector<std::uint16_t> all;
  // The one of the last time: NATs, and peers that saved our endpoint, know it.
  if (const auto last = load_number(*state_, port_name); last && *last > 0 && *last < 65536)
    all.push_back(static_cast<std::uint16_t>(*last));
  host_rng random;
  while (all.size() < 16)
    all.push_back(static_cast<std::uint16_t>(random.between(port_min, port_max)));
  return all;
}

void node::open_port() {
  const auto all = ports_to_try();
  // An interface that a killed process left has its port still: it is taken over, with its
  // sessions.
  const bool left = config_.plan.is_member && ::if_nametoindex(config_.interface.c_str()) != 0;
  const auto port = left ? all.begin() : std::find_if(all.begin(), all.end(), port_is_free);
  if (port == all.end())
    throw start_error("port " + std::to_string(all.front()) + " is in use by another program" +
                          (all.size() > 1 ? ", and so are some more" : "") +
                          "; `ss -ulpn` shows which, `listen-port P` takes another port",
                      1);
  if (config_.plan.is_member) open_device(*port);
  open_datagrams(*port);
  save_number(*state_, port_name, datagrams_->port());
}

void node::open_device(std::uint16_t port) {
  device_config c;
  c.interface = config_.interface;
  c.secret = config_.secret;
  c.port = port;
  c.addresses = {{config_.plan.own_address, config_.plan.prefix_bits}};
  for (const member_plan& m : config_.plan.members) c.members.push_back(m.key);
  c.choice = config_.options.userspace ? device_choice::userspace : device_choice::automatic;
  c.report = [this](const std::string& s) { log_.warn(s); };
  c.tunnelled = [this](const public_key& k, bytes datagram) {
    if (peer_.all) loop_->send(peer_.all->wireguard, actors::tunnelled{k, std::move(datagram)});
  };
  auto opened = device::open(reactor_, std::move(c));
  if (!opened) throw start_error(opened.error(), 1);
  device_ = std::move(*opened);
  log_.info("WireGuard is " + device_->why() +
            (device_->adopted() ? "; taken over from an earlier daemon, with its sessions" : ""));
}

void node::open_datagrams(std::uint16_t port) {
  port_options o;
  o.port = port;
  if (device_) o.wireguard = config_.interface;
  o.how = config_.options.how;
  try {
    datagrams_ = std::make_unique<host_port>(
        o,
        [this](const arrival& a) {
          if (peer_.all)
            loop_->send(
                peer_.all->gateway,
                actors::arrived{wire::direct(a.from), bytes(a.payload.begin(), a.payload.end())});
        },
        [this] {
          if (!peer_.all) return;
          log_.info("this host's addresses changed");
          loop_->send(peer_.all->network, actors::readdressed{datagrams_->local_endpoints()});
        });
  } catch (const std::system_error& e) {
    throw start_error(e.what(), 1);
  }
  for (const int fd : datagrams_->descriptors())
    reactor_.watch(fd, [this, fd] { datagrams_->readable(fd, reactor_.now()); });
  reactor_.on_idle([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && datagrams_) datagrams_->flush(reactor_.now());
  });
  log_.info("datagrams: " + datagrams_->binding());
}

void node::start_peer() {
  loop_ = std::make_unique<actor_loop>(reactor_);
  asker_ = std::make_unique<asker>(*loop_);
  // Numbers are known at once, so that the peer starts with them; names follow.
  contacts_ = std::make_unique<contacts>(
      reactor_, log_, [this](const public_key& k, const endpoint& e) { learned(k, e); });
  contacts_->set(config_.plan.contacts);
  actors::peer_config c;
  c.secret = config_.secret;
  c.name_space = config_.plan.name_space;
  c.workbit = static_cast<std::uint16_t>(config_.plan.workbit);
  // Whoever writes an endpoint for a key into the network file knows that it is reached there.
  c.mode = config_.options.mode.value_or(config_.plan.own_place ? nat::mode::direct
                                                                : nat::mode::unknown);
  if (const auto mbit = config_.options.relay_mbit) {
    c.relays = *mbit > 0;
    c.relay_bytes_per_s = std::uint64_t{*mbit} * 1'000'000 / 8;
  }
  for (const contact_plan& p : config_.plan.contacts)
    if (const auto e = contacts_->find(p.key)) c.boot.push_back({p.key, *e});
  c.members = members_with(config_.plan);
  actors::peer_ports ports{
      .datagrams = *datagrams_,
      .wireguard = device_.get(),
      .state = *state_,
      .crypto = sodium_crypto(),
      .clock = loop_->clock(),
      .random = [](std::string_view) -> std::unique_ptr<rng> {
        return std::make_unique<host_rng>();
      },
      .watcher = this,
  };
  peer_ = actors::spawn_peer(loop_->system(), c, ports);
  wipe(c.secret.value);
  watch_actors();
}

/// An actor ends only by an error of ours. Half a peer is worse than none: the daemon ends, whole.
void node::watch_actors() {
  const auto watch = [this](const auto& handle, const char* name) {
    if (!handle) return;
    handle->attach_functor([this, alive = std::weak_ptr(alive_), name](const caf::error& why) {
      if (alive.expired() || ending_) return;
      die(std::string(name) + " ended by an internal error" +
          (why ? ": " + loop_->system().render(why) : ""));
    });
  };
  const actors::context& all = *peer_.all;
  watch(all.gateway, "GATEWAY");
  watch(all.dht, "DHT");
  watch(all.relay, "RELAY");
  watch(all.network, "NETWORK");
  watch(all.punch, "PUNCH");
  watch(all.wireguard, "WIREGUARD");
}

void node::open_control() {
  try {
    control_ = std::make_unique<control_server>(
        reactor_, socket_path(run_directory(), config_.interface),
        [this](const std::string& line, const control_server::answer& a) {
          requests_.handle(line, a);
        });
  } catch (const std::system_error& e) {
    throw start_error(e.what(), 1);
  }
}

void node::publish_names() {
  if (config_.options.hosts_path.empty() || !config_.plan.is_member) return;
  std::vector<host_name> all;
  const auto add = [&](const std::string& name, const ip_address& a) {
    if (name.empty()) return;
    if (valid_host_name(name))
      all.push_back({name, a});
    else
      log_.warn("the name " + name +
                " is none that a hosts file takes; members are not found by it");
  };
  add(config_.plan.own_name, config_.plan.own_address);
  for (const member_plan& m : config_.plan.members) add(m.name, m.address);
  if (!names_) names_ = std::make_unique<hosts_file>(config_.options.hosts_path, config_.interface);
  // Without names the network still works.
  if (const auto done = names_->publish(all); !done) log_.error(done.error());
}

void node::save() {
  loop_->send(peer_.all->network, actors::save_now{});
  loop_->drain();
}

std::vector<wireguard::member> node::members_with(const node_plan& p) const {
  std::vector<wireguard::member> all;
  for (const member_plan& m : p.members)
    all.push_back({m.key, {{m.address, all_bits(m.address)}}, contacts_->find(m.key)});
  return all;
}

void node::tell_members() {
  loop_->send(peer_.all->network, actors::members_changed{members_with(config_.plan)});
}

/// The DHT gets what the file says now; names that are not resolved yet come by `learned`.
void node::tell_contacts() {
  dht::add_contacts all{{}, true};
  for (const contact_plan& p : config_.plan.contacts)
    if (const auto e = contacts_->find(p.key)) all.contacts.push_back({p.key, *e});
  if (!all.contacts.empty()) loop_->send(peer_.all->dht, std::move(all));
}

void node::learned(const public_key& k, const endpoint& where) {
  loop_->send(peer_.all->dht, dht::add_contacts{{{k, where}}, true});
  if (config_.plan.find(k) != nullptr) tell_members();
}

expected<std::string, std::string> node::reload() {
  auto fresh = load_plan(config_.options.network_path, config_.plan.self);
  if (!fresh) {
    log_.error("reload: " + fresh.error());
    return unexpected(fresh.error());
  }
  if (const std::string why = reload_obstacle(config_.plan, *fresh); !why.empty()) {
    log_.error("reload: " + why);
    return unexpected(why);
  }
  const std::string changed = describe_change(config_.plan, *fresh);
  for (const std::string& w : fresh->warnings) log_.warn(w);
  config_.plan = std::move(*fresh);
  contacts_->set(config_.plan.contacts);
  tell_contacts();
  if (config_.plan.is_member) tell_members();
  publish_names();
  log_.info("reload: " + changed);
  return changed;
}

void node::end() {
  if (ending_) return;
  ending_ = true;
  // The answer to whoever asked leaves in this turn.
  reactor_.post([this] { reactor_.stop(); });
}

std::string node::failure() const {
  return failure_.empty() && loop_ ? loop_->failure() : failure_;
}

void node::die(const std::string& why) {
  if (failure_.empty()) failure_ = why;
  log_.error(why);
  end();
}

node_facts node::facts() {
  node_facts f;
  f.interface = config_.interface;
  f.plan = &config_.plan;
  if (device_) f.device = device_->description();
  f.port = datagrams_->port();
  f.binding = datagrams_->binding();
  f.counters = datagrams_->stats().to_string();
  f.sent = sent_;
  f.local = datagrams_->local_endpoints();
  if (disk_) f.state_dir = disk_->path();
  f.network_path = config_.options.network_path;
  f.started = started_;
  return f;
}

std::string node::who(const public_key& k) const {
  const std::string name = config_.plan.name_of(k);
  return name.empty() ? short_name(k) : name;
}

void node::on_note(const public_key&, time_point, const note& n) {
  // The endpoints found are what the next start begins with, should this one end by force.
  if (n.what == note_kind::dht_joined)
    reactor_.at(reactor_.now() + 2s, [this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired() && !ending_) save();
    });
  const note_definition& kind = definition(n.what);
  if (!log_.shows(level_of(kind.level))) return;
  std::string line(kind.name);
  if (n.peer != public_key{}) line += " " + who(n.peer);
  if (!n.where.is_unspecified()) line += " " + n.where.to_string();
  log_.say(level_of(kind.level),
           line + " " + std::to_string(n.value) + ": " + std::string(kind.sentence));
}

void node::on_path(const public_key&, time_point, const punch::status& s) {
  std::string line = who(s.peer);
  switch (s.state) {
    case punch::path_state::direct:
      line += ": direct, " + s.via.where.to_string();
      break;
    case punch::path_state::relayed:
      line += ": relayed by " + who(*s.via.relay);
      break;
    case punch::path_state::none:
      line += ": no path";
  }
  if (s.why != punch::reason::none) line += " (" + std::string(punch::code(s.why)) + ")";
  log_.info(line);
}

}  // namespace wh::real
