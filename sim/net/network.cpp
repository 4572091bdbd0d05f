#include "sim/net/network.hpp"

#include <utility>

#include "sim/net/pcap_writer.hpp"
#include "sim/runtime/simulation.hpp"
#include "sim/runtime/trace.hpp"
#include "transport/check.hpp"
#include "transport/ports.hpp"

namespace wh::sim {

struct network::tap_file {
  tap_point where;
  std::optional<host_id> host;
  pcap_writer file;
};

network::network(simulation& s, path_options options, seed root, trace* t)
    : simulation_(s), fabric_(std::move(options), root), trace_(t) {}

network::~network() = default;

box_id network::add_box(box_spec spec) { return fabric_.add_box(std::move(spec)); }

host_id network::add_host(const host_spec& spec, receiver* r) {
  receivers_.push_back(r);
  return fabric_.add_host(spec);
}

void network::set_receiver(host_id h, receiver* r) { receivers_.at(h.value) = r; }

void network::send(host_id from, const endpoint& to, bytes payload, std::uint8_t ttl) {
  net_stats& stats = fabric_.stats();
  ++stats.sent;
  stats.sent_bytes += payload.size();
  nat::packet p;
  p.dst = to;
  p.ttl = ttl == 0 ? ttl_default : ttl;
  p.size = payload.size() + (to.address.is_v4() ? 28 : 48);
  const drop why = fabric_.check(from, to, payload.size(), p.src);
  if (trace_ != nullptr)
    trace_->record(simulation_.now(), "send", from.value, to, payload.size(), p.ttl,
                   is_ours(payload) ? "ours" : "wireguard");
  if (why != drop::none) {
    dropped(from, p, why, nat::drop_reason::none);
    return;
  }
  emit(from, p, std::move(payload));
}

void network::deliver(host_id h, const nat::packet& p, bytes&& payload) {
  receiver* r = receivers_[h.value];
  if (!fabric_.online(h) || r == nullptr) {
    dropped(h, p, r == nullptr ? drop::no_socket : drop::offline, nat::drop_reason::none);
    return;
  }
  net_stats& stats = fabric_.stats();
  ++stats.delivered;
  stats.delivered_bytes += payload.size();
  if (trace_ != nullptr)
    trace_->record(simulation_.now(), "recv", h.value, p.src, p.dst, p.ttl, byte_view{payload});
  r->on_datagram(p.src, p.dst, std::move(payload));
}

void network::dropped(host_id h, const nat::packet& p, drop why, nat::drop_reason nat) {
  net_stats& stats = fabric_.stats();
  ++stats.dropped[static_cast<std::size_t>(why)];
  if (why == drop::box) ++stats.nat_dropped[static_cast<std::size_t>(nat)];
  if (trace_ != nullptr)
    trace_->record(simulation_.now(), "drop", h.value, p.src, p.dst, to_string(why),
                   to_string(nat));
}

void network::set_online(host_id h, bool on) {
  fabric_.set_online(h, on);
  if (trace_ != nullptr) trace_->record(simulation_.now(), on ? "online" : "offline", h.value);
}

void network::move(host_id h, const attachment& to) {
  fabric_.move(h, to);
  if (trace_ != nullptr)
    trace_->record(simulation_.now(), "move", h.value, endpoint{to.address, fabric_.port(h)});
}

void network::change_address(box_id b, std::vector<ip_address> external) {
  if (trace_ != nullptr && !external.empty())
    trace_->record(simulation_.now(), "box_address", b.value, endpoint{external.front(), 0});
  fabric_.set_external(b, std::move(external));
}

void network::reboot_box(box_id b) {
  fabric_.box(b).reboot();
  if (trace_ != nullptr) trace_->record(simulation_.now(), "box_reboot", b.value);
}

std::size_t network::disturb(disturbance d) {
  const std::size_t number = fabric_.disturb(std::move(d));
  if (trace_ != nullptr)
    trace_->record(simulation_.now(), "disturb", static_cast<std::uint32_t>(number));
  return number;
}

void network::calm(std::size_t number) {
  fabric_.calm(number);
  if (trace_ != nullptr)
    trace_->record(simulation_.now(), "calm", static_cast<std::uint32_t>(number));
}

void network::add_tap(tap_point where, std::optional<host_id> h, const std::string& path) {
  taps_.push_back(std::unique_ptr<tap_file>{new tap_file{where, h, pcap_writer{path}}});
}

void network::capture_hosts(const std::string& path) { add_tap(tap_point::host, {}, path); }

void network::capture_host(host_id h, const std::string& path) {
  WH_CHECK(h.value < hosts());
  add_tap(tap_point::host, h, path);
}

void network::capture_internet(const std::string& path) { add_tap(tap_point::internet, {}, path); }

void network::tap(tap_point where, host_id h, byte_view ip_packet) {
  for (const auto& t : taps_)
    if (t->where == where && (!t->host || *t->host == h))
      t->file.write(simulation_.now(), ip_packet);
}

}  // namespace wh::sim
