#pragma once

#include <string>

#include "actors/proto/keys/incremental.hpp"

/// What a proof of work costs here and elsewhere, in figures for people.
namespace wh::cli {

/// 1234567 -> "1.2M".
std::string count_text(double n);
/// "40 us", "1.5 s", "3 min", "1.2k years".
std::string time_text(double seconds);

/// Seconds of processor time that this thread has used.
double thread_seconds();
/// Processors of this machine, at least one.
unsigned processors_here();
/// `asked`, or as many as there are processors when 0.
unsigned threads_or_default(unsigned asked);

/// Candidates a second of one thread, measured for some 30 ms.
double measured_rate(const keys::tuning& how = {});

/// Candidates a key with this much work takes on average.
double tries_expected(unsigned workbit);

/// A search that takes longer than this on average is not begun unasked.
constexpr double seconds_reachable = 2 * 365.25 * 86400;

/// A workbit below this stops nobody, see README, "What a workbit costs".
constexpr unsigned workbit_weak = 20;

/// One graphics card, an estimate: 850 M/s were claimed for a small one of 2020, the dearest of
/// 2023 is some 3.5 times that. None was measured.
constexpr double card_rate = 3e9;

/// Keys for each honest peer of a network with which somebody owns all 20 places around a given
/// place of the DHT one time in two: 1 / (2^(1/20) - 1).
constexpr double keys_per_peer = 28.4;

}  // namespace wh::cli
