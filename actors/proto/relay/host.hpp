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
  /// Places that anybody may have.
  std::size_t guests_max = 128;
  /// Beside them, for visitors of our guests and for who has no other home; three times
  /// `guests_max` at most. A quarter of them at most for one /24 or /48, and so many for one
  /// guest's visitors.
  std::size_t beside_max = 384;
  std::size_t visitors_of_one = 32;
  std::chrono::seconds lease = 75s;  // three renewals of a guest's 25 s
  /// What one guest may send through this relay, as a token bucket; the owner's limit.
  std::uint64_t guest_bytes_per_s = 4'000'000;
  std::uint64_t guest_burst_bytes = 2'000'000;
};

/// A burst of half a second.
constexpr std::uint64_t burst_of(std::uint64_t bytes_per_s) { return bytes_per_s / 2; }

/// The owner's limits from now on; what is not said stays. Guests stay guests while they renew.
struct set_room {
  std::optional<std::size_t> guests;
  std::optional<std::uint64_t> bytes_per_s;
};

struct host_received {
  public_key from;
  endpoint observed;
  wire::message what;
};

/// Without `where` it goes by the session's own way.
struct host_send {
  public_key to;
  wire::message what;
  std::optional<endpoint> where{};
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
  void handle(time_point now, const set_room& in, host_actions& out);
  void handle_timeout(time_point now, host_actions& out);
  std::optional<time_point> next_timeout() const { return next_sweep_; }
  /// Of the places for anybody.
  std::size_t guests() const { return guests_.size() - beside_; }
  /// Visitors, and those that have no other home.
  std::size_t guests_beside() const { return beside_; }
  /// What others are told; none when we do not relay.
  std::optional<std::uint16_t> room() const;
  std::uint64_t forwarded_bytes() const { return forwarded_bytes_; }

 private:
  struct guest_entry {
    public_key key;
    time_point until;
    time_point filled;         // when `tokens` was last brought up to date
    std::uint64_t tokens = 0;  // millionths of a byte, so that slow limits round nothing away
    std::uint64_t network = 0;
    std::uint64_t number = 0;  // in the order of coming
    bool beside = false;
    std::optional<public_key> meets{};
  };

  guest_entry* find(const public_key& k, time_point now);
  void admit(time_point now, const host_received& in, std::uint64_t network,
             const std::optional<public_key>& meets, bool beside);
  void remove(const public_key& k);
  bool make_room(std::uint64_t network, host_actions& out);
  bool has_place_beside(time_point now, const public_key& who, std::uint64_t network,
                        const wire::relay_attach& m);
  void attach(time_point now, const host_received& in, const wire::relay_attach& m,
              host_actions& out);
  void forward(time_point now, host_received& in, wire::relay_to& m, host_actions& out);

  host_config config_;
  std::vector<guest_entry> guests_;  // by key
  /// No lease ends before. Asked after every datagram, so it is not searched for each time.
  std::optional<time_point> next_sweep_;
  std::uint64_t forwarded_bytes_ = 0;
  std::uint64_t came_ = 0;
  std::size_t beside_ = 0;  // of guests_
};

}  // namespace wh::relay
