#include "sim/nat/book.hpp"

#include "transport/check.hpp"

namespace wh::sim::nat {

const named_profile* book::profile(std::string_view name) const {
  for (const auto& p : own_)
    if (p.name == name) return &p.profile;
  for (const auto& p : profiles())
    if (p.name == name) return &p;
  return nullptr;
}

const population_table* book::population(std::string_view name) const {
  const auto at = populations_.find(name);
  return at == populations_.end() ? nat::population(name) : &at->second;
}

std::vector<std::string> book::profile_names() const {
  std::vector<std::string> names;
  for (const auto& p : own_) names.push_back(p.name);
  for (const auto& p : profiles()) names.emplace_back(p.name);
  return names;
}

std::vector<std::string> book::population_names() const {
  std::vector<std::string> names;
  for (const auto& [name, table] : populations_) names.push_back(name);
  for (const auto name : nat::population_names()) names.emplace_back(name);
  return names;
}

void book::add(std::string name, std::string about, const config& behaviour) {
  WH_CHECK(profile(name) == nullptr);
  own_profile& p = own_.emplace_back();
  p.name = std::move(name);
  p.about = std::move(about);
  p.profile = {p.name, p.about, "this scenario", behaviour};
}

expected<void, population_error> book::add_population(std::string name, std::string_view text) {
  auto table = parse_population(text, [this](std::string_view n) { return profile(n); });
  if (!table) return unexpected(table.error());
  populations_.insert_or_assign(std::move(name), std::move(*table));
  return {};
}

}  // namespace wh::sim::nat
