#include "sim/data/writers.hpp"

#include "sim/report/writers.hpp"

namespace wh::sim::data {
namespace {

constexpr std::string_view database_name = "run.sqlite";

std::string csv_name(const table& t) { return std::string(t.name) + ".csv"; }

}  // namespace

std::vector<std::string> files() {
  std::vector<std::string> all{std::string(database_name)};
  for (const auto& t : tables()) all.push_back(csv_name(t));
  return all;
}

std::string write(const report& r, const std::filesystem::path& folder) {
  for (const auto& t : tables())
    if (auto bad = write_file(folder / csv_name(t), to_csv(t, r)); !bad.empty()) return bad;
  return write_sqlite(r, folder / database_name);
}

std::string to_markdown(const table& t) {
  std::string out = "### `" + std::string(t.name) + "`\n\n" + std::string(t.sentence) +
                    "\n\n| column | type | unit | meaning |\n|---|---|---|---|\n";
  for (const auto& c : t.columns)
    out += "| `" + std::string(c.name) + "` | " + std::string(to_string(c.type)) + " | " +
           std::string(c.unit) + " | " + std::string(c.sentence) + " |\n";
  return out + "\n";
}

}  // namespace wh::sim::data
