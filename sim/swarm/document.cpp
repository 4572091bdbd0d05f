#include "sim/swarm/document.hpp"

#include <algorithm>
#include <utility>

namespace wh::sim::swarm {
namespace {

std::string inline_table(const std::vector<item>& items) {
  std::string s = "{";
  for (const item& i : items) {
    s += s.size() == 1 ? " " : ", ";
    s += i.key + " = " + (i.value.empty() ? inline_table(i.table) : i.value);
  }
  return s + " }";
}

void add_lines(std::string& s, const std::vector<item>& items) {
  for (const item& i : items)
    s += i.key + " = " + (i.value.empty() ? inline_table(i.table) : i.value) + "\n";
}

}  // namespace

const item* find(const std::vector<item>& items, std::string_view key) {
  const auto i =
      std::find_if(items.begin(), items.end(), [&](const item& x) { return x.key == key; });
  return i == items.end() ? nullptr : &*i;
}

item* find(std::vector<item>& items, std::string_view key) {
  return const_cast<item*>(find(std::as_const(items), key));
}

std::string document::text() const {
  std::string s;
  for (const std::string& line : comment) s += "# " + line + "\n";
  add_lines(s, top);
  for (const section& x : sections) {
    s += "\n" + std::string(x.listed ? "[[" : "[") + x.name + (x.listed ? "]]" : "]") + "\n";
    add_lines(s, x.items);
  }
  return s;
}

}  // namespace wh::sim::swarm
