#include "sim/scenario/check/desk.hpp"

namespace wh::sim::detail {

namespace {

/// What a kind of event says of itself, held against the rest.
class site final : public event_site {
 public:
  site(desk& d, const node& what) : d_(d), what_(what) {}
  void wrong(std::string_view key, std::string message, std::string hint) override {
    d_.wrong(what_, key, std::move(message), std::move(hint));
  }
  void idle_key(std::string_view key, bool applies, const std::string& why) override {
    d_.idle_key(what_, key, applies, why);
  }
  bool group(std::string_view key, const std::string& name) override {
    return d_.group(desk::place_of(what_, key), name);
  }
  bool peer(std::string_view key, const std::string& name) override {
    return d_.peer(desk::place_of(what_, key), name);
  }
  bool nat_chain(std::string_view key, const std::vector<std::string>& chain) override {
    return d_.nat_chain(desk::place_of(what_, key), chain);
  }
  const scenario& whole() const override { return d_.s; }

 private:
  desk& d_;
  const node& what_;
};

}  // namespace

void check_events(desk& d) {
  for (std::size_t i = 0; i < d.s.events.size(); ++i) {
    const auto& e = d.s.events[i];
    const auto& table = d.item("events", i);
    if (e.at > d.s.length) d.wrong(table, "at_s", "the run ends before that");
    if (!e.what) {
      std::string all;
      for (const event_kind* k : d.known.events)
        all += (all.empty() ? "" : ", ") + std::string(k->name);
      d.wrong(table.value, "[[events]] says when, but not what", "one of " + all);
      continue;
    }
    site here(d, *table.find(e.what->kind().name));
    e.what->check(here);
  }
}

}  // namespace wh::sim::detail
