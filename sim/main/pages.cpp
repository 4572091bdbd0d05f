#include "sim/main/pages.hpp"

#include <fstream>
#include <iterator>

#include "sim/data/writers.hpp"
#include "sim/page/page.hpp"
#include "sim/report/writers.hpp"

namespace wh::sim {
namespace {

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The page of figures that are in `name`, beside it.
template <class Make>
std::string write_figures_page(Make make, const std::filesystem::path& file,
                               const std::string& name, const std::string& again) {
  const auto folder = file.parent_path();
  page_context context;
  context.again = again;
  context.files.push_back({name, "the same, for programs"});
  const auto page = make(contents(folder / name), context);
  if (!page) return "no page: " + (folder / name).string() + ": " + page.error();
  return write_file(file, *page);
}

}  // namespace

std::string write_check_page(const std::filesystem::path& page, const std::string& again) {
  return write_figures_page(check_page, page, "check.json", again);
}

std::string write_matrix_page(const std::filesystem::path& folder, const std::string& again) {
  return write_figures_page(matrix_page, folder / "report.html", "matrix.json", again);
}

std::string write_report_page(const planned& p, std::uint64_t seed, const std::string& json,
                              const std::filesystem::path& folder, const run_command& c) {
  page_context context;
  context.again = again_of(p, seed);
  context.replay = "wh-sim replay report.json";
  if (folder != p.folder) context.up = "../report.html";
  context.files.push_back({"report.json", "the report, for programs"});
  if (c.data)
    for (const auto& name : data::files())
      context.files.push_back({name, name.ends_with(".csv") ? "a table" : "all tables"});
  if (c.flow) context.files.push_back({"flow.mmd", "the messages of a pair, for Mermaid"});
  if (c.trace) context.files.push_back({"trace", "every event"});
  if (c.pcap) context.files.push_back({"internet.pcap", "every packet"});
  const auto page = report_page(json, context);
  if (!page) return "no page: " + page.error();
  return write_file(folder / "report.html", *page);
}

std::string write_seeds_page(const planned& p, const std::vector<std::string>& died,
                             const run_command&) {
  seeds_page page;
  for (std::size_t i = 0; i < p.what.seeds.size(); ++i) {
    const auto seed = p.what.seeds[i];
    const auto folder = folder_of(p, seed);
    const std::string text = contents(folder / "report.json");
    if (text.empty())
      page.add_without(seed, died[i].empty() ? "it could not be run" : died[i]);
    else
      page.add(seed, folder.filename().string(), text);
  }
  page_context context;
  context.again = p.again;
  if (const std::string text = contents(p.folder / "aggregate.json"); !text.empty()) {
    if (const auto bad = page.add_aggregate(text); !bad.empty())
      return (p.folder / "aggregate.json").string() + ": " + bad;
    context.files.push_back({"aggregate.json", "figures over seeds, for programs"});
  }
  return write_file(p.folder / "report.html", page.text(context));
}

}  // namespace wh::sim
