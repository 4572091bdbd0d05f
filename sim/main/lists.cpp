#include <ostream>

#include "sim/data/writers.hpp"
#include "sim/main/commands.hpp"
#include "sim/measure/catalogue.hpp"
#include "sim/nat/oracle.hpp"
#include "sim/nat/population.hpp"
#include "sim/page/glossary.hpp"
#include "sim/report/format.hpp"
#include "sim/report/writers.hpp"
#include "sim/scenario/nat_keys.hpp"
#include "sim/scenario/reference.hpp"

namespace wh::sim {
namespace {

void unknown(const program_host& host, const std::string& what, const std::string& name,
             const std::vector<std::string>& known, const std::string& list) {
  host.errors << "wh-sim: no " << what << " `" << name << "`";
  if (const auto near = nearest_name(name, known); !near.empty())
    host.errors << "; did you mean `" << near << "`?";
  host.errors << "\n  `" << list << "` lists them\n";
}

std::vector<key_reference> parameters_of(const nat::config& c) {
  return values_of([&](field_visitor& v) {
    nat::config copy = c;
    nat_fields(v, copy);
  });
}

/// The reference's texts are Markdown.
std::string plain(std::string text) {
  std::erase(text, '`');
  return text;
}

std::string percent(double share) { return format_number(share * 100) + " %"; }

void show_population(const nat::population_table& p, const program_host& host) {
  text_table rows({{"where"},
                   {"boxes, inside first"},
                   {"share", text_table::align::right},
                   {"port mapping", text_table::align::right},
                   {"IPv6", text_table::align::right}});
  for (const auto& w : p)
    rows.row({w.context, w.profile, percent(w.share), percent(w.port_mapping_ratio),
              percent(w.ipv6_ratio)});
  host.out << rows.print("");
}

nat_listing listing() {
  nat_listing all;
  for (const auto& p : nat::profiles()) {
    all.profiles.push_back({std::string(p.name),
                            std::string(p.about),
                            std::string(p.source),
                            std::string(to_string(nat::effective({&p.behaviour}).kind)),
                            {}});
    for (const auto& k : parameters_of(p.behaviour))
      all.profiles.back().parameters.emplace_back(k.name, plain(k.by_default));
  }
  for (const auto name : nat::population_names()) {
    all.populations.push_back({std::string(name), {}});
    for (const auto& w : *nat::population(name))
      all.populations.back().rows.push_back(
          {w.context, w.profile, w.share, w.port_mapping_ratio, w.ipv6_ratio});
  }
  return all;
}

}  // namespace

int list_scenarios(const scenarios_command& c, const program_host& host) {
  auto context = host.context;
  context.roots.insert(context.roots.end(), host.scenario_folders.begin(),
                       host.scenario_folders.end());
  text_table table({{"scenario"}, {"question"}});
  std::vector<std::pair<std::string, std::string>> rows;
  int code = 0;
  for (const auto& [name, path] : scenarios_in(host.scenario_folders)) {
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
  text_table table({{"metric"}, {"unit"}, {"better"}, {"definition"}});
  for (const auto* d : metric_definitions())
    table.row({std::string(d->name), std::string(d->unit), std::string(to_string(d->direction)),
               std::string(d->sentence)});
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
      unknown(host, "table", c.table, names, "wh-sim keys");
      return 2;
    }
  }
  if (c.markdown) {
    host.out << to_markdown(tables);
    return 0;
  }
  for (const auto& t : tables) {
    text_table rows({{table_in_words(t.name)}, {"default"}, {"meaning"}});
    for (const auto& k : t.keys) rows.row({k.name, plain(k.by_default), plain(k.text)});
    host.out << rows.print("") << "\n";
  }
  return 0;
}

int list_tables(const tables_command& c, const program_host& host) {
  for (const auto& t : data::tables()) {
    if (c.markdown) {
      host.out << data::to_markdown(t);
      continue;
    }
    host.out << t.name << ": " << plain(std::string(t.sentence)) << "\n";
    text_table rows({{"column"}, {"type"}, {"unit"}, {"meaning"}});
    for (const auto& x : t.columns)
      rows.row({std::string(x.name), std::string(to_string(x.type)), std::string(x.unit),
                plain(std::string(x.sentence))});
    host.out << rows.print("") << "\n";
  }
  return 0;
}

int list_nats(const nats_command& c, const program_host& host) {
  if (c.json) {
    host.out << nats_to_json(listing()) << "\n";
    return 0;
  }
  if (c.name.empty()) {
    text_table rows({{"NAT profile"}, {"class"}, {"what it is"}, {"source"}});
    for (const auto& p : nat::profiles())
      rows.row({std::string(p.name), std::string(to_string(nat::effective({&p.behaviour}).kind)),
                std::string(p.about), std::string(p.source)});
    text_table classes({{"class"}, {"what it does"}});
    for (std::size_t i = 0; i < nat::nat_class_words.size(); ++i)
      classes.row({std::string(nat::nat_class_words[i]),
                   std::string(explain(static_cast<nat::nat_class>(i)))});
    host.out << rows.print("") << "\n" << classes.print("") << "\nPopulations:";
    for (const auto name : nat::population_names()) host.out << " " << name;
    host.out << "\n`wh-sim nats NAME` shows one, with all its parameters.\n";
    return 0;
  }
  if (const auto* p = nat::population(c.name)) {
    show_population(*p, host);
    return 0;
  }
  std::vector<std::string> names;
  for (const auto name : nat::population_names()) names.emplace_back(name);
  for (const auto& p : nat::profiles()) {
    names.emplace_back(p.name);
    if (p.name != c.name) continue;
    text_table rows({{"parameter"}, {"value"}, {"meaning"}});
    for (const auto& k : parameters_of(p.behaviour))
      rows.row({k.name, plain(k.by_default), plain(k.text)});
    host.out << p.name << ": " << p.about << "\nsource: " << p.source << "\n\n" << rows.print("");
    return 0;
  }
  unknown(host, "NAT profile or population", c.name, names, "wh-sim nats");
  return 2;
}

}  // namespace wh::sim
