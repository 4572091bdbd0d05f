#include "actors/proto/keys/delegate.hpp"

#include <algorithm>
#include <charconv>

#include "actors/proto/keys/keys.hpp"
#include "transport/check.hpp"

namespace wh::keys {

namespace {

constexpr std::string_view request_word = "wh-request-1", answer_word = "wh-answer-1";
/// Of one part, so that all parts stay below `steps_max`.
constexpr std::uint64_t part_steps = steps_max / served_search::parts_max;

std::string to_word(std::string_view ns) { return ns.empty() ? "-" : to_base64_url(view(ns)); }

/// Takes the first word off `line`. Empty when there is none, as between two blanks.
std::string_view take_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const auto word = line.substr(0, end);
  // A blank at the end is followed by an empty word, which is no good word.
  line = end < line.size() ? line.substr(end + 1) : std::string_view{};
  return word;
}

std::optional<fixed_bytes<32>> parse_point(std::string_view word) {
  if (word.size() != 43) return std::nullopt;
  const auto raw = from_base64(word);
  if (!raw || raw->size() != 32) return std::nullopt;
  fixed_bytes<32> out;
  std::copy(raw->begin(), raw->end(), out.begin());
  return out;
}

std::optional<std::uint64_t> parse_decimal(std::string_view word, std::uint64_t max) {
  std::uint64_t v = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), v);
  if (error != std::errc{} || end != word.data() + word.size() || v > max) return std::nullopt;
  return v;
}

std::optional<std::string> parse_namespace(std::string_view word) {
  if (word == "-") return std::string{};
  if (word.size() > delegated_namespace_max * 4 / 3 + 2) return std::nullopt;
  const auto raw = from_base64(word);
  if (!raw || raw->size() > delegated_namespace_max) return std::nullopt;
  return std::string(raw->begin(), raw->end());
}

fixed_bytes<32> written(const point& p) {
  auto u = p.x.to_bytes();
  if (y_is_odd(p)) u[31] |= 0x80;
  return u;
}

}  // namespace

std::string to_text(const work_request& r) {
  return std::string(request_word) + " " + to_base64_url(r.start) + " " +
         std::to_string(r.workbit) + " " + to_word(r.name_space);
}

std::string to_text(const work_answer& a) {
  return std::string(answer_word) + " " + to_base64_url(a.start) + " " + std::to_string(a.steps);
}

std::optional<work_request> parse_work_request(std::string_view line) {
  std::string_view rest = line;
  if (take_word(rest) != request_word) return std::nullopt;
  const auto start = parse_point(take_word(rest));
  const auto bits = parse_decimal(take_word(rest), workbit_max);
  const auto ns = parse_namespace(take_word(rest));
  if (!start || !bits || !ns) return std::nullopt;
  work_request r{*start, static_cast<unsigned>(*bits), *ns};
  // One way to write each: base64 in another alphabet, leading zeros and further words go here.
  if (to_text(r) != line) return std::nullopt;
  return r;
}

std::optional<work_answer> parse_work_answer(std::string_view line) {
  std::string_view rest = line;
  if (take_word(rest) != answer_word) return std::nullopt;
  const auto start = parse_point(take_word(rest));
  const auto steps = parse_decimal(take_word(rest), steps_max - 1);
  if (!start || !steps) return std::nullopt;
  work_answer a{*start, *steps};
  if (to_text(a) != line) return std::nullopt;
  return a;
}

std::optional<point> start_of(const work_request& r) {
  auto u = r.start;
  u[31] &= 0x7f;
  const bool odd = (r.start[31] & 0x80) != 0;
  const auto p = lift(u, odd);
  // Where y is zero, both parities would mean the same point.
  if (!p || y_is_odd(*p) != odd) return std::nullopt;
  return p;
}

work_request make_request(const crypto_suite& crypto, rng& random, unsigned workbit,
                          std::string_view ns, private_key& start) {
  WH_CHECK(workbit <= workbit_max && ns.size() <= delegated_namespace_max);
  make_start(random, steps_max, start);
  return {written(point_of(crypto, start)), workbit, std::string(ns)};
}

served_search::served_search(const crypto_suite& crypto, const work_request& r, unsigned part,
                             const tuning& how)
    : crypto_(crypto),
      request_(r),
      start_(start_of(r).value()),
      first_(part * part_steps),
      answer_{r.start, 0} {
  WH_CHECK(part < parts_max);
  std::optional<point> p = start_;
  if (part > 0) p = sum(start_, multiple(eight_base(), first_).value());
  if (p)
    search_.emplace(*p, r.workbit, r.name_space, how);
  else
    ended_ = true;
}

bool served_search::step(std::uint64_t n) {
  for (const std::uint64_t end = tries_ + n; tries_ < end && !ended_;) {
    const auto what = search_->step();
    tries_ += search_->batch_size();
    ended_ = what == offset_search::outcome::ended || tries_ + search_->batch_size() > part_steps;
    if (what != offset_search::outcome::hit) continue;
    // By another way than the batch's: one sum, and the hash of `crypto`.
    const std::uint64_t steps = first_ + search_->offset();
    const auto found = steps == 0 ? start_ : sum(start_, multiple(eight_base(), steps).value());
    if (!found) continue;
    const public_key k{found->x.to_bytes()};
    if (workbit(crypto_, k, request_.name_space) < request_.workbit) continue;
    answer_.steps = steps;
    return true;
  }
  return false;
}

refusal combine(const crypto_suite& crypto, const private_key& start, const work_request& r,
                const work_answer& a, private_key& out) {
  if (a.start != r.start) return refusal::other_request;
  if (steps_left(start) < steps_max || written(point_of(crypto, start)) != r.start)
    return refusal::other_start;
  locked<private_key> k;
  *k = start;
  add_steps(*k, a.steps);
  if (workbit(crypto, crypto.to_public(*k), r.name_space) < r.workbit) return refusal::work;
  out = *k;
  return refusal::none;
}

}  // namespace wh::keys
