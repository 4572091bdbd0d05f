#include "sim/measure/log.hpp"

#include "sim/measure/pair_record.hpp"

namespace wh::sim {

namespace {

constexpr std::string_view nobody = "-";

std::string number_or_nobody(std::optional<host_number> h) {
  return h ? std::to_string(*h) : std::string(nobody);
}

/// How many pairs were in which state at each step, from what became of every pair.
void count_pairs(report& r) {
  for (const pair_row& p : r.pairs) {
    std::size_t stay = 0;
    for (step_row& s : r.steps) {
      while (stay < p.stays.size() && p.stays[stay].from <= s.at) ++stay;
      if (stay == 0) continue;
      const std::string_view state = p.stays[stay - 1].state;
      if (state == to_string(pair_state::direct)) ++s.direct;
      if (state == to_string(pair_state::relayed)) ++s.relayed;
      if (state == to_string(pair_state::unreachable)) ++s.unreachable;
    }
  }
}

}  // namespace

run_log::run_log(const truth& t, results& out, trace& text)
    : truth_(t), results_(out), trace_(text) {
  for (const meter_kind* k : meter_kinds()) meters_.push_back(k->make(t, out));
}

void run_log::introduce(time_point now) {
  if (!trace_.has_text()) return;
  hosts_told_.resize(truth_.hosts());
  pairs_told_.resize(truth_.pairs().size());
  remark_truth(now);
  remark_slices(now);
}

void run_log::remark_truth(time_point now) {
  if (!trace_.has_text()) return;
  const auto changed = [](std::string& told, std::string text) {
    if (told == text) return false;
    told = std::move(text);
    return true;
  };
  for (host_number h = 0; h < truth_.hosts(); ++h) {
    const nat::sides s = truth_.sides_of(h);
    if (changed(hosts_told_[h], std::string(to_string(s.kind())) + (s.udp() ? " udp" : " no_udp")))
      trace_.remark(now, "host", h, truth_.name_of(h), truth_.group_name(h), truth_.group_of(h),
                    hosts_told_[h]);
  }
  pair_number n = 0;
  for (const truth::pair& p : truth_.pairs()) {
    const nat::sides a = truth_.sides_of(p.from), b = truth_.sides_of(p.to);
    const nat::common_by_family shared = truth_.common(p.from, p.to);
    const bool o1 = nat::direct_possible(a, b, shared);
    const bool o3 = nat::clairvoyant_possible(a, b, shared);
    if (changed(pairs_told_[n], std::string(o1 ? "o1" : "no_o1") + (o3 ? " o3" : " no_o3")))
      trace_.remark(now, "pair", p.from, p.to, p.item, n, pairs_told_[n]);
    ++n;
  }
}

void run_log::remark_slices(time_point now) {
  const auto number = [](const std::optional<std::uint32_t>& n) {
    return n ? std::to_string(*n) : std::string(nobody);
  };
  // The first is the whole run.
  const auto& parts = results_.parts();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const slice& s = parts[i].which;
    trace_.remark(now, "slice", static_cast<std::uint32_t>(i - 1), number(s.group), number(s.item),
                  s.from.time_since_epoch().count(), s.until.time_since_epoch().count(), s.name);
  }
}

void run_log::finish(time_point now, report& rows) {
  if (trace_.has_text()) {
    std::uint32_t box = 0;
    for (const std::size_t held : truth_.mappings()) trace_.remark(now, "box", box++, held);
    trace_.remark(now, "finish", 0);
  }
  for (const auto& m : meters_) m->finish(now, rows);
  count_pairs(rows);
}

void run_log::write(time_point now, const life_began& e) {
  trace_.record(now, "begin", e.host, e.life);
}
void run_log::write(time_point now, const life_ended& e) {
  trace_.record(now, "end", e.host, to_string(e.why));
}
void run_log::write(time_point now, const identity_changed& e) {
  trace_.remark(now, "became", e.host);
}
void run_log::write(time_point now, const noted& e) {
  trace_.record(now, "note", e.host, to_string(e.what.what), e.what.where, e.what.value);
  const bool held = e.what.what == note_kind::dht_record_held;
  if ((!held && e.what.what != note_kind::dht_record_dropped) || !trace_.has_text()) return;
  if (const auto whose = truth_.host_of(e.what.peer))
    trace_.remark(now, held ? "held" : "dropped", e.host, *whose, e.what.value);
}
void run_log::write(time_point now, const path_told& e) {
  trace_.record(now, "path", e.host, e.other, to_string(e.state), punch::code(e.why),
                number_or_nobody(e.relay));
}
void run_log::write(time_point now, const message_sent& e) {
  trace_.record(now, "message", e.host, e.other, e.name, e.relayed ? "relayed" : "direct");
}
void run_log::write(time_point now, const payload_sent& e) {
  trace_.record(now, "ping", truth_.pairs()[e.pair].from, e.pair, e.sequence);
}
void run_log::write(time_point now, const payload_came& e) {
  const truth::pair& p = truth_.pairs()[e.pair];
  const bool request = e.what == leg::request;
  trace_.record(now, "payload", request ? p.to : p.from, e.pair, to_string(e.what), e.sequence,
                request ? p.from : p.to, e.relayed ? "relayed" : "direct");
}
void run_log::write(time_point now, const payload_answered& e) {
  trace_.record(now, "pong", truth_.pairs()[e.pair].from, e.pair, e.sequence,
                e.sent.time_since_epoch().count(), e.direct ? "direct" : "relayed");
}
void run_log::write(time_point now, const pair_ended& e) {
  trace_.record(now, "over", truth_.pairs()[e.pair].from, e.pair);
}
void run_log::write(time_point now, const lookup_began& e) {
  trace_.record(now, "lookup", e.asker, e.lookup, e.item, number_or_nobody(e.sought));
}
void run_log::write(time_point now, const lookup_ended& e) {
  trace_.record(now, "looked", e.asker, e.lookup, to_string(e.outcome), e.sequence, e.wanted,
                e.requests, e.timeouts, e.took.count());
}
void run_log::write(time_point now, const lookup_skipped& e) {
  trace_.record(now, "skipped", 0, e.item, e.no_asker ? "no_asker" : "nobody_sought");
}
void run_log::write(time_point now, const payload_carried& e) {
  trace_.record(now, "carries", e.host);
}
void run_log::write(time_point now, const fault_happened& e) {
  std::string hosts;
  for (const std::size_t h : e.hosts) hosts += (hosts.empty() ? "" : " ") + std::to_string(h);
  trace_.record(now, "event", e.event, e.kind, hosts);
  remark_truth(now);
}

}  // namespace wh::sim
