#include "sim/main/program.hpp"

#include <algorithm>
#include <map>
#include <ostream>

#include "sim/main/run_one.hpp"
#include "sim/measure/catalogue.hpp"
#include "sim/report/format.hpp"
#include "sim/report/writers.hpp"
#include "sim/scenario/reference.hpp"
#include "transport/text.hpp"

namespace wh::sim {
namespace {

namespace fs = std::filesystem;

/// Scenario files by name, of the first folder that has one of that name.
std::map<std::string, fs::path> find_scenarios(const std::vector<fs::path>& folders) {
  std::map<std::string, fs::path> out;
  for (const auto& folder : folders) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
      if (entry.path().extension() == ".toml")
        out.emplace(entry.path().stem().string(), entry.path());
  }
  return out;
}

/// For a shell: quoted where it has to be.
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

scenario_context context_for(const program_host& host) {
  auto context = host.context;
  context.roots.insert(context.roots.end(), host.scenario_folders.begin(),
                       host.scenario_folders.end());
  return context;
}

int run_it(const run_command& c, const program_host& host) {
  fs::path file = c.scenario;
  std::error_code ignored;
  // A folder of that name is most likely the report of an earlier run.
  if (!fs::is_regular_file(file, ignored)) {
    const auto known = find_scenarios(host.scenario_folders);
    const auto wanted = file.has_parent_path() ? std::string{} : file.stem().string();
    if (const auto at = known.find(wanted); at != known.end()) {
      file = at->second;
    } else if (!fs::exists(file, ignored)) {
      host.errors << "wh-sim: no scenario " << c.scenario;
      std::vector<std::string> names;
      for (const auto& [name, path] : known) names.push_back(name);
      const auto near = nearest_name(file.stem().string(), names);
      if (!near.empty()) host.errors << "; did you mean " << near << "?";
      host.errors << "\n  `wh-sim scenarios` lists them\n";
      return 2;
    }
  }
  auto s = load_scenario(file, c.set, context_for(host));
  if (!s) {
    host.errors << s.error().render();
    return 2;
  }
  if (!c.seeds.empty()) s->seeds = c.seeds;
  if (c.flow)
    for (const auto& name : {c.flow->first, c.flow->second}) {
      bool known = false;
      for (const auto& g : s->peers)
        for (unsigned i = 0; i < g.count && !known; ++i) known = peer_name(g, i) == name;
      if (known) continue;
      host.errors << "wh-sim: --flow: there is no peer \"" << name << "\" in " << s->name << "\n";
      return 2;
    }
  const auto folder = c.out.empty() ? fs::path("out") / s->name : c.out;
  std::error_code bad;
  fs::create_directories(folder, bad);
  if (bad) {
    host.errors << "wh-sim: cannot make " << folder.string() << ": " << bad.message() << "\n";
    return 2;
  }
  std::string command = "wh-sim run " + shell_word(file.string());
  for (const auto& option : c.set) command += " --set " + shell_word(option);
  if (s->seeds.size() == 1) return run_one(*s, s->seeds.front(), folder, c, host, command);
  return run_many(*s, folder, c, host, command);
}

int list_scenarios(const scenarios_command& c, const program_host& host) {
  const auto context = context_for(host);
  text_table table({{"scenario"}, {"question"}});
  std::vector<std::pair<std::string, std::string>> rows;
  int code = 0;
  for (const auto& [name, path] : find_scenarios(host.scenario_folders)) {
    const auto s = load_scenario(path, {}, context);
    if (!s) {
      host.errors << s.error().render();
      code = 2;
      continue;
    }
    table.row({name, s->question});
    rows.emplace_back(name, s->question);
  }
  if (c.json)
    host.out << names_to_json(rows) << "\n";
  else if (table.empty())
    host.out << "no scenarios found\n";
  else
    host.out << table.print("");
  return code;
}

int list_metrics(const metrics_command& c, const program_host& host) {
  if (c.json) {
    host.out << definitions_to_json(metric_definitions()) << "\n";
    return 0;
  }
  text_table table({{"metric"}, {"unit"}, {"definition"}});
  for (const auto* d : metric_definitions())
    table.row({std::string(d->name), std::string(d->unit), std::string(d->sentence)});
  host.out
      << table.print("")
      << "\nA distribution is read as NAME.n .censored .mean .min .p50 .p90 .p95 .p99 or .max;\n"
         "NAME alone is its mean. Of what never came (censored) the maximum is without end.\n";
  return 0;
}

int list_keys(const keys_command& c, const program_host& host) {
  auto tables = scenario_reference(host.context.events);
  if (!c.table.empty()) {
    std::vector<std::string> names;
    for (const auto& t : tables)
      if (!t.name.empty()) names.push_back(t.name);
    std::erase_if(tables, [&](const table_reference& t) { return t.name != c.table; });
    if (tables.empty()) {
      host.errors << "wh-sim: no table `" << c.table << "`";
      if (const auto near = nearest_name(c.table, names); !near.empty())
        host.errors << "; did you mean `" << near << "`?";
      host.errors << "\n  `wh-sim keys` lists them\n";
      return 2;
    }
  }
  if (c.markdown) {
    host.out << to_markdown(tables);
    return 0;
  }
  for (const auto& t : tables) {
    text_table rows({{table_in_words(t.name)}, {"default"}, {"meaning"}});
    for (const auto& k : t.keys) rows.row({k.name, k.by_default, k.text});
    host.out << rows.print("") << "\n";
  }
  return 0;
}

}  // namespace

int run_program(const command& what, const program_host& host) {
  if (const auto* c = std::get_if<run_command>(&what)) return run_it(*c, host);
  if (const auto* c = std::get_if<scenarios_command>(&what)) return list_scenarios(*c, host);
  if (const auto* c = std::get_if<keys_command>(&what)) return list_keys(*c, host);
  return list_metrics(std::get<metrics_command>(what), host);
}

}  // namespace wh::sim
