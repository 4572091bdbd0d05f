#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/nat/box.hpp"
#include "sim/net/address_index.hpp"
#include "sim/net/latency.hpp"
#include "transport/endpoint.hpp"
#include "transport/rng.hpp"
#include "transport/time.hpp"
#include "transport/words.hpp"

namespace wh::sim {

using host_id = strong<std::uint32_t, struct host_id_tag>;
using box_id = strong<std::uint32_t, struct box_id_tag>;

/// Losses in bursts (Gilbert, Bell System Technical Journal 1960; Elliott, same, 1963): a line is
/// good or bad, and may change with each datagram. Average loss is loss * enter / (enter + leave).
struct burst_loss {
  double enter_ratio = 0;  ///< good to bad
  double leave_ratio = 1;  ///< bad to good
  double loss_ratio = 1;   ///< of datagrams while bad
  friend bool operator==(const burst_loss&, const burst_loss&) = default;
};

/// A host's own line, between it and its box, or the internet. Rates of zero are without limit.
/// Delay, jitter and chance count for each direction.
struct access_link {
  std::uint64_t up_bps = 0, down_bps = 0;
  duration delay{};           ///< on top of the path's
  duration queue_max{100ms};  ///< what would wait longer is dropped
  std::uint16_t mtu = 1500;   ///< of IP packets
  duration jitter_max{};      ///< uniform, on top of the delay
  double loss_ratio = 0;
  burst_loss burst;
  bool ideal(std::uint16_t path_mtu) const {
    return up_bps == 0 && down_bps == 0 && delay == duration{} && jitter_max == duration{} &&
           loss_ratio == 0 && burst.enter_ratio == 0 && mtu == path_mtu;
  }
};

/// Something that goes wrong between hosts, one way.
struct disturbance {
  std::vector<bool> from, to;  ///< by host; hosts that come later are in neither
  double loss_ratio = 1;
  duration delay{};
};

/// One address of a host, and the boxes between it and the internet, from inside to outside.
struct attachment {
  ip_address address;
  std::vector<box_id> boxes;
};

struct host_spec {
  ip_address address;  ///< its own, maybe private
  std::uint16_t port = 0;
  std::vector<box_id> boxes;  ///< between `address` and the internet, from inside to outside
  /// A second address of the other family.
  std::optional<attachment> other;
  access_link access;
};

struct box_spec {
  std::shared_ptr<const nat::config> config;
  /// Addresses on its outside; none for a firewall (`mapping_kind::none`).
  std::vector<ip_address> external;
  duration delay{};  ///< of a packet through it, each way
  /// Those inside do not reach each other but through the box.
  bool isolated = false;
};

struct path_options {
  latency_model latency = latency_model::constant(40ms);
  double loss_ratio = 0;     ///< of datagrams across the internet
  duration jitter_max{};     ///< uniform, on top of the pair's latency
  double reorder_ratio = 0;  ///< of datagrams held back by `reorder_delay`
  duration reorder_delay{20ms};
  double duplicate_ratio = 0;
  std::uint16_t mtu = 1500;   ///< of the internet, for IP packets
  duration lan_delay{300us};  ///< between two behind the same box
};

/// Why a datagram did not arrive.
enum class drop : std::uint8_t {
  none,
  offline,      ///< the sender or the receiver is
  no_route,     ///< nobody has the address, or nobody any more; a group; port 0
  no_socket,    ///< another port than the host's
  to_self,      ///< to the sender's own address, or a loopback one
  too_big,      ///< above the MTU of the path or of a line
  ttl_expired,  ///< on the internet; in boxes it is a `box` drop
  lost,         ///< by chance, on the way or on a line
  queue_full,
  cut_off,  ///< by a disturbance
  box,      ///< see nat_dropped
};
inline constexpr std::array<std::string_view, 11> drop_words{
    "none",        "offline", "no_route",   "no_socket", "to_self", "too_big",
    "ttl_expired", "lost",    "queue_full", "cut_off",   "box"};
constexpr words words_of(drop) { return drop_words; }
inline constexpr std::size_t drop_count = static_cast<std::size_t>(drop::box) + 1;
inline constexpr std::size_t nat_drop_count =
    static_cast<std::size_t>(nat::drop_reason::not_ours) + 1;

struct net_stats {
  std::uint64_t sent = 0;
  std::uint64_t sent_bytes = 0;  ///< of payload
  std::uint64_t delivered = 0;
  std::uint64_t delivered_bytes = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t icmp = 0;  ///< errors that boxes and hosts would have sent; they are not carried
  std::array<std::uint64_t, drop_count> dropped{};
  std::array<std::uint64_t, nat_drop_count> nat_dropped{};
};

/// The part of the network that both levels share: who has which address where, what boxes do to a
/// packet, how long it takes, what becomes of it. It knows no events; time is an argument.
///
/// Boxes on the sender's side see a packet when it is sent, those on the receiver's side when it
/// arrives; all delays lie in between. So a datagram is one event, and boxes see packets in order.
class fabric {
  static constexpr std::uint32_t internet = 0;
  static constexpr std::uint32_t nowhere = address_index::none;

 public:
  fabric(path_options options, seed s);

  box_id add_box(box_spec spec);
  host_id add_host(const host_spec& spec);

  /// A packet on its way from the last box of the sender's side to `target`.
  struct flight {
    nat::packet packet;
    host_id from;
    std::uint64_t chance = 0;  ///< what is drawn on arrival is drawn from it
    std::uint32_t target = 0;  ///< a place
    std::uint32_t realm = 0;   ///< where that place is
    duration delay{};
    bool across_internet() const { return realm == internet; }
  };
  struct departure {
    drop why = drop::none;
    nat::drop_reason nat = nat::drop_reason::none;
    flight first;
    std::optional<duration> copy_delay;  ///< a second copy takes this long
  };
  struct arrival {
    drop why = drop::none;
    nat::drop_reason nat = nat::drop_reason::none;
    host_id host;
    nat::packet packet;    ///< as the host sees it
    duration hold_back{};  ///< before the host has it: its line
  };

  /// The packet that `from` would send: its source, or why not.
  drop check(host_id from, const endpoint& to, std::size_t payload, endpoint& source) const;
  departure depart(host_id from, const nat::packet& p, time_point now);
  arrival arrive(const flight& f, time_point now);

  /// From now on, across the internet; those behind a common box are not concerned. Its number, for
  /// `calm`.
  std::size_t disturb(disturbance d);
  void calm(std::size_t number);

  std::uint32_t hosts() const { return static_cast<std::uint32_t>(hosts_.size()); }
  void set_online(host_id h, bool on) { at(h).online = on; }
  bool online(host_id h) const { return at(h).online; }
  endpoint local(host_id h, bool v4) const;
  std::uint16_t port(host_id h) const { return at(h).port; }
  /// The address that takes the place of the one of the same family, and its boxes.
  void move(host_id h, const attachment& to);
  void set_external(box_id b, std::vector<ip_address> pool);
  nat::box& box(box_id b);
  /// The box next to the host for IPv4 or IPv6.
  std::optional<box_id> innermost(host_id h, bool v4) const;
  /// Base latency between two hosts' sites across the internet; for reports and tests.
  duration path_delay(host_id a, host_id b, bool v4 = true) const;
  std::uint8_t path_hops(host_id a, host_id b, bool v4 = true) const;

  path_options& options() { return options_; }
  net_stats& stats() { return stats_; }
  const net_stats& stats() const { return stats_; }
  std::size_t memory_bytes() const;

 private:
  struct interface {
    std::uint32_t place = nowhere;
    std::uint32_t realm = internet;
  };
  struct host {
    std::array<interface, 2> ways;  // IPv4, IPv6
    std::uint32_t line = nowhere;   // in lines_, when its line is not an ideal one
    std::uint32_t sent = 0;
    std::uint16_t port = 0;
    bool online = true;
  };
  struct line {
    access_link link;
    time_point up_free{};
    time_point down_free{};
    bool up_bad = false, down_bad = false;  // in a burst
  };
  struct box_node {
    nat::box engine;
    duration delay;
    std::uint32_t outer = nowhere;  // the realm outside, once a host has said so
    std::uint32_t members = 0;      // places inside
    std::uint32_t sole_place = nowhere;
    bool transparent = false;  // addresses inside are addresses outside
    bool isolated = false;
  };

  /// A disturbance under way.
  struct rule {
    std::size_t number;
    disturbance what;
    std::vector<bool> boxes_to;  // all behind the box are in `what.to`
    bool concerns(host_id from) const {
      return from.value < what.from.size() && what.from[from.value];
    }
    bool concerns_to(host_id to) const { return to.value < what.to.size() && what.to[to.value]; }
  };

  host& at(host_id h);
  const host& at(host_id h) const;
  box_node& behind(std::uint32_t realm) { return boxes_[realm - 1]; }
  std::uint32_t find(std::uint32_t realm, const ip_address& a);
  std::uint32_t announce(std::uint32_t realm, const ip_address& a, std::uint32_t owner);
  void withdraw(std::uint32_t realm, const ip_address& a);
  std::uint32_t link(const std::vector<box_id>& boxes);
  void plug(std::uint32_t number, const attachment& to);
  std::uint32_t site(std::uint32_t owner, std::uint32_t realm) const;
  std::uint32_t site_of(host_id h, bool v4) const;
  void cross_internet(departure& d, std::uint32_t from_site, seeded_rng& random);
  /// What a line does to a packet: the reason to drop it, or the time it takes.
  drop pass_line(line& l, bool up, std::size_t size, time_point now, rng& random, duration& wait);
  std::uint16_t mtu(const host& h) const;
  void refused(drop& why, nat::drop_reason& nat, const nat::verdict& v);
  static bool whole(const rule& r, const place& target);
  static bool disturbed(const rule& r, arrival& a, rng& random);

  path_options options_;
  seed nat_seed_;
  std::uint64_t chance_base_;
  std::vector<host> hosts_;
  std::vector<box_node> boxes_;
  std::vector<line> lines_;
  address_index index_;
  std::vector<rule> rules_;
  std::size_t rules_made_ = 0;
  net_stats stats_;
};

}  // namespace wh::sim
