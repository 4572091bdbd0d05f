#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "actors/proto/note.hpp"
#include "actors/proto/wire/messages.hpp"
#include "actors/status.hpp"
#include "sim/measure/events.hpp"
#include "sim/report/invariants.hpp"
#include "sim/world/users/echo.hpp"
#include "transport/endpoint.hpp"
#include "transport/time.hpp"

namespace wh::sim {

/// What one peer says of itself at a moment.
struct peer_state {
  actors::gateway_status gateway;
  actors::dht_status dht;
  actors::relay_status relay;
  actors::punch_status punch;
};

/// Holds a run to its invariants (`report/invariants.hpp`). It sees everything that hosts send, get
/// and say, and remembers more of it than a large world has memory for.
class invariants {
 public:
  struct about {
    std::function<std::string(host_number)> name_of;
    /// Datagrams of ours are sealed in earnest, not modelled.
    bool real_crypto = false;
    time_point epoch{};
  };
  explicit invariants(about a) : about_(std::move(a)) {}

  /// A host's life ends; the next one knows nothing.
  void life_over(host_number h);
  /// A key that is somebody's.
  void key(const public_key& k);
  /// A datagram of ours, as it leaves and comes. `ping`: it is one inside.
  void sent(time_point now, host_number h, const endpoint& to, byte_view datagram, bool ping);
  void came(host_number h, const endpoint& from, byte_view datagram);
  /// What stands in a session: `a` says it to `b`, or `b` hears it from `a`.
  void said(time_point now, host_number a, host_number b, const wire::route& via,
            const wire::message& what);
  void heard(time_point now, host_number a, host_number b, const wire::message& what);
  void noted(time_point now, host_number h, std::optional<host_number> other, const note& what);
  void payload_sent(const echo& e) { stamps_.insert(stamp_of(e)); }
  /// `from`, `to`: who they were between whom it passed; `pair`: the ends of its pair.
  void payload_came(time_point now, host_number from, host_number to, const echo& e,
                    std::pair<host_number, host_number> pair);
  void state(time_point now, host_number h, const peer_state& s);

  const invariant_rows& rows() const { return rows_; }

 private:
  struct account {
    std::uint64_t heard = 0, answered = 0;
    bool ours = false;  ///< we spoke first, or it has shown that it gets what we send
  };

  static std::uint64_t stamp_of(const echo& e) {
    return static_cast<std::uint64_t>(e.sent.time_since_epoch().count());
  }
  void check(invariant i, bool holds, time_point now, const std::function<std::string()>& tell);
  void look_for_clear(time_point now, host_number h, byte_view datagram);

  about about_;
  invariant_rows rows_;
  /// The last counter of a session, by host, the session's index and the address it goes to.
  std::map<std::tuple<host_number, std::uint32_t, ip_address>, std::set<std::uint64_t>> counters_;
  std::map<std::pair<host_number, endpoint>, account> accounts_;
  /// Where a response went that is not confirmed yet, by host and the index it told.
  std::map<std::pair<host_number, std::uint32_t>, endpoint> responses_;
  std::map<std::pair<host_number, host_number>, std::deque<time_point>> pings_;
  std::map<std::pair<host_number, std::optional<host_number>>, std::int64_t> records_;
  std::unordered_set<std::uint64_t> said_, stamps_, keys_;  // lookup only
  std::set<std::tuple<std::uint32_t, std::uint8_t, std::uint32_t>> delivered_;
};

}  // namespace wh::sim
