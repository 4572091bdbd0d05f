#include <charconv>

#include "sim/data/writers.hpp"

namespace wh::sim::data {
namespace {

template <class Number>
void add_number(std::string& out, Number value) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  out.append(digits, end);
}

struct adder {
  std::string& out;
  void operator()(std::monostate) const {}
  void operator()(bool v) const { out += v ? '1' : '0'; }
  void operator()(std::int64_t v) const { add_number(out, v); }
  void operator()(std::uint64_t v) const { add_number(out, v); }
  void operator()(double v) const { add_number(out, v); }
  void operator()(std::string_view v) const {
    if (v.find_first_of(",\"\r\n") == std::string_view::npos) {
      out += v;
      return;
    }
    out += '"';
    for (const char c : v) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
};

}  // namespace

std::string to_csv(const table& t, const report& r) {
  std::string out;
  for (const auto& c : t.columns) {
    if (&c != t.columns.data()) out += ',';
    out += c.name;
  }
  out += '\n';
  t.rows(r, [&](std::span<const cell> row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ',';
      std::visit(adder{out}, row[i]);
    }
    out += '\n';
  });
  return out;
}

}  // namespace wh::sim::data
