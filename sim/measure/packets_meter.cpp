#include <map>

#include "sim/measure/meter.hpp"

namespace wh::sim {

namespace {

/// Counts no metric: it makes a row for each kind of session packet.
class packets_meter final : public meter {
 public:
  packets_meter(const truth&, results&) {}

 private:
  using meter::on;
  void on(time_point, const datagram_sent& e) override {
    if (e.what) ++sent_[*e.what];
  }
  void finish(time_point, report& rows) override {
    for (const auto& [what, n] : sent_) rows.packets.push_back({to_string(what), n});
  }

  std::map<session::packet_kind, std::uint64_t> sent_;
};

}  // namespace

extern const meter_kind packets_meter_kind;
const meter_kind packets_meter_kind{{}, make_meter<packets_meter>};

}  // namespace wh::sim
