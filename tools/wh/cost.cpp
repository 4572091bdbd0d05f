#include "tools/wh/cost.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <thread>

#include "actors/proto/keys/keys.hpp"
#include "real/host_rng.hpp"

namespace wh::cli {

namespace {

std::string printed(const char* format, double v, const char* unit) {
  char text[48];
  std::snprintf(text, sizeof text, format, v, unit);
  return text;
}

}  // namespace

std::string count_text(double n) {
  const char* const units[] = {"", "k", "M", "G", "T"};
  std::size_t u = 0;
  // 999.5 would be printed as 1000.
  while (n >= 999.5 && u + 1 < std::size(units)) {
    n /= 1000;
    ++u;
  }
  if (n >= 999.5) return printed("%.1e%s", n * 1e12, "");
  return printed(u == 0 || n >= 99.5 ? "%.0f%s" : "%.1f%s", n, units[u]);
}

std::string time_text(double seconds) {
  struct unit {
    double size, until;
    const char* name;
  };
  constexpr unit units[] = {{1e-6, 1e-3, "us"},  {1e-3, 1, "ms"},
                            {1, 120, "s"},       {60, 7200, "min"},
                            {3600, 172800, "h"}, {86400, 2 * 365.25 * 86400, "days"}};
  for (const unit& u : units)
    if (seconds < u.until) {
      const double v = seconds / u.size;
      return printed(v < 9.95 ? "%.1f %s" : "%.0f %s", v, u.name);
    }
  return count_text(seconds / (365.25 * 86400)) + " years";
}

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

unsigned processors_here() { return std::max(1U, std::thread::hardware_concurrency()); }

unsigned threads_or_default(unsigned asked) { return asked == 0 ? processors_here() : asked; }

double measured_rate(const keys::tuning& how) {
  real::host_rng random;
  keys::incremental_search s(sodium_crypto(), random, keys::workbit_max, "", how);
  locked<private_key> none;
  // The first portion also makes the table of steps, once for the process.
  s.step(1 << 14, *none);
  const std::uint64_t before = s.tries();
  const double start = thread_seconds();
  double spent = 0;
  while (spent < 0.03) {
    s.step(1 << 14, *none);
    spent = thread_seconds() - start;
  }
  return static_cast<double>(s.tries() - before) / spent;
}

double tries_expected(unsigned workbit) { return std::ldexp(1.0, static_cast<int>(workbit)); }

}  // namespace wh::cli
