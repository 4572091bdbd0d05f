#include "sim/world/flow.hpp"

#include "actors/proto/wire/codec.hpp"

namespace wh::sim {

namespace {

bool is_about_paths(const wire::message& m) {
  const auto c = wire::concern_of(m);
  return c == wire::concern::relay || c == wire::concern::path ||
         std::holds_alternative<wire::store>(m) || std::holds_alternative<wire::find_record>(m) ||
         std::holds_alternative<wire::records>(m);
}

}  // namespace

void flow_recorder::on_path(time_point now, std::size_t host, std::size_t other,
                            const punch::status& s) {
  if (!concerns(host) || !concerns(other)) return;
  std::string text = "path: " + std::string(to_string(s.state));
  if (s.why != punch::reason::none) text += ", " + std::string(punch::code(s.why));
  add(now, host, host, std::move(text));
}

void flow_recorder::on_message(time_point now, std::size_t from, std::size_t to,
                               const wire::route& via, const wire::message& what) {
  if (!concerns(from) && !concerns(to)) return;
  // The DHT's chatter with everybody else would bury the pair's story.
  if (!(concerns(from) && concerns(to)) && !is_about_paths(what)) return;
  std::string label(wire::name_of(what));
  if (via.relay) label += " via " + who_.name_of(*via.relay);
  add(now, from, to, std::move(label));
}

void flow_recorder::on_echo(time_point now, std::size_t from, std::size_t to, const echo& e,
                            bool relayed) {
  if (!concerns(from) || !concerns(to)) return;
  add(now, from, to,
      std::string(e.what == echo::kind::request ? "payload" : "payload back") +
          (relayed ? " (relayed)" : ""));
}

void flow_recorder::add(time_point now, std::size_t from, std::size_t to, std::string label) {
  if (messages_.size() >= flow_max) {
    cut_ = true;
    return;
  }
  messages_.push_back(
      {now - epoch_, who_.name_of(from), who_.name_of(to), std::move(label), false});
}

void flow_recorder::finish(report& r) {
  r.flow = std::move(messages_);
  r.flow_cut = cut_;
}

}  // namespace wh::sim
