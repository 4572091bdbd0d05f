#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/nat/population.hpp"
#include "sim/nat/profiles.hpp"

namespace wh::sim::nat {

/// NAT profiles and populations by name: those that are built in, and a scenario's own.
class book {
 public:
  book() = default;
  // Populations point to profiles.
  book(const book&) = delete;
  book& operator=(const book&) = delete;

  /// Null when there is none of that name. Both live as long as the book.
  const named_profile* profile(std::string_view name) const;
  const population_table* population(std::string_view name) const;
  std::vector<std::string> profile_names() const;
  std::vector<std::string> population_names() const;

  /// A name must not be taken.
  void add(std::string name, std::string about, const config& behaviour);
  expected<void, population_error> add_population(std::string name, std::string_view text);

 private:
  struct own_profile {
    std::string name, about;
    named_profile profile;
  };
  std::deque<own_profile> own_;
  std::map<std::string, population_table, std::less<>> populations_;
};

}  // namespace wh::sim::nat
