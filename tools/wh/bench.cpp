#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "actors/proto/keys/keys.hpp"
#include "real/host_rng.hpp"
#include "real/original/original_search.hpp"
#include "tools/wh/cost.hpp"
#include "tools/wh/input.hpp"
#include "transport/check.hpp"

namespace wh::cli {

namespace {

/// The network of the last column of the table.
constexpr double peers_eclipsed = 1000;

/// Work, and this thread's processor time for it.
struct meter {
  double count = 0, seconds = 0;
  double rate() const { return count / seconds; }
};

/// One round: `work` is called again and again, returns how much it did, and goes into `m`. Returns
/// the round's rate.
template <class F>
double measure(meter& m, F&& work) {
  // Long against the clock's steps, short against a busy machine's moods.
  constexpr double span = 0.04;
  const double start = thread_seconds();
  double count = 0, spent = 0;
  do {
    count += static_cast<double>(work());
    spent = thread_seconds() - start;
  } while (spent < span);
  m.count += count;
  m.seconds += spent;
  return count / spent;
}

/// This program's search with one kind of instructions.
struct measured {
  explicit measured(keys::processor p, rng& random)
      : on(p), search(sodium_crypto(), random, keys::workbit_max, name_space, {.on = p}) {}

  keys::processor on;
  keys::incremental_search search;
  meter all, curve, hash;
  /// To the original's rate, round by round.
  std::vector<double> ratios;

  double ratio() const { return ratios[ratios.size() / 2]; }
  double curve_share() const {
    const double c = 1 / curve.rate(), h = 1 / hash.rate();
    return c / (c + h);
  }

  static constexpr const char* name_space = "public";
};

struct result {
  unsigned rounds = 0;
  meter original;
  /// The fastest last; its curve and hash are measured.
  std::vector<std::unique_ptr<measured>> ours;
  const measured& best() const { return *ours.back(); }
};

/// Everything in turns, so that what else the machine does falls on all alike.
result measure_keys() {
  constexpr unsigned rounds = 15;
  result r;
  real::host_rng random;
  real::original_search original(measured::name_space);
  locked<private_key> k;
  for (const keys::processor on : keys::processors()) {
    r.ours.push_back(std::make_unique<measured>(on, random));
    r.ours.back()->search.step(1, *k);  // makes tables and draws the start
  }
  keys::make_start(random, keys::steps_max, *k);
  keys::walk walk(keys::point_of(sodium_crypto(), *k));
  const auto batch = std::make_unique<keys::candidates>();
  const keys::work_message message(measured::name_space);
  std::vector<std::uint8_t> hits(std::size(batch->word[0]) / 8);

  for (; r.rounds < rounds; ++r.rounds) {
    const double originals = measure(r.original, [&] {
      const auto before = original.tries();
      original.step(50);
      return original.tries() - before;
    });
    for (const auto& m : r.ours)
      m->ratios.push_back(measure(m->all,
                                  [&] {
                                    const auto before = m->search.tries();
                                    m->search.step(1, *k);
                                    return m->search.tries() - before;
                                  }) /
                          originals);
    measured& best = *r.ours.back();
    measure(best.curve, [&] {
      WH_CHECK(walk.next(*batch));
      return walk.batch_size();
    });
    measure(best.hash, [&] {
      const unsigned count = walk.batch_size() / 8 * 8;
      keys::find_work(best.on, message, keys::first_word_mask(keys::workbit_max), *batch, count,
                      hits.data());
      return count;
    });
  }
  for (const auto& m : r.ours) std::sort(m->ratios.begin(), m->ratios.end());
  return r;
}

/// What a workbit costs, in seconds.
struct cost {
  unsigned workbit;
  double here, one_core, original, card, eclipse;
};

cost cost_of(const result& r, unsigned workbit) {
  const double tries = tries_expected(workbit);
  return {workbit,
          tries / (r.best().all.rate() * processors_here()),
          tries / r.best().all.rate(),
          tries / r.original.rate(),
          tries / card_rate,
          tries * keys_per_peer * peers_eclipsed / card_rate};
}

void print_table(const result& r) {
  std::printf(
      "\n| workbit | tries | honest: here, %u core%s | here, one core | original, one core | "
      "attacker's "
      "card: one key | attacker's card: %.0f peers |\n|---|---|---|---|---|---|---|\n",
      processors_here(), processors_here() == 1 ? "" : "s", peers_eclipsed);
  for (const unsigned bits : {8U, 12U, 16U, 18U, 20U, 22U, 24U, 26U, 28U, 30U, 32U}) {
    const cost c = cost_of(r, bits);
    std::printf("| %u | %s | %s | %s | %s | %s | %s |\n", bits,
                count_text(tries_expected(bits)).c_str(), time_text(c.here).c_str(),
                time_text(c.one_core).c_str(), time_text(c.original).c_str(),
                time_text(c.card).c_str(), time_text(c.eclipse).c_str());
  }
}

void print_text(const result& r) {
  std::printf("candidates per core-second, %u rounds in turns\n", r.rounds);
  std::printf("  %-28s %8s\n", "the original's method", count_text(r.original.rate()).c_str());
  for (const auto& m : r.ours)
    std::printf("  %-28s %8s   ratio %4.0f (%.0f to %.0f)\n",
                ("this search, " + std::string(to_string(m->on))).c_str(),
                count_text(m->all.rate()).c_str(), m->ratio(), m->ratios.front(), m->ratios.back());
  std::printf("of the time of %s: curve %.0f %%, hash %.0f %%\n",
              std::string(to_string(r.best().on)).c_str(), 100 * r.best().curve_share(),
              100 * (1 - r.best().curve_share()));
  print_table(r);
  std::printf(
      "\nMean times; one search in twenty takes three times as long. The card is an estimate of "
      "%s/s.\n"
      "%.0f peers: keys enough to own the places around any key of a network of so many, one\n"
      "time in two.\n",
      count_text(card_rate).c_str(), peers_eclipsed);
}

void print_json(const result& r) {
  using json = nlohmann::ordered_json;
  json processors = json::array(), workbits = json::array();
  for (const auto& m : r.ours)
    processors.push_back({{"name", to_string(m->on)},
                          {"candidates_per_core_s", m->all.rate()},
                          {"ratio", m->ratio()},
                          {"ratio_min", m->ratios.front()},
                          {"ratio_max", m->ratios.back()}});
  for (unsigned bits = 8; bits <= 32; ++bits) {
    const cost c = cost_of(r, bits);
    workbits.push_back({{"workbit", bits},
                        {"tries", tries_expected(bits)},
                        {"expected_s", c.here},
                        {"expected_one_core_s", c.one_core},
                        {"expected_original_one_core_s", c.original},
                        {"expected_card_s", c.card},
                        {"eclipse_card_s", c.eclipse}});
  }
  const json out{{"rounds", r.rounds},
                 {"cores", processors_here()},
                 {"processor", to_string(r.best().on)},
                 {"candidates_per_core_s", r.best().all.rate()},
                 {"original_candidates_per_core_s", r.original.rate()},
                 {"ratio", r.best().ratio()},
                 {"curve_ratio", r.best().curve_share()},
                 {"hash_ratio", 1 - r.best().curve_share()},
                 {"processors", std::move(processors)},
                 {"card_candidates_per_s_estimated", card_rate},
                 {"eclipse_peers", peers_eclipsed},
                 {"workbits", std::move(workbits)}};
  std::puts(out.dump(2).c_str());
}

}  // namespace

int run_bench(const command& c, arguments args) {
  if (args.empty() || args[0] != "keys") return usage_error(c, "bench what?");
  const auto asked = parse_selection(c, args.subspan(1), {.json = true, .place = false});
  if (!asked) return bad_input;
  const result r = measure_keys();
  if (asked->json)
    print_json(r);
  else
    print_text(r);
  return done;
}

}  // namespace wh::cli
