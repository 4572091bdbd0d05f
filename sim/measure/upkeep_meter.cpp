#include <array>
#include <map>

#include "sim/measure/meter.hpp"

namespace wh::sim {

namespace {

// What a peer sends by itself: datagrams of ours with the headers of UDP and IP, without those that
// carry payload of WireGuard, its own or somebody else's. A life begins with joining, and settles.
constexpr duration settling = 10min;
/// Peers that were settled for less are no evidence of what idling costs.
constexpr duration idle_min = 1min;

constexpr distribution_metric join_bytes{
    "join.sent_bytes", "bytes",
    "What a peer sent by itself in the first ten minutes of a life; one sample a life that lasted "
    "ten minutes."};
constexpr distribution_metric join_datagrams{
    "join.sent_datagrams", "1",
    "Datagrams that a peer sent by itself in the first ten minutes of a life; one sample a life "
    "that lasted ten minutes."};
constexpr distribution_metric idle_bytes{
    "idle.sent_bytes_per_s", "bytes/s",
    "What a peer sent by itself per second from the tenth minute of a life on, lookups of others "
    "and homes of guests included; one sample a peer that was there for a minute of such time."};
constexpr distribution_metric idle_packets{"idle.sent_packets_per_s", "1/s",
                                           "Datagrams that a peer sent by itself per second from "
                                           "the tenth minute of a life on; one sample "
                                           "a peer that was there for a minute of such time."};
constexpr distribution_metric carried_bytes{
    "relay.carried_bytes_per_s", "bytes/s",
    "What a peer sent that carried payload of WireGuard through a relay, as a guest or as the "
    "relay, per second of its lives; one sample a peer that sent any."};

constexpr std::array<const metric_definition*, 5> all{&join_bytes, &join_datagrams, &idle_bytes,
                                                      &idle_packets, &carried_bytes};

class upkeep_meter final : public meter {
 public:
  upkeep_meter(const truth& t, results& out) : truth_(t), out_(out), hosts_(t.hosts()) {}

 private:
  using meter::on;
  struct sum {
    std::uint64_t bytes = 0, datagrams = 0;
  };
  struct state {
    std::optional<time_point> began;
    sum joining, settled, carried;
    duration settled_for{}, lived{};
    bool carries = false;  // the next datagram
  };

  void on(time_point now, const life_began& e) override {
    state& h = hosts_[e.host];
    h.began = now;
    h.joining = {};
    h.carries = false;
  }
  void on(time_point now, const life_ended& e) override { end(now, e.host); }
  void on(time_point, const payload_carried& e) override { hosts_[e.host].carries = true; }
  void on(time_point now, const datagram_sent& e) override {
    if (!e.ours) return;
    state& h = hosts_[e.host];
    if (!h.began) return;
    sum& part = h.carries ? h.carried : now - *h.began < settling ? h.joining : h.settled;
    h.carries = false;
    ++part.datagrams;
    part.bytes += e.bytes;
  }

  void end(time_point now, host_number n) {
    state& h = hosts_[n];
    if (!h.began) return;
    const duration life = now - *h.began;
    h.lived += life;
    if (life >= settling) {
      const label where{*h.began, truth_.group_of(n)};
      h.settled_for += life - settling;
      out_.observe(join_bytes, where, static_cast<double>(h.joining.bytes));
      out_.observe(join_datagrams, where, static_cast<double>(h.joining.datagrams));
    }
    h.began.reset();
  }

  void finish(time_point now, report&) override {
    for (host_number n = 0; n < hosts_.size(); ++n) {
      end(now, n);
      const state& h = hosts_[n];
      const label where{now, truth_.group_of(n)};
      const auto per_s = [](std::uint64_t x, duration d) {
        return static_cast<double>(x) / to_seconds(d);
      };
      if (h.carried.bytes > 0) out_.observe(carried_bytes, where, per_s(h.carried.bytes, h.lived));
      if (h.settled_for < idle_min) continue;
      out_.observe(idle_bytes, where, per_s(h.settled.bytes, h.settled_for));
      out_.observe(idle_packets, where, per_s(h.settled.datagrams, h.settled_for));
    }
  }

  const truth& truth_;
  results& out_;
  std::vector<state> hosts_;
};

}  // namespace

extern const meter_kind upkeep_meter_kind;
const meter_kind upkeep_meter_kind{all, make_meter<upkeep_meter>};

}  // namespace wh::sim
