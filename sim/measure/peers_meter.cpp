#include <algorithm>
#include <array>

#include "sim/measure/meter.hpp"

namespace wh::sim {

namespace {

constexpr counter_metric online{"peers.online", "Peers that run at the end."};
constexpr counter_metric started{
    "peers.started", "Lives: starts of peers, those after churn and restarts included."};
constexpr counter_metric rejected{
    "session.rejected",
    "Packets that sessions refused: length, version, mac, replay, workbit, signature, rate."};
constexpr counter_metric sessions{"wireguard.handshakes",
                                  "WireGuard handshakes that were completed, each once: counted at "
                                  "the side that began it."};

constexpr std::array<const metric_definition*, 4> all{&online, &started, &rejected, &sessions};

constexpr note_kind refusals[] = {
    note_kind::session_malformed,    note_kind::session_bad_version,
    note_kind::session_bad_mac1,     note_kind::session_bad_initiation,
    note_kind::session_bad_key,      note_kind::session_low_workbit,
    note_kind::session_undecodable,  note_kind::session_old_timestamp,
    note_kind::session_not_early,    note_kind::session_replay,
    note_kind::session_bad_response, note_kind::session_bad_packet,
    note_kind::session_rate_limited, note_kind::session_overloaded,
    note_kind::session_bad_cookie};

class peers_meter final : public meter {
 public:
  peers_meter(const truth& t, results& out) : truth_(t), out_(out), running_(t.hosts()) {
    for (const note_kind k : refusals) refusal_[static_cast<std::size_t>(k)] = true;
  }

 private:
  using meter::on;

  label where(time_point now, host_number h) const { return {now, truth_.group_of(h)}; }

  void on(time_point now, const life_began& e) override {
    running_[e.host] = true;
    out_.add(started, where(now, e.host));
  }
  void on(time_point, const life_ended& e) override { running_[e.host] = false; }
  void on(time_point now, const noted& e) override {
    if (refusal_[static_cast<std::size_t>(e.what.what)]) out_.add(rejected, where(now, e.host));
    if (e.what.what == note_kind::wireguard_session) out_.add(sessions, where(now, e.host));
  }
  void finish(time_point now, report&) override {
    out_.whole().touch(rejected);
    out_.whole().touch(sessions);
    for (host_number h = 0; h < running_.size(); ++h)
      if (running_[h]) out_.add(online, where(now, h));
  }

  const truth& truth_;
  results& out_;
  std::vector<bool> running_;
  std::array<bool, note_kind_count> refusal_{};
};

}  // namespace

extern const meter_kind peers_meter_kind;
const meter_kind peers_meter_kind{all, make_meter<peers_meter>};

}  // namespace wh::sim
