#include "sim/main/names.hpp"

#include "actors/proto/network/parse.hpp"
#include "sim/measure/catalogue.hpp"
#include "sim/net/latency.hpp"

namespace wh::sim {
namespace {

expected<std::vector<std::string>, std::string> members_of(std::string_view text,
                                                           const std::string& name) {
  const auto parsed = network::parse(text, sodium_crypto());
  if (!parsed) {
    auto rendered = parsed.error().front().render(name);
    while (!rendered.empty() && rendered.back() == '\n') rendered.pop_back();
    return unexpected(rendered);
  }
  std::vector<std::string> out;
  for (const auto& entry : parsed->entries) {
    if (!entry.hostname.empty()) out.push_back(entry.hostname);
    out.push_back(to_base64_url(view(entry.key)));
  }
  return out;
}

}  // namespace

scenario_context names_of_this_build(std::span<const event_kind* const> events) {
  scenario_context context;
  context.events = events;
  context.metrics = expectable_metrics();
  context.members_of = members_of;
  context.check_matrix = [](std::string_view text, const std::string& name) {
    const auto m = latency_model::matrix(text, name, seed{0});
    return m ? std::string{} : m.error();
  };
  return context;
}

}  // namespace wh::sim
