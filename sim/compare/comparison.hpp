#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "sim/compare/record.hpp"
#include "sim/compare/series.hpp"
#include "sim/compare/signed_rank.hpp"
#include "transport/words.hpp"

namespace wh::sim::compare {

/// The chance, at most, that a check of a change which changes nothing tells of one that is worse.
inline constexpr double level = 0.01;

/// What became of a statistic.
enum class verdict : std::uint8_t {
  identical,   ///< the same value in every seed
  noise,       ///< no difference that chance could not have made
  negligible,  ///< one that chance has not made, and too small to matter
  better,
  worse,
  moved,     ///< neither way is better
  gone,      ///< it had values, and has none
  appeared,  ///< the other way round
};
inline constexpr std::array<std::string_view, 8> verdict_words{
    "identical", "noise", "negligible", "better", "worse", "moved", "gone", "appeared"};
constexpr words words_of(verdict) { return verdict_words; }

struct statistic_comparison {
  series now;                   ///< a value a seed
  std::vector<reading> before;  ///< of the same seeds
  /// Of the seeds that have a value on both sides; none without such a seed.
  std::optional<signed_rank> test;
  double p_corrected = 1;
  /// A difference below this is negligible.
  double threshold = 0;
  verdict what = verdict::noise;
  /// Another statistic of the metric that has the same numbers, as the maximum has of one sample;
  /// it is told in the other's place. Empty: none.
  std::string same_as;
};

/// How a run ended.
enum class run_end : std::uint8_t { held, broken, died, failed };
inline constexpr std::array<std::string_view, 4> run_end_words{"held", "broken", "died", "failed"};
constexpr words words_of(run_end) { return run_end_words; }

struct run_outcome {
  std::uint64_t seed = 0;
  run_end end = run_end::held;
  std::string why;     ///< of a run that died or could not be run
  std::string replay;  ///< the command that runs it again
  /// Expectations that broke and had held; that broke before too; and that hold again.
  std::vector<std::string> newly_broken, still_broken, mended;

  bool regression() const { return end >= run_end::died || !newly_broken.empty(); }
};

/// A scenario as it was and as it is.
struct scenario_comparison {
  std::string scenario, question;
  origin before, now;
  bool changed_scenario = false;  ///< its text is another, and it is compared all the same
  std::vector<std::uint64_t> seeds;
  std::vector<std::string> hash_before, hash_now;
  std::vector<run_outcome> runs;
  std::vector<statistic_comparison> statistics;

  /// Every event of every run is the same.
  bool identical() const;
  bool regression() const;
  /// Of statistics that are not the same as another one.
  std::size_t count(verdict v) const;
};

/// What is corrected together: each family errs at most in `level` of the checks.
struct family {
  std::size_t statistics = 0;  ///< with a value on both sides
  std::size_t hypotheses = 0;  ///< those with different values; the same numbers count once
  std::size_t testable = 0;    ///< those that could be told apart with so many seeds
};

struct check {
  std::vector<scenario_comparison> scenarios;
  family directed;    ///< of metrics that have a good direction: only these can be worse
  family undirected;  ///< of the others
  bool regression() const;
};

/// A scenario's runs beside those of a baseline, of which only these seeds are looked at. `now` has
/// the figures of the runs that ended by themselves.
scenario_comparison beside(const record& before, const record& now,
                           std::vector<run_outcome> outcomes);

/// Tests and corrects over all scenarios together.
check judge(std::vector<scenario_comparison> scenarios);

/// What makes no difference in practice. Of a ratio half a point, or a fifth of what is left to 0
/// or 1, if that is less; of everything else 2 %.
double negligible_below(metric_kind kind, std::string_view statistic, const reading& before);

}  // namespace wh::sim::compare
