#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transport/expected.hpp"

/// Pages for people: one HTML file each, which loads nothing and asks nobody. A page is made of the
/// JSON that lies beside it, so that both say the same.
namespace wh::sim {

/// A file that a page tells of: its name as seen from the page, and what is in it.
struct page_file {
  std::string name, what;
};

/// What a page says besides its numbers.
struct page_context {
  std::string again;   ///< the command that runs the same again; empty where there is none
  std::string replay;  ///< the command that replays from the report itself
  std::string up;      ///< the page over all seeds, as seen from this one
  std::vector<page_file> files;
};

/// How much of a run a page holds; what is left out is said in the page, with the file that has it.
/// Sums, matrices and distributions are of all rows.
struct page_bounds {
  std::size_t pairs = 5000;  ///< the worst paths, those with outages, then the others
  std::size_t hosts = 5000;  ///< those that sent most
  std::size_t faults = 1000;
  std::size_t stays = 200;  ///< of one pair; and as many outages, the longest
};

/// The page of one run from the text of its report.json. An error says what is wrong with the text.
expected<std::string, std::string> report_page(std::string_view report, const page_context& context,
                                               const page_bounds& bounds = {});

/// The page of a check from the text of its check.json (sim/compare/README.md has the keys). The
/// runs' pages are in NAME/seed-N beside it, or in NAME where the scenario has one seed.
expected<std::string, std::string> check_page(std::string_view check, const page_context& context);

/// The page of a traversal matrix from the text of its matrix.json.
expected<std::string, std::string> matrix_page(std::string_view matrix,
                                               const page_context& context);

/// The page over all seeds of a scenario, from their reports, one after the other: no more than one
/// report is held at a time.
class seeds_page {
 public:
  seeds_page();
  ~seeds_page();
  seeds_page(const seeds_page&) = delete;
  seeds_page& operator=(const seeds_page&) = delete;

  /// A run and the text of its report.json; `folder` is where its own page is, as seen from this
  /// one. What is wrong with the text, which is then a run without a report; else empty.
  std::string add(std::uint64_t seed, const std::string& folder, std::string_view report);
  /// A run that left no report, and why.
  void add_without(std::uint64_t seed, const std::string& why);
  /// The text of the scenario's aggregate.json, whose means and intervals the page shows beside the
  /// seeds. What is wrong with the text; else empty.
  std::string add_aggregate(std::string_view aggregate);
  /// `context.again` is the command without the seeds.
  std::string text(const page_context& context) const;

  /// Runs that the page holds figures of; of more it has the sums and their pages' names only.
  static constexpr std::size_t runs_max = 500;
  /// Runs whose distributions are drawn.
  static constexpr std::size_t curves_max = 60;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace wh::sim
