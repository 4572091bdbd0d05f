#include "sim/world/observation.hpp"

#include <algorithm>
#include <utility>

#include "actors/proto/wire/codec.hpp"

namespace wh::sim {

namespace {

/// With headers of IP and UDP.
std::uint32_t on_the_wire(const endpoint& to, std::size_t payload) {
  return static_cast<std::uint32_t>(payload + 8 + (to.address.is_v4() ? 20 : 40));
}

}  // namespace

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
  if (never_) never_->life_over(static_cast<host_number>(h));
  relays_.erase(relays_.lower_bound({h, 0}), relays_.lower_bound({h + 1, 0}));
}

void observation::on_note(const public_key& self, time_point, const note& what) {
  const auto h = who_.index_of(self);
  if (!h) return;
  log_.tell(sim_->now(), noted{static_cast<host_number>(*h), what});
  if (never_) {
    const auto other = who_.index_of(what.peer);
    never_->noted(sim_->now(), static_cast<host_number>(*h),
                  other ? std::optional{static_cast<host_number>(*other)} : std::nullopt, what);
  }
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
  if (!sent && !watching && !never_) return;
  // Most messages are those of hosts without a pair.
  const auto a = who_.index_of(self);
  if (!a || (paired_[*a].empty() && !watching && !never_)) return;
  const auto b = who_.index_of(other);
  if (!b) return;
  if (never_ && sent)
    never_->said(sim_->now(), static_cast<host_number>(*a), static_cast<host_number>(*b), via,
                 what);
  else if (never_)
    never_->heard(sim_->now(), static_cast<host_number>(*b), static_cast<host_number>(*a), what);
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
  if (const auto e = decode_echo(payload); never_ && e && e->pair < who_.pairs().size()) {
    const wanted_pair& p = who_.pairs()[e->pair];
    never_->payload_came(sim_->now(), static_cast<host_number>(*sender),
                         static_cast<host_number>(at.number()), *e,
                         {static_cast<host_number>(p.from), static_cast<host_number>(p.to)});
  }
  payload_->arrived(at, *sender, payload, relayed);
}

void observation::on_sent(const host& at, const endpoint& to, byte_view datagram, bool ours) {
  const auto h = static_cast<host_number>(at.number());
  const auto what = ours ? std::exchange(leaves_, std::nullopt) : std::nullopt;
  log_.tell(sim_->now(), datagram_sent{h, on_the_wire(to, datagram.size()), ours, what});
  if (never_ && ours)
    never_->sent(sim_->now(), h, to, datagram, what && what->message == wire::ping::kind);
}

void observation::on_came(const host& at, const endpoint& from, byte_view datagram) {
  if (never_) never_->came(static_cast<host_number>(at.number()), from, datagram);
}

}  // namespace wh::sim
