#include "sim/scenario/read.hpp"

#include "sim/scenario/limits.hpp"

namespace wh::sim::detail {
namespace {

constexpr std::size_t items_max = 1000;

class file_reader {
 public:
  file_reader(const node& root, const scenario_context& context, mistakes& out)
      : root_(root),
        context_(context),
        out_(out),
        known_(scenario_reference(context.events)),
        reader_(known_, out) {}

  void read(scenario& s) {
    reader_.read(root_, "", s,
                 {"network", "overlay", "nats", "carriers", "peers", "workload", "events", "slices",
                  "expect"});
    if (root_.kind != node_kind::table) return;
    if (const auto* n = root_.find("network")) reader_.read(*n, "network", s.network);
    if (const auto* n = root_.find("overlay")) reader_.read(*n, "overlay", s.overlay);
    if (!root_.find("peers"))
      out_.add(error_at(root_.value, "the top of the file needs `peers`",
                        "at least one [[peers]] table"));
    list("peers", groups_max, [&](const node& n) { item("peers", n, s.peers.emplace_back()); });
    list("nats", items_max, [&](const node& n) { item("nats", n, s.nats.emplace_back()); });
    list("carriers", items_max,
         [&](const node& n) { item("carriers", n, s.carriers.emplace_back()); });
    list("slices", items_max, [&](const node& n) { item("slices", n, s.slices.emplace_back()); });
    list("workload", items_max,
         [&](const node& n) { item("workload", n, s.workload.emplace_back()); });
    list("events", items_max, [&](const node& n) { event(n, s.events.emplace_back()); });
    list("expect", items_max, [&](const node& n) { item("expect", n, s.expect.emplace_back()); });
  }

 private:
  template <class F>
  void list(std::string_view key, std::size_t max, F read) {
    const auto* n = root_.find(key);
    if (!n) return;
    const std::string name(key);
    if (n->kind != node_kind::list) {
      out_.add(error_at(n->value, "`" + name + "` is " + std::string(describe(*n)),
                        "write [[" + name + "]], once for each"));
    } else if (n->items.size() > max) {
      out_.add(error_at(n->value, "more than " + std::to_string(max) + " [[" + name + "]]"));
    } else {
      for (const auto& item : n->items) read(item);
    }
  }

  template <class T>
  void item(std::string_view table, const node& n, T& target,
            const std::vector<std::string>& more = {}) {
    reader_.read(n, table, target, more);
  }

  void event(const node& n, event_item& e) {
    std::vector<std::string> names;
    for (const event_kind* k : context_.events) names.emplace_back(k->name);
    item("events", n, e, names);
    if (n.kind != node_kind::table) return;
    for (const event_kind* k : context_.events) {
      const auto* what = n.find(k->name);
      if (!what) continue;
      if (e.what) {
        out_.add(error_at(what->value,
                          "[[events]] has both `" + std::string(e.what->kind().name) + "` and `" +
                              std::string(k->name) + "`",
                          "one event a table"));
        continue;
      }
      auto made = k->make();
      reader_.read(*what, "events." + std::string(k->name), *made);
      e.what = std::move(made);
    }
  }

  const node& root_;
  const scenario_context& context_;
  mistakes& out_;
  std::vector<table_reference> known_;
  reader reader_;
};

}  // namespace

void read_scenario(const node& root, const scenario_context& context, scenario& s, mistakes& out) {
  file_reader(root, context, out).read(s);
}

}  // namespace wh::sim::detail
