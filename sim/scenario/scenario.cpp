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

std::string_view scenario::input(const std::filesystem::path& wanted) const {
  for (const auto& i : inputs)
    if (i.name == wanted.string()) return i.text;
  return {};
}

std::optional<std::string> detail::text_of(const std::filesystem::path& file,
                                           const scenario_context& context) {
  if (context.read) return context.read(file);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return in ? std::optional{std::move(text)} : std::nullopt;
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
  s.inputs.push_back({file.string(), std::string(text)});
  detail::mistakes mistakes;
  detail::read_scenario(*tree, context, s, mistakes);
  if (mistakes.none()) detail::check_scenario(*tree, context, s, mistakes);
  if (!mistakes.none()) return unexpected(mistakes.first());
  return s;
}

expected<scenario, scenario_error> load_scenario(const std::filesystem::path& file,
                                                 const std::vector<std::string>& overrides,
                                                 const scenario_context& context) {
  const auto refuse = [&](std::string message) {
    scenario_error e;
    e.file = file.string();
    e.message = std::move(message);
    return unexpected(std::move(e));
  };
  const auto text = detail::text_of(file, context);
  if (!text) {
    std::error_code ignored;
    const auto status = std::filesystem::status(file, ignored);
    return refuse(std::filesystem::is_regular_file(status) ? "cannot be read"
                  : std::filesystem::exists(status)        ? "not a file"
                                                           : "no such file");
  }
  return parse_scenario(*text, file, overrides, context);
}

}  // namespace wh::sim
