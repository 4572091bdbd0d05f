#include "sim/world/flow.hpp"

#include <algorithm>

#include "actors/proto/wire/codec.hpp"

namespace wh::sim {

namespace {

/// Messages that are waited for; the oldest of more counts as lost.
constexpr std::size_t under_way_max = 1000;

}  // namespace

void flow_recorder::on_path(time_point now, std::size_t host, std::size_t other,
                            const punch::status& s) {
  if (!concerns(host, other)) return;
  std::string text = "path: " + std::string(to_string(s.state));
  if (s.why != punch::reason::none) text += ", " + std::string(punch::code(s.why));
  add(now, host, host, std::move(text));
}

void flow_recorder::on_message(time_point now, std::size_t from, std::size_t to,
                               const wire::route& via, const wire::message& what, bool sent) {
  if (!concerns(from, to)) return;
  if (sent) {
    std::string label(wire::name_of(what));
    if (via.relay) label += " via " + who_.name_of(*via.relay);
    if (const auto number = add(now, from, to, std::move(label)))
      under_way_.push_back({from, *number, what});
    return;
  }
  const auto at = std::find_if(under_way_.begin(), under_way_.end(), [&](const under_way& u) {
    const auto* m = std::get_if<wire::message>(&u.what);
    return u.from == from && m && *m == what;
  });
  if (at == under_way_.end()) return;
  messages_[at->number].dropped = false;
  under_way_.erase(at);
}

void flow_recorder::on_echo_sent(time_point now, std::size_t from, std::size_t to, const echo& e) {
  if (!concerns(from, to)) return;
  const std::string what = e.what == echo::kind::request ? "payload " : "payload back ";
  if (const auto number = add(now, from, to, what + std::to_string(e.sequence)))
    under_way_.push_back({from, *number, e});
}

void flow_recorder::on_echo_arrived(std::size_t from, std::size_t to, const echo& e, bool relayed) {
  if (!concerns(from, to)) return;
  const auto at = std::find_if(under_way_.begin(), under_way_.end(), [&](const under_way& u) {
    const auto* x = std::get_if<echo>(&u.what);
    return u.from == from && x && *x == e;
  });
  if (at == under_way_.end()) return;
  messages_[at->number].dropped = false;
  if (relayed) messages_[at->number].label += " (relayed)";
  under_way_.erase(at);
}

std::optional<std::size_t> flow_recorder::add(time_point now, std::size_t from, std::size_t to,
                                              std::string label) {
  if (messages_.size() >= flow_max) {
    cut_ = true;
    return std::nullopt;
  }
  if (under_way_.size() >= under_way_max) under_way_.pop_front();
  // Until it arrives, it has not.
  messages_.push_back(
      {now - epoch_, who_.name_of(from), who_.name_of(to), std::move(label), from != to});
  return messages_.size() - 1;
}

void flow_recorder::finish(report& r) {
  // What is still on its way at the end is not lost.
  for (const under_way& u : under_way_)
    if (messages_[u.number].at + 1s > r.virtual_time) messages_[u.number].dropped = false;
  r.flow = std::move(messages_);
  r.flow_cut = cut_;
}

}  // namespace wh::sim
