#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/compare/record.hpp"
#include "sim/compare/student.hpp"

/// The traversal matrix: what became of the pairs between each two groups of a scenario.
namespace wh::sim::compare {

/// Times of a cell's pairs over all seeds. One that never came ranks behind all others.
struct cell_times {
  std::vector<double> came;  ///< in ascending order, once the matrix is made
  std::size_t never = 0;

  std::size_t all() const { return came.size() + never; }
  /// Nearest rank; nothing without a sample, infinite for what never came.
  reading quantile(double q) const;
};

/// A quantile of fewer samples than this is a story about single pairs.
inline constexpr std::size_t p95_samples_min = 100;

struct cell {
  std::size_t row = 0, column = 0;  ///< numbers of kinds, `row` the smaller one or both the same
  /// A value a run, in the order of the runs.
  std::vector<ratio> direct, connected;
  std::size_t pairs = 0, o1 = 0, o3 = 0;
  std::size_t surprises = 0;  ///< pairs that O1 says can be direct and were not, or the other way
  cell_times first_payload;   ///< seconds; of all pairs that UDP could reach, as O3 says
  cell_times to_direct;       ///< seconds; of the pairs of which O1 says that it is possible
  cell_times messages;        ///< numbers
  /// How many pairs were not direct for which reason of the protocol's, and how many cannot be by
  /// O1's account.
  std::map<std::string, std::size_t> reasons, obstacles;
};

/// A share over seeds: the mean of the seeds' shares, and Wilson's interval of as many trials as
/// there are seeds. Pairs of a seed share members, so they may count for no more than one.
struct cell_share {
  double share = 0;
  interval range;
};
cell_share share_of(const std::vector<ratio>& a_seed);

struct matrix {
  struct kind {
    std::string name;  ///< of the group
    std::string nat, nat_class;
  };
  std::string scenario, question;
  origin from;
  std::vector<run_figures> runs;  ///< without metrics
  std::vector<kind> kinds;        ///< in the order of the scenario
  std::vector<cell> cells;        ///< by row and column; only those with pairs
};

/// Puts the matrix together from the reports of its runs.
class matrix_maker {
 public:
  /// Takes a report.json in; or what is wrong with it.
  expected<void, std::string> add(std::string_view report);
  /// What `add` took in; scenario, question and origin are the caller's to fill in.
  matrix take();

 private:
  std::size_t number_of(const std::string& group) const;

  matrix made_;
  std::map<std::pair<std::size_t, std::size_t>, cell> cells_;
};

/// As `figures_of_report`, and of each cell two ratios more, so that a baseline can hold a matrix.
expected<run_figures, std::string> figures_with_cells(std::string_view report);
/// Whether figures are such.
bool has_cells(const record& r);

}  // namespace wh::sim::compare
