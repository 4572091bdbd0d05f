#include "sim/scenario/scenario.hpp"

#include <fstream>
#include <iterator>

#include "sim/scenario/read.hpp"
#include "sim/scenario/tree.hpp"

namespace wh::sim {

const peer_group* scenario::find_group(std::string_view group) const {
  for (const auto& g : peers)
    if (g.group == group) return &g;
  return nullptr;
}

unsigned scenario::peer_count() const {
  unsigned n = 0;
  for (const auto& g : peers) n += g.count;
  return n;
}

std::string peer_name(const peer_group& g, unsigned index) {
  if (index < g.members.size()) return g.members[index];
  return g.count == 1 ? g.group : g.group + "-" + std::to_string(index);
}

expected<scenario, scenario_error> parse_scenario(std::string_view text,
                                                  const std::filesystem::path& file,
                                                  const std::vector<std::string>& overrides,
                                                  const scenario_context& context) {
  auto tree = detail::parse_toml(text, file.string());
  if (!tree) return unexpected(tree.error());
  for (const auto& option : overrides)
    if (auto done = detail::apply_override(*tree, option); !done) return unexpected(done.error());

  scenario s;
  s.file = file;
  detail::mistakes mistakes;
  detail::read_scenario(*tree, context, s, mistakes);
  if (mistakes.none()) detail::check_scenario(*tree, context, s, mistakes);
  if (!mistakes.none()) return unexpected(mistakes.first());
  return s;
}

expected<scenario, scenario_error> load_scenario(const std::filesystem::path& file,
                                                 const std::vector<std::string>& overrides,
                                                 const scenario_context& context) {
  std::error_code bad;
  const auto status = std::filesystem::status(file, bad);
  const auto refuse = [&](std::string message) {
    scenario_error e;
    e.file = file.string();
    e.message = std::move(message);
    return unexpected(std::move(e));
  };
  if (!std::filesystem::is_regular_file(status))
    return refuse(std::filesystem::exists(status) ? "not a file" : "no such file");
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) return refuse("cannot be read");
  return parse_scenario(text, file, overrides, context);
}

}  // namespace wh::sim
