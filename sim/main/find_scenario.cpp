#include <algorithm>
#include <ostream>

#include "sim/main/commands.hpp"
#include "transport/text.hpp"

namespace wh::sim {

namespace fs = std::filesystem;

std::map<std::string, fs::path> scenarios_in(const std::vector<fs::path>& folders) {
  std::map<std::string, fs::path> out;
  for (const auto& folder : folders) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
      if (entry.path().extension() == ".toml")
        out.emplace(entry.path().stem().string(), entry.path());
  }
  return out;
}

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./=,:+@%").find(c) != std::string_view::npos;
  });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::optional<scenario> find_scenario(const std::string& wanted,
                                      const std::vector<std::string>& set,
                                      const program_host& host) {
  fs::path file = wanted;
  std::error_code ignored;
  // A folder of that name is most likely the report of an earlier run.
  if (!fs::is_regular_file(file, ignored)) {
    const auto known = scenarios_in(host.scenario_folders);
    const auto name = file.has_parent_path() ? std::string{} : file.stem().string();
    if (const auto at = known.find(name); at != known.end()) {
      file = at->second;
    } else if (!fs::exists(file, ignored)) {
      host.errors << "wh-sim: no scenario " << wanted;
      std::vector<std::string> names;
      for (const auto& [n, path] : known) names.push_back(n);
      if (const auto near = nearest_name(file.stem().string(), names); !near.empty())
        host.errors << "; did you mean " << near << "?";
      host.errors << "\n  `wh-sim scenarios` lists them\n";
      return std::nullopt;
    }
  }
  auto context = host.context;
  context.roots.insert(context.roots.end(), host.scenario_folders.begin(),
                       host.scenario_folders.end());
  auto s = load_scenario(file, set, context);
  if (!s) {
    host.errors << s.error().render();
    return std::nullopt;
  }
  return std::move(*s);
}

}  // namespace wh::sim
