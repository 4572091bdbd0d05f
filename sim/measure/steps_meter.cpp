#include "sim/measure/meter.hpp"

namespace wh::sim {

namespace {

/// Counts no metric: it makes a row for each step of time, and one for each fault.
class steps_meter final : public meter {
 public:
  steps_meter(const truth& t, results&) : truth_(t), joined_(t.hosts()) {}

 private:
  using meter::on;

  void on(time_point, const life_began& e) override {
    ++now_.online;
    joined_[e.host] = false;
  }
  void on(time_point, const life_ended& e) override {
    --now_.online;
    if (joined_[e.host]) --now_.joined;
    joined_[e.host] = false;
  }
  void on(time_point, const noted& e) override {
    if (e.what.what != note_kind::dht_joined || joined_[e.host]) return;
    joined_[e.host] = true;
    ++now_.joined;
  }
  void on(time_point, const datagram_sent& e) override {
    ++now_.datagrams;
    now_.bytes += e.bytes;
  }
  void on(time_point now, const fault_happened& e) override {
    faults_.push_back({now - truth_.epoch(), std::string(e.kind), e.hosts.size()});
  }
  void on(time_point now, const step_due&) override {
    const std::uint64_t lost = truth_.net_counts().dropped[static_cast<std::size_t>(drop::lost)];
    now_.at = now - truth_.epoch();
    now_.lost = lost - lost_;
    lost_ = lost;
    rows_.push_back(now_);
    now_.datagrams = now_.bytes = 0;
  }
  void finish(time_point, report& rows) override {
    rows.steps = std::move(rows_);
    rows.faults = std::move(faults_);
  }

  const truth& truth_;
  std::vector<bool> joined_;
  step_row now_;
  std::uint64_t lost_ = 0;
  std::vector<step_row> rows_;
  std::vector<fault_row> faults_;
};

}  // namespace

extern const meter_kind steps_meter_kind;
const meter_kind steps_meter_kind{{}, make_meter<steps_meter>};

}  // namespace wh::sim
