#include "sim/world/observation.hpp"

#include <algorithm>
#include <utility>

#include "actors/proto/wire/codec.hpp"

namespace wh::sim {

observation::observation(const roster& who, run_log& log, flow_recorder& flow)
    : who_(who), log_(log), flow_(flow), paired_(who.size()) {
  for (const wanted_pair& p : who.pairs()) {
    paired_[p.from].push_back(p.to);
    paired_[p.to].push_back(p.from);
  }
  for (auto& others : paired_) std::sort(others.begin(), others.end());
}

bool observation::are_a_pair(std::size_t a, std::size_t b) const {
  return std::binary_search(paired_[a].begin(), paired_[a].end(), b);
}

std::vector<std::size_t> observation::relays_in_use() const {
  std::vector<std::size_t> v;
  for (const auto& [ends, relay] : relays_) v.push_back(relay);
  std::sort(v.begin(), v.end());
  v.erase(std::unique(v.begin(), v.end()), v.end());
  return v;
}

void observation::forget(std::size_t h) {
  relays_.erase(relays_.lower_bound({h, 0}), relays_.lower_bound({h + 1, 0}));
}

void observation::on_note(const public_key& self, time_point, const note& what) {
  const auto h = who_.index_of(self);
  if (!h) return;
  log_.tell(sim_->now(), noted{static_cast<host_number>(*h), what});
  if (what.what == note_kind::record_signed)
    lookups_->signed_record(*h, static_cast<std::uint64_t>(what.value));
}

void observation::on_path(const public_key& self, time_point, const punch::status& s) {
  const auto h = who_.index_of(self), other = who_.index_of(s.peer);
  if (!h || !other) return;
  path_told told{static_cast<host_number>(*h), static_cast<host_number>(*other), s.state, s.why,
                 std::nullopt};
  relays_.erase({*h, *other});
  if (s.state == punch::path_state::relayed && s.via.relay)
    if (const auto relay = who_.index_of(*s.via.relay)) {
      told.relay = static_cast<host_number>(*relay);
      relays_.emplace(std::pair{*h, *other}, *relay);
    }
  log_.tell(sim_->now(), told);
  flow_.on_path(sim_->now(), *h, *other, s);
}

void observation::on_message(const public_key& self, time_point, const public_key& other,
                             const wire::route& via, const wire::message& what, bool sent) {
  const bool watching = flow_.watching();
  if (!sent && !watching) return;
  // Most messages are those of hosts without a pair.
  const auto a = who_.index_of(self);
  if (!a || (paired_[*a].empty() && !watching)) return;
  const auto b = who_.index_of(other);
  if (!b) return;
  if (sent && are_a_pair(*a, *b))
    log_.tell(sim_->now(), message_sent{static_cast<host_number>(*a), static_cast<host_number>(*b),
                                        wire::name_of(what), via.relay.has_value()});
  if (watching) flow_.on_message(sim_->now(), sent ? *a : *b, sent ? *b : *a, via, what, sent);
}

void observation::on_carried(const public_key& self) {
  if (const auto h = who_.index_of(self))
    log_.tell(sim_->now(), payload_carried{static_cast<host_number>(*h)});
}

void observation::on_payload(host& at, const public_key& from, byte_view payload, bool relayed) {
  const auto sender = who_.index_of(from);
  if (!sender) return;
  payload_->arrived(at, *sender, payload, relayed);
}

void observation::on_sent(const host& at, std::size_t bytes, bool ours) {
  log_.tell(sim_->now(),
            datagram_sent{static_cast<host_number>(at.number()), static_cast<std::uint32_t>(bytes),
                          ours, ours ? std::exchange(leaves_, std::nullopt) : std::nullopt});
}

}  // namespace wh::sim
