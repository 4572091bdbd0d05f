#pragma once

#include <string>
#include <vector>

#include "sim/compare/comparison.hpp"

/// What a check says in words, which terminal, Markdown and JUnit share.
namespace wh::sim::compare {

/// A number as people read it; "never", and "-" without one.
std::string value_text(const reading& v);

/// A statistic in words.
struct told {
  std::string name;
  std::string before, now;  ///< means, or in how many seeds it never came
  std::string difference;   ///< with its sign
  std::string range;
  std::string p;  ///< corrected
  std::string verdict;
};
/// With the others of the same numbers in its name.
told tell(const statistic_comparison& c, const scenario_comparison& s);

/// Those that are worth a line: what is beyond noise, or came, or went; the worst first.
std::vector<const statistic_comparison*> worth_telling(const scenario_comparison& s);

/// One line for each thing that happened to a run: "seed 3 died: Terminated".
struct run_told {
  bool regression = false;
  std::string text, replay;
};
std::vector<run_told> tell(const run_outcome& r);

/// "identical: ...", "2 worse, 1 better; 40 within noise, 31 identical".
std::string tally(const scenario_comparison& s);
/// What it comes to, in a sentence.
std::string conclusion(const check& c);
/// What a reader must know to believe it, in sentences: seeds that were too few, a changed
/// scenario.
std::vector<std::string> caveats(const check& c);

}  // namespace wh::sim::compare
