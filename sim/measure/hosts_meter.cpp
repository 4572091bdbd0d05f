#include "actors/proto/wire/messages.hpp"
#include "sim/measure/meter.hpp"

namespace wh::sim {

namespace {

/// Counts no metric: it makes a row for each host.
class hosts_meter final : public meter {
 public:
  hosts_meter(const truth& t, results& out)
      : truth_(t),
        window_((out.parts().front().which.until - t.epoch()) / windows),
        hosts_(t.hosts()) {
    for (state& h : hosts_) {
      h.row.own.resize(windows);
      h.row.payload.resize(windows);
    }
  }

 private:
  using meter::on;
  static constexpr std::size_t windows = 12;
  struct state {
    host_row row;
    std::optional<time_point> began;
    bool carries = false;  // the next datagram
  };

  void on(time_point now, const life_began& e) override {
    state& h = hosts_[e.host];
    ++h.row.lives;
    h.began = now;
    h.carries = false;
    h.row.joined.reset();
    h.row.serves = false;
    h.row.verdict.clear();
    h.row.homes = 0;
  }
  void on(time_point, const life_ended& e) override { hosts_[e.host].began.reset(); }

  void on(time_point now, const noted& e) override {
    state& h = hosts_[e.host];
    switch (e.what.what) {
      case note_kind::dht_joined:
        if (h.began && !h.row.joined) h.row.joined = now - *h.began;
        break;
      case note_kind::nat_serves:
      case note_kind::nat_verdict:
        h.row.serves = e.what.what == note_kind::nat_serves;
        h.row.verdict = to_string(static_cast<wire::nat_class>(e.what.value));
        break;
      case note_kind::relay_homes:
        h.row.homes = static_cast<unsigned>(e.what.value);
        break;
      default:
        break;
    }
  }

  void on(time_point, const payload_carried& e) override { hosts_[e.host].carries = true; }
  void on(time_point now, const datagram_sent& e) override {
    state& h = hosts_[e.host];
    const auto w =
        std::min(windows - 1, static_cast<std::size_t>((now - truth_.epoch()) / window_));
    host_row::traffic& t = e.ours && !h.carries ? h.row.own[w] : h.row.payload[w];
    if (e.ours) h.carries = false;
    ++t.packets;
    t.bytes += e.bytes;
  }

  void finish(time_point, report& rows) override {
    for (host_number n = 0; n < hosts_.size(); ++n) {
      state& h = hosts_[n];
      h.row.name = truth_.name_of(n);
      h.row.group = truth_.group_name(n);
      h.row.nat = truth_.nat_label(n);
      h.row.nat_class = to_string(truth_.sides_of(n).kind());
      h.row.online = h.began.has_value();
      rows.hosts.push_back(std::move(h.row));
    }
  }

  const truth& truth_;
  duration window_;
  std::vector<state> hosts_;
};

}  // namespace

extern const meter_kind hosts_meter_kind;
const meter_kind hosts_meter_kind{{}, make_meter<hosts_meter>};

}  // namespace wh::sim
