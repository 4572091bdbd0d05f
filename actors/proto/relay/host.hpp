#pragma once

#include <optional>
#include <vector>

#include "actors/proto/note.hpp"
#include "actors/proto/wire/messages.hpp"
#include "transport/time.hpp"

/// Carrying datagrams between peers that have no direct path: `host` is the relay's side, `guest`
/// the side of who is carried. SPEC.md has the exchange.
namespace wh::relay {

struct host_config {
  bool consents = true;
  std::size_t guests_max = 128;
  std::chrono::seconds lease = 75s;  // three renewals of a guest's 25 s
  /// What one guest may send through this relay, as a token bucket; the owner's limit.
  std::uint64_t guest_bytes_per_s = 4'000'000;
  std::uint64_t guest_burst_bytes = 2'000'000;
};

struct host_received {
  public_key from;
  endpoint observed;
  wire::message what;
};

struct host_send {
  public_key to;
  wire::message what;
};

using host_action = std::variant<host_send, note>;
using host_actions = std::vector<host_action>;

/// The relay. Both ends of a frame must be guests: nobody is sent what it did not ask to receive,
/// and a frame's sender is the session's authenticated key, never a claim.
class host {
 public:
  explicit host(host_config c) : config_(c) {}

  /// Takes `relay_attach` and `relay_to`; others are not its business.
  void handle(time_point now, host_received&& in, host_actions& out);
  void handle_timeout(time_point now);
  std::optional<time_point> next_timeout() const { return next_sweep_; }
  std::size_t guests() const { return guests_.size(); }
  std::uint64_t forwarded_bytes() const { return forwarded_bytes_; }

 private:
  struct guest_entry {
    public_key key;
    time_point until;
    time_point filled;         // when `tokens` was last brought up to date
    std::uint64_t tokens = 0;  // millionths of a byte, so that slow limits round nothing away
  };

  guest_entry* find(const public_key& k, time_point now);
  void attach(time_point now, const host_received& in, const wire::relay_attach& m,
              host_actions& out);
  void forward(time_point now, host_received& in, wire::relay_to& m, host_actions& out);

  host_config config_;
  std::vector<guest_entry> guests_;  // by key
  /// No lease ends before. Asked after every datagram, so it is not searched for each time.
  std::optional<time_point> next_sweep_;
  std::uint64_t forwarded_bytes_ = 0;
};

}  // namespace wh::relay
