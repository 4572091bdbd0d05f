#include "sim/scenario/reference.hpp"

#include <algorithm>

#include "sim/scenario/scenario.hpp"
#include "transport/text.hpp"

namespace wh::sim {
namespace {

std::string in_code(std::string text) { return "`" + std::move(text) + "`"; }

/// Writes down what a table's `fields` says. Tables inside of it come after it.
class lister final : public field_visitor {
 public:
  explicit lister(std::vector<table_reference>& out) : out_(out) {}

  template <class T>
  void list(std::string name, std::string about, T value) {
    begin(std::move(name), std::move(about));
    value.fields(*this);
    close();
  }
  void begin(std::string name, std::string about) {
    stack_.push_back(out_.size());
    out_.push_back({std::move(name), std::move(about), {}});
  }

  void flag(key k, bool& v, const meaning& m) override { add(k, v ? "true" : "false", m); }
  void word(key k, std::string& v, const meaning& m) override {
    add(k, v.empty() ? "none" : in_code("\"" + v + "\""), m);
  }
  void words(key k, std::vector<std::string>&, const meaning& m) override { add(k, "none", m); }
  void number(key k, double& v, bounds, const meaning& m) override { add(k, format_exact(v), m); }
  void whole(key k, std::uint64_t& v, std::uint64_t, std::uint64_t, const meaning& m) override {
    add(k, std::to_string(v), m);
  }
  void signed_whole(key k, std::int64_t& v, std::int64_t, std::int64_t, const meaning& m) override {
    add(k, std::to_string(v), m);
  }
  void seeds(key k, std::vector<std::uint64_t>&, const meaning& m) override { add(k, "", m); }
  void choice(key k, std::size_t& v, wh::words texts, const meaning& m) override {
    add(k, in_code("\"" + std::string(texts[v]) + "\""), m);
  }
  void span(key k, duration& v, duration unit, bounds, const meaning& m) override {
    add(k, format_exact(static_cast<double>(v.count()) / static_cast<double>(unit.count())), m);
  }
  bool maybe(key, bool) override { return true; }
  bool open(key k, bool, const meaning& m) override {
    add(k, "none", m);
    const std::string outer = out_[stack_.back()].name;
    begin((outer.empty() ? "" : outer + ".") + std::string(k), {});
    return true;
  }
  void close() override { stack_.pop_back(); }
  void whole_or(key k, std::optional<unsigned>&, unsigned, unsigned, std::string_view word,
                const meaning& m) override {
    add(k, in_code("\"" + std::string(word) + "\""), m);
  }

  void add(key k, std::string by_default, const meaning& m) {
    if (!m.needed.empty())
      by_default = "needed";
    else if (!m.by_default.empty())
      by_default = m.by_default;
    out_[stack_.back()].keys.push_back(
        {std::string(k), std::move(by_default), std::string(m.text)});
  }

 private:
  std::vector<table_reference>& out_;
  std::vector<std::size_t> stack_;
};

bool is_list_of_tables(std::string_view table) {
  static constexpr std::string_view lists[] = {"nats",   "carriers", "peers", "workload",
                                               "events", "slices",   "expect"};
  return std::find(std::begin(lists), std::end(lists), table) != std::end(lists);
}

}  // namespace

std::vector<table_reference> scenario_reference(std::span<const event_kind* const> events) {
  std::vector<table_reference> out;
  lister l(out);
  l.begin("", "what is run");
  scenario{}.fields(l);
  l.add("network", "", {"table, see below"});
  l.add("overlay", "", {"table, see below"});
  l.add("peers", "needed", {"list of tables, see below"});
  for (const std::string_view k : {"nats", "carriers", "workload", "events", "slices", "expect"})
    l.add(k, "", {"list of tables, see below"});
  l.close();
  l.list("network", "what lies between the peers", network_config{});
  l.list("overlay", "what the peers agree on", overlay_config{});
  l.list("nats", "boxes of the scenario's own", nat_config{});
  l.list("carriers", "boxes that many homes stand behind", carrier_config{});
  l.list("peers", "peers alike, once for each group", peer_group{});
  l.list("workload", "what the users do", workload_item{});
  l.begin("events", "what goes wrong");
  event_item{}.fields(l);
  for (const event_kind* k : events) l.add(k->name, "", {k->about});
  l.close();
  for (const event_kind* k : events) {
    l.begin("events." + std::string(k->name), {});
    k->make()->fields(l);
    l.close();
  }
  l.list("slices", "parts of the run whose metrics are counted by themselves", slice_config{});
  l.list("expect", "what must come out", expectation{});
  return out;
}

std::vector<key_reference> values_of(const std::function<void(field_visitor&)>& visit) {
  std::vector<table_reference> out;
  lister l(out);
  l.begin("", {});
  visit(l);
  l.close();
  return std::move(out.front().keys);
}

std::string table_in_words(std::string_view table) {
  if (table.empty()) return "the top of the file";
  if (const auto dot = table.find('.'); dot != std::string_view::npos)
    return "`" + std::string(table.substr(dot + 1)) + "` of " +
           table_in_words(table.substr(0, dot));
  const auto name = std::string(table);
  return is_list_of_tables(table) ? "[[" + name + "]]" : "[" + name + "]";
}

std::string to_markdown(const std::vector<table_reference>& tables) {
  std::string out;
  for (const auto& t : tables) {
    if (t.name.find('.') == std::string::npos)
      out += "### " + (t.name.empty() ? "Top" : in_code(table_in_words(t.name))) + ": " + t.about +
             "\n\n";
    else
      out += table_in_words(t.name) + ":\n\n";
    out += "| key | default | meaning |\n|---|---|---|\n";
    for (const auto& k : t.keys)
      out += "| `" + k.name + "` | " + k.by_default + " | " + k.text + " |\n";
    out += "\n";
  }
  return out;
}

}  // namespace wh::sim
