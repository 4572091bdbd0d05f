#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "actors/proto/keys/delegate.hpp"
#include "actors/proto/keys/keys.hpp"
#include "real/host_rng.hpp"
#include "tools/wh/cost.hpp"
#include "tools/wh/input.hpp"
#include "tools/wh/kept.hpp"
#include "tools/wh/race.hpp"

namespace wh::cli {

namespace {

/// A few milliseconds: Ctrl-C and another thread's success are seen soon.
constexpr std::uint64_t portion = 1 << 15;

class key_runner final : public runner {
 public:
  key_runner(unsigned workbit, const std::string& ns)
      : search_(sodium_crypto(), random_, workbit, ns) {}
  bool step() override { return search_.step(portion, *found_); }
  std::uint64_t tries() const override { return search_.tries(); }
  const private_key& found() const { return *found_; }

 private:
  real::host_rng random_;
  keys::incremental_search search_;
  locked<private_key> found_;
};

class answer_runner final : public runner {
 public:
  answer_runner(const keys::work_request& r, unsigned part) : search_(sodium_crypto(), r, part) {}
  bool step() override { return search_.step(portion); }
  bool ended() const override { return search_.ended(); }
  std::uint64_t tries() const override { return search_.tries(); }
  const keys::work_answer& found() const { return search_.answer(); }

 private:
  keys::served_search search_;
};

void warn_when_others_may_read() {
  struct stat s {};
  if (::fstat(STDOUT_FILENO, &s) == 0 && S_ISREG(s.st_mode) && (s.st_mode & 0077) != 0)
    std::fputs("wh: warning: others may read the file the key is written to; see chmod, umask\n",
               stderr);
}

/// Says so and returns false when a search would take years.
bool reachable(unsigned workbit, unsigned threads, bool force) {
  // Below this, even the slowest machine that could run this is done in days.
  if (force || workbit < 36) return true;
  const unsigned working = std::min(threads, processors_here());
  const double rate = measured_rate() * working;
  const double seconds = tries_expected(workbit) / rate;
  if (seconds <= seconds_reachable) return true;
  const int within = static_cast<int>(std::floor(std::log2(seconds_reachable * rate)));
  std::fprintf(
      stderr,
      "wh: workbit %u takes 2^%u = %s tries on average; this machine makes %s a second with "
      "%u thread%s, so it would take %s.\n"
      "wh: up to workbit %d takes less than two years; `force` searches all the same\n",
      workbit, workbit, count_text(tries_expected(workbit)).c_str(), count_text(rate).c_str(),
      threads, threads == 1 ? "" : "s", time_text(seconds).c_str(), within);
  return false;
}

/// What a network file's workbit is worth against this very program.
void warn_when_weak(unsigned workbit) {
  if (workbit >= workbit_weak) return;
  const double rate = measured_rate() * processors_here();
  std::fprintf(
      stderr,
      "wh: warning: workbit %u stops nobody, since this machine alone finds a thousand such "
      "keys in %s; see `wh bench keys`\n",
      workbit, time_text(1000 * tries_expected(workbit) / rate).c_str());
}

/// Past stdio, whose buffer would keep a copy.
int print_key(const private_key& k) {
  locked<std::array<char, 45>> line;
  {
    std::string text = keys::to_text(k);
    std::copy(text.begin(), text.end(), line->begin());
    wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  }
  (*line)[44] = '\n';
  for (std::size_t at = 0; at < line->size();) {
    const ssize_t n = ::write(STDOUT_FILENO, line->data() + at, line->size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return input_error(std::string("standard output: ") + std::strerror(errno));
    at += static_cast<std::size_t>(n);
  }
  return done;
}

int search_key(const command& c, arguments args) {
  const auto asked = parse_selection(c, args, {.workbit = true, .threads = true, .force = true});
  if (!asked) return bad_input;
  const unsigned threads = threads_or_default(asked->threads);
  if (!reachable(asked->workbit, threads, asked->force)) return bad_input;
  if (asked->from_file) warn_when_weak(asked->workbit);
  warn_when_others_may_read();
  const auto winner = race(threads, asked->workbit, [&](unsigned) {
    return std::make_unique<key_runner>(asked->workbit, asked->name_space);
  });
  if (!winner) return did_not_hold;
  return print_key(static_cast<const key_runner&>(*winner).found());
}

int request(const command& c, arguments args) {
  const auto asked = parse_selection(c, args, {.workbit = true, .keep = true});
  if (!asked) return bad_input;
  if (asked->name_space.size() > keys::delegated_namespace_max)
    return usage_error(c, "a namespace of more than " +
                              std::to_string(keys::delegated_namespace_max) +
                              " bytes is not delegated");
  if (asked->from_file) warn_when_weak(asked->workbit);
  real::host_rng random;
  locked<private_key> start;
  const auto r =
      keys::make_request(sodium_crypto(), random, asked->workbit, asked->name_space, *start);
  const std::string path = asked->keep.value_or(kept_path(r.start));
  if (!keep(path, *start, r)) return bad_input;
  std::puts(keys::to_text(r).c_str());
  if (std::fflush(stdout) != 0) {
    const int why = errno;
    ::unlink(path.c_str());
    return input_error(std::string("standard output: ") + std::strerror(why));
  }
  std::fprintf(
      stderr,
      "wh: the private part is in %s: keep it, and keep it to yourself; give the line to the "
      "machine that is to search\n",
      path.c_str());
  return done;
}

int serve(const command& c, arguments args) {
  const auto asked = parse_selection(c, args, {.threads = true, .force = true, .place = false});
  if (!asked) return bad_input;
  const auto line = read_line("the request", 2048);
  if (!line) return bad_input;
  const auto r = keys::parse_work_request(*line);
  if (!r) return input_error("the line on standard input is no request of --delegate-request");
  if (!keys::start_of(*r)) return input_error("the request's point is not on the curve");
  const unsigned threads =
      std::min(threads_or_default(asked->threads), keys::served_search::parts_max);
  if (!reachable(r->workbit, threads, asked->force)) return bad_input;
  const auto winner = race(threads, r->workbit, [&r](unsigned part) {
    return std::make_unique<answer_runner>(*r, part);
  });
  if (!winner)
    return input_error(
        "the request's point is a small multiple of the base point: its private part "
        "is no secret");
  std::puts(keys::to_text(static_cast<const answer_runner&>(*winner).found()).c_str());
  return done;
}

int combine(const command& c, arguments args) {
  const auto asked = parse_selection(c, args, {.keep = true, .place = false});
  if (!asked) return bad_input;
  const auto line = read_line("the answer", 128);
  if (!line) return bad_input;
  const auto a = keys::parse_work_answer(*line);
  if (!a) return input_error("the line on standard input is no answer of --delegate-serve");
  const std::string path = asked->keep.value_or(kept_path(a->start));
  locked<private_key> start, k;
  const auto r = load_kept(path, *start);
  if (!r) return bad_input;
  switch (keys::combine(sodium_crypto(), *start, *r, *a, *k)) {
    case keys::refusal::none:
      break;
    case keys::refusal::other_request:
      std::fprintf(stderr, "wh: the answer is to another request than the one in %s\n",
                   path.c_str());
      return did_not_hold;
    case keys::refusal::other_start:
      return input_error(path + ": its private part and its request do not belong together");
    case keys::refusal::work:
      std::fprintf(
          stderr,
          "wh: the answer is wrong: its key has less than the %u bits of proof of work that "
          "%s asks for\n",
          r->workbit, path.c_str());
      return did_not_hold;
  }
  warn_when_others_may_read();
  const int code = print_key(*k);
  // One request, one key: SPEC.md. Not before the key is out.
  if (code == done && ::unlink(path.c_str()) != 0)
    std::fprintf(stderr,
                 "wh: warning: %s cannot be deleted (%s); do so, it is as secret as the key\n",
                 path.c_str(), std::strerror(errno));
  return code;
}

}  // namespace

int run_genkey(const command& c, arguments args) {
  using mode = int (*)(const command&, arguments);
  mode asked = search_key;
  std::vector<std::string_view> rest;
  for (const std::string_view a : args) {
    const mode m = a == "--delegate-request"   ? request
                   : a == "--delegate-serve"   ? serve
                   : a == "--delegate-combine" ? combine
                                               : nullptr;
    if (!m) {
      rest.push_back(a);
      continue;
    }
    if (asked != search_key) return usage_error(c, "only one `--delegate-...` at a time");
    asked = m;
  }
  return asked(c, rest);
}

}  // namespace wh::cli
