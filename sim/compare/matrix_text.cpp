#include <algorithm>

#include "sim/compare/matrix_writers.hpp"
#include "sim/report/format.hpp"

namespace wh::sim::compare {
namespace {

constexpr std::string_view legend =
    "# all pairs direct   1-9 tenths of them   r none, and all relayed\n"
    "  . none, and some or all without a path   (blank: no pairs)\n";

std::string grid(const matrix& m, std::string_view indent) {
  std::size_t width = 0;
  for (const auto& k : m.kinds) width = std::max(width, k.name.size());
  std::vector<std::string> rows(m.kinds.size(), std::string(m.kinds.size(), ' '));
  for (const cell& c : m.cells) rows[c.row][c.column] = rows[c.column][c.row] = mark_of(c);
  std::string out(indent);
  out += std::string(width + 4, ' ');
  std::string units;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t n = i + 1;
    out += n % 10 == 0 ? " " + std::to_string(n / 10) : "  ";
    units += " " + std::to_string(n % 10);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  out += "\n" + std::string(indent) + std::string(width + 4, ' ') + units + "\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    std::string line = std::string(indent) + m.kinds[i].name +
                       std::string(width - m.kinds[i].name.size() + 4 - number.size() - 1, ' ') +
                       number + " ";
    for (const char c : rows[i]) line += std::string(" ") + c;
    while (line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  return out;
}

std::string count_text(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

text_table table_of_cells(const matrix& m, bool surprising_only) {
  std::vector<text_table::column> columns;
  for (const auto title : cell_columns) columns.push_back({std::string(title)});
  text_table t(std::move(columns));
  for (const cell& c : m.cells)
    if (!surprising_only || c.surprises > 0) t.row(cell_words(m, c));
  return t;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("|\\`*_<>[]").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_of_cells(const matrix& m, bool surprising_only) {
  std::string head = "|", rule = "|", body;
  for (const auto title : cell_columns) {
    head += " " + escaped(title) + " |";
    rule += "---|";
  }
  for (const cell& c : m.cells) {
    if (surprising_only && c.surprises == 0) continue;
    body += "|";
    for (const auto& word : cell_words(m, c)) body += " " + escaped(word) + " |";
    body += "\n";
  }
  return body.empty() ? std::string{} : head + "\n" + rule + "\n" + body;
}

constexpr std::string_view surprises =
    "Where oracle and measurement disagree (times in seconds: median, maximum)";

}  // namespace

std::string matrix_table(const matrix& m) {
  std::string out = m.scenario + ", " + count_text(m.runs.size(), "seed") + ", " +
                    count_text(m.cells.size(), "cell") + "\n  " + m.question + "\n\n" +
                    grid(m, "  ") + "\n  " + std::string(legend);
  const auto odd = table_of_cells(m, true);
  if (odd.empty()) return out + "\n  Every cell is what the oracle (O1) says.\n";
  return out + "\n  " + std::string(surprises) + "\n" + odd.print("  ");
}

std::string matrix_to_markdown(const matrix& m) {
  std::string out = "# " + escaped(m.scenario) + "\n\n" + escaped(m.question) + "\n\n" +
                    count_text(m.runs.size(), "seed") + ", wh-sim " + m.from.version + " (" +
                    m.from.commit.substr(0, 7) + ").\n\n```\n" + grid(m, "") + "\n" +
                    std::string(legend) + "```\n\n";
  const auto odd = markdown_of_cells(m, true);
  out += odd.empty() ? "Every cell is what the oracle (O1) says.\n"
                     : "## " + std::string(surprises) + "\n\n" + odd;
  return out + "\n## Every cell\n\n" + markdown_of_cells(m, false);
}

}  // namespace wh::sim::compare
