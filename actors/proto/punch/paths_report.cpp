#include <algorithm>

#include "actors/proto/punch/paths.hpp"

/// What people ask of paths: how they are, and whether a peer answers now.
namespace wh::punch {

std::vector<report> paths::all() const {
  std::vector<report> v;
  v.reserve(peers_.size());
  for (const peer& p : peers_) {
    report r{p.told,     p.their_kind, p.candidates, {},
             p.failures, p.looking,    p.next_open,  p.next_lookup};
    // What is told when state or reason changes; the round trip goes on meanwhile.
    if (p.direct && r.now.state == path_state::direct) r.now.rtt = p.direct->rtt;
    for (const relay_option& o : p.relays) {
      r.relays.push_back({o.relay, o.attached, o.answered, o.rtt});
      if (p.in_use && p.in_use->relay == o.relay.key) r.now.rtt = o.rtt;
    }
    v.push_back(std::move(r));
  }
  return v;
}

void paths::handle(time_point now, const probe& in, actions& out) {
  if (!find_member(in.peer)) {
    out.push_back(probed{in.peer, {}, {}});
    return;
  }
  handle(now, want{in.peer}, out);
  peer& p = obtain(now, in.peer);
  // Who asks while another one does gets the same answer.
  if (!p.probe_until) p.probe_until = now + config_.probe_timeout;
  advance_probe(now, p, out);
}

void paths::advance_probe(time_point now, peer& p, actions& out) {
  if (!p.probe_until) return;
  if (*p.probe_until <= now) {
    end_probe(p, {}, {}, out);
    return;
  }
  if (!p.in_use) return;
  const auto under_way = std::any_of(p.pings.begin(), p.pings.end(), [&](const pending_ping& q) {
    return p.probing && q.tx == p.probe_tx && !q.late;
  });
  if (under_way) return;
  p.probing = true;
  ping(now, p, *p.in_use, out);
  p.probe_tx = p.pings.back().tx;
}

void paths::end_probe(peer& p, const wire::route& via, std::optional<duration> rtt, actions& out) {
  p.probe_until.reset();
  p.probing = false;
  out.push_back(probed{p.key, via, rtt});
}

}  // namespace wh::punch
