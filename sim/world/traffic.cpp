#include "sim/world/traffic.hpp"

#include <algorithm>

namespace wh::sim {

namespace {

constexpr std::size_t header = 14;

}  // namespace

bytes pair_traffic::encode(const packet& p, std::size_t size) {
  bytes b(std::max(size, header));
  b[0] = static_cast<std::uint8_t>(p.what);
  b[1] = p.relayed ? 1 : 0;
  store_be(b.data() + 2, p.sequence);
  store_be(b.data() + 6, p.sent.time_since_epoch().count());
  return b;
}

std::optional<pair_traffic::packet> pair_traffic::decode(byte_view b) {
  if (b.size() < header || (b[0] != 1 && b[0] != 2)) return std::nullopt;
  return packet{static_cast<kind>(b[0]), b[1] != 0, load_be<std::uint32_t>(b.data() + 2),
                time_point{duration{load_be<std::int64_t>(b.data() + 6)}}};
}

pair_traffic::packet pair_traffic::next(time_point now) {
  if (first_reply_) ++sent_;
  return {kind::request, false, ++sequence_, now};
}

void pair_traffic::close_gap(time_point now) {
  // Two pings in a row may be lost by chance.
  if (!silent_since_ || now - *silent_since_ <= 3 * interval_) return;
  outage_ = std::max(outage_, now - *silent_since_ - interval_);
}

void pair_traffic::interrupted(time_point now) {
  close_gap(now);
  silent_since_.reset();
  last_reply_.reset();
}

void pair_traffic::resumed(time_point now) {
  if (first_reply_ && !silent_since_) silent_since_ = now;
}

void pair_traffic::replied(time_point now, const packet& p, bool relayed, metrics& m) {
  close_gap(now);
  const bool direct = !relayed && !p.relayed;
  if (first_reply_) {
    ++answered_;
    if (direct != direct_) m.add("paths.changes");
  } else {
    first_reply_ = now;
    m.observe("paths.time_to_first_payload_s", to_seconds(now - asked_));
  }
  if (direct && !first_direct_) {
    first_direct_ = now;
    m.observe("paths.time_to_direct_s", to_seconds(now - asked_));
  }
  direct_ = direct;
  last_reply_ = silent_since_ = now;
  round_trip_ = now - p.sent;
  m.observe("paths.rtt_s", to_seconds(*round_trip_));
}

void pair_traffic::finish(time_point now, metrics& m) {
  close_gap(now);
  if (first_reply_) m.observe("paths.outage_s", to_seconds(outage_));
  const auto so_far = m.values().find("paths.payload_delivered_ratio");
  ratio r = so_far == m.values().end() ? ratio{} : so_far->second.share;
  // The last request may still be under way.
  const std::uint32_t due = sent_ > 0 && path(now) != path_kind::unreachable ? sent_ - 1 : sent_;
  r.part += std::min(answered_, due);
  r.whole += due;
  m.set("paths.payload_delivered_ratio", r);
}

path_kind pair_traffic::path(time_point now) const {
  if (!last_reply_ || now - *last_reply_ > std::max(recent, 3 * interval_))
    return path_kind::unreachable;
  return direct_ ? path_kind::direct : path_kind::relayed;
}

}  // namespace wh::sim
