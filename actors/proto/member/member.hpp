#pragma once

#include <optional>
#include <vector>

#include "actors/proto/note.hpp"
#include "actors/proto/wire/messages.hpp"
#include "transport/rng.hpp"
#include "transport/time.hpp"

/// This host as a member: what it tells the world of itself, and what it keeps for its next start.
namespace wh::member {

struct config {
  public_key self;
  bool publishes = true;
  /// NAT class and relays settle within moments of each other: one record tells of all.
  duration debounce = 500ms;
  /// Once both are known there is little left to wait for.
  duration debounce_settled = 50ms;
  /// A NAT that keeps changing its mind does not make the DHT's storers work for it.
  duration publish_interval_min = 5s;
  duration republish = 30min;
  duration record_life = 2h;
  duration save_cache = 5min;
};

/// What strangers and punching peers are told.
struct reachability {
  wire::nat_class kind = wire::nat_class::unknown;
  endpoint external;
  bool serves = false;
  endpoint also{};
};
/// `complete`: no more are to be expected now.
struct homes_changed {
  std::vector<wire::contact> relays;
  bool complete = false;
};
struct addresses_changed {
  std::vector<endpoint> local;
};

/// Everything of a record but its signature, which needs the private key.
struct publish_record {
  wire::record unsigned_record;
};
struct tell_paths {
  wire::nat_class kind = wire::nat_class::unknown;
  std::vector<endpoint> candidates;
};
struct set_serving {
  bool serves = false;
};
struct want_homes {
  bool wanted = false;
};
struct save_endpoint_cache {};
struct save_sequence {
  std::uint64_t sequence = 0;
};

using action = std::variant<publish_record, tell_paths, set_serving, want_homes,
                            save_endpoint_cache, save_sequence, note>;
using actions = std::vector<action>;

/// A record's sequence number is the larger of the last one plus one and the time in seconds, so
/// that a host that lost its state still supersedes what it said before.
class member {
 public:
  member(config c, std::vector<endpoint> local, std::uint64_t last_sequence, rng& random)
      : config_(c), local_(std::move(local)), sequence_(last_sequence), random_(random) {}

  void start(time_point now) { next_save_ = now + config_.save_cache; }
  void handle(time_point now, const reachability& in, actions& out);
  void handle(time_point now, const homes_changed& in, actions& out);
  void handle(time_point now, const addresses_changed& in, actions& out);
  void handle_timeout(time_point now, actions& out);
  std::optional<time_point> next_timeout() const;

  /// Where others may try us: the endpoints seen from outside, where our NAT would keep our own
  /// port, and our interfaces' addresses.
  std::vector<endpoint> candidates() const;
  /// Of the record that was published last.
  std::uint64_t sequence() const { return sequence_; }

 private:
  void changed(time_point now, actions& out);
  void plan_publish(time_point now);
  bool settled() const;

  config config_;
  std::vector<endpoint> local_;
  std::uint64_t sequence_;
  rng& random_;
  reachability reach_;
  std::vector<wire::contact> homes_;
  bool homes_wanted_ = false, homes_complete_ = false;
  std::optional<time_point> next_publish_, next_save_, published_;
};

}  // namespace wh::member
