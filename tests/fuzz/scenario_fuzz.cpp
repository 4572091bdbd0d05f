#include "sim/scenario/scenario.hpp"
#include "sim/world/run.hpp"
#include "transport/check.hpp"

/// Whatever the file, there is a scenario or a mistake that can be shown. The first line, when it
/// begins with `--set `, is an option.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wh::sim;
  std::string_view in{reinterpret_cast<const char*>(data), size};
  std::vector<std::string> set;
  constexpr std::string_view option = "--set ";
  if (in.starts_with(option)) {
    const std::size_t end = std::min(in.find('\n'), in.size());
    set.emplace_back(in.substr(option.size(), end - option.size()));
    in.remove_prefix(std::min(end + 1, in.size()));
  }
  scenario_context names;
  names.events = event_kinds();
  names.metrics = {{"paths.direct_ratio", 1}};
  names.members_of = [](std::string_view,
                        const std::string&) -> wh::expected<std::vector<std::string>, std::string> {
    return std::vector<std::string>{};
  };
  const auto s = parse_scenario(in, "x.toml", set, names);
  if (!s) {
    WH_CHECK(s.error().render().ends_with('\n'));
    return 0;
  }
  WH_CHECK(!s->name.empty() && !s->seeds.empty() && !s->peers.empty());
  return 0;
}
