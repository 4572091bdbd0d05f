#include <array>

#include "sim/measure/meter.hpp"

namespace wh::sim {

namespace {

constexpr counter_metric datagrams{"network.datagrams", "Datagrams given to the network by hosts."};
constexpr counter_metric bytes_sent{"network.sent_bytes",
                                    "Their bytes, headers of UDP and IP included."};
constexpr counter_metric lost{
    "network.lost",
    "Datagrams that the network lost by chance: on the way, in a burst, or "
    "on a line (loss_ratio, burst)."};
constexpr counter_metric queue_full{"network.queue_full",
                                    "Datagrams for which a line's queue had no room."};
constexpr counter_metric oversized{"network.oversized",
                                   "Datagrams larger than the MTU, which vanished."};
constexpr counter_metric cut_off{"network.cut_off",
                                 "Datagrams that met a partition, or a link that is down."};
constexpr counter_metric undeliverable{"network.undeliverable",
                                       "Datagrams to an address or a port where nothing runs."};
constexpr counter_metric expired{
    "network.expired", "Datagrams whose TTL ended on the internet, as openers' are meant to."};
constexpr counter_metric to_self{"network.to_self",
                                 "Datagrams to the sender's own address, which go nowhere."};
constexpr counter_metric box_drops{"nat.drops",
                                   "Datagrams that a NAT box or firewall dropped or refused."};
constexpr counter_metric boxes{"nat.boxes",
                               "NAT boxes and firewalls in front of hosts at the end."};
constexpr distribution_metric mappings{
    "nat.mappings", "1", "Mappings that such a box holds at the end; one sample a box."};

constexpr std::array<const metric_definition*, 12> all{
    &datagrams, &bytes_sent,    &lost,    &queue_full, &oversized, &cut_off,
    &expired,   &undeliverable, &to_self, &box_drops,  &boxes,     &mappings};

class network_meter final : public meter {
 public:
  network_meter(const truth& t, results& out) : truth_(t), out_(out) {}

 private:
  using meter::on;
  void on(time_point, const datagram_sent& e) override { bytes_ += e.bytes; }

  void finish(time_point, report&) override {
    const net_stats& n = truth_.net_counts();
    const auto count = [&](const counter_metric& m, std::initializer_list<drop> why) {
      std::uint64_t sum = 0;
      for (const drop d : why) sum += n.dropped[static_cast<std::size_t>(d)];
      out_.whole().add(m, sum);
    };
    out_.whole().add(datagrams, n.sent);
    out_.whole().add(bytes_sent, bytes_);
    count(lost, {drop::lost});
    count(queue_full, {drop::queue_full});
    count(oversized, {drop::too_big});
    count(cut_off, {drop::cut_off});
    count(undeliverable, {drop::no_route, drop::offline, drop::no_socket});
    count(expired, {drop::ttl_expired});
    count(to_self, {drop::to_self});
    count(box_drops, {drop::box});
    const auto held = truth_.mappings();
    out_.whole().add(boxes, held.size());
    for (const std::size_t m : held) out_.whole().observe(mappings, static_cast<double>(m));
  }

  const truth& truth_;
  results& out_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

extern const meter_kind network_meter_kind;
const meter_kind network_meter_kind{all, make_meter<network_meter>};

}  // namespace wh::sim
