#pragma once

#include <optional>
#include <vector>

#include "actors/proto/wire/messages.hpp"
#include "transport/time.hpp"

namespace wh::punch {

struct attempt_config {
  /// Hops of a packet that is to open our own NAT and die before the other one: our NAT, maybe the
  /// provider's, and a hop to spare.
  std::uint8_t opener_ttl = 4;
  /// The same where both are behind one box: from there on a packet is on its way to the other one.
  std::uint8_t opener_ttl_one_box = 2;
  /// From the openers to the first ping that may arrive: longer than both sides' starts differ,
  /// which half a round trip that one of its legs made longer by 200 ms puts apart.
  duration opener_lead = 100ms;
  /// How long an offer or answer waits for its reply.
  duration agree_timeout = 3s;
  /// After the last ping.
  duration settle = 1500ms;
};

/// One try to open a direct path: agree on a moment over the relay, then send at that moment.
///
///     offerer                     answerer
///        | -- connect offer -------> |
///        | <------ connect answer -- |       the offerer measures rtt
///        | -- connect sync, E -----> |       the answerer measures rtt, which no handshake delayed
///    now + E = rtt/2           now + E - rtt/2      both: T0
///
/// At T0 each side sends one opener with a short life to every candidate: it makes its own NAT's
/// mapping and dies before the other NAT, which would otherwise see a stranger's packet first and,
/// where it answers for itself (Linux with INPUT accept), keep the port from us. From T0 + lead on,
/// pings that may arrive.
class attempt {
 public:
  enum class phase : std::uint8_t { agreeing, waiting, opening, over };
  enum class role : std::uint8_t { offerer, answerer };

  /// What is to be done now.
  struct step {
    enum class kind : std::uint8_t { nothing, openers, pings, gave_up } what = kind::nothing;
  };

  attempt(time_point now, std::uint32_t id, role r, const attempt_config& c);

  /// The offerer got the answer: it is to send `sync` now with what this gives, the time to its
  /// start.
  duration answered(time_point now);
  /// The answerer got the sync, by which the offerer starts `start_in` after it was sent.
  void synced(time_point now, duration start_in);

  step advance(time_point now);
  time_point due() const { return due_; }
  std::uint32_t id() const { return id_; }
  phase where() const { return phase_; }
  role mine() const { return role_; }

 private:
  std::uint32_t id_;
  role role_;
  phase phase_ = phase::agreeing;
  std::uint8_t round_ = 0;
  attempt_config config_;
  time_point began_;
  time_point start_{};
  time_point due_;
};

}  // namespace wh::punch
