#include "actors/proto/keys/incremental.hpp"

#include <algorithm>
#include <bit>

#include "actors/proto/keys/keys.hpp"
#include "transport/check.hpp"

namespace wh::keys {

offset_search::offset_search(const point& first, unsigned workbit, std::string_view ns,
                             const tuning& how)
    : how_(how),
      message_(ns),
      mask_(first_word_mask(workbit)),
      walk_(first, how),
      batch_(std::make_unique<candidates>()),
      hits_(std::size(batch_->word[0]) / 8) {
  WH_CHECK(workbit <= workbit_max);
}

offset_search::~offset_search() {
  for (std::uint64_t* const secret : {&base_, &offset_})
    wipe({reinterpret_cast<std::uint8_t*>(secret), sizeof *secret});
}

offset_search::outcome offset_search::step() {
  if (!walk_.next(*batch_)) return outcome::ended;
  const std::uint64_t base = base_;
  const unsigned size = walk_.batch_size(), lanes = (size + 7) / 8 * 8;
  base_ += size;
  find_work(how_.on, message_, mask_, *batch_, lanes, hits_.data());
  constexpr std::uint64_t none = ~std::uint64_t{0};
  std::uint64_t first = none;
  for (unsigned s = 0; s < lanes; s += 8)
    for (unsigned bits = hits_[s / 8]; bits != 0; bits &= bits - 1) {
      const unsigned slot = s + static_cast<unsigned>(std::countr_zero(bits));
      if (slot < size) first = std::min<std::uint64_t>(first, walk_.offset_of(slot));
    }
  if (first == none) return outcome::nothing;
  offset_ = base + first;
  return outcome::hit;
}

std::uint64_t steps_left(const private_key& k) {
  // k = 0 modulo 8, so that (2^255 - 8 - k) / 8 is the complement of k's bits 3 to 254.
  std::uint64_t low = 0;
  std::uint8_t above = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const auto inverted = static_cast<std::uint8_t>(~k.value[i] & (i == 31 ? 0x7f : 0xff));
    if (i < 8)
      low |= std::uint64_t{inverted} << (8 * i);
    else
      above |= inverted;
  }
  return above != 0 ? steps_max : std::min(low >> 3, steps_max);
}

void add_steps(private_key& k, std::uint64_t steps) {
  WH_CHECK(steps <= steps_max);
  std::uint64_t left = 8 * steps;
  unsigned carry = 0;
  for (auto& byte : k.value) {
    carry += byte + static_cast<unsigned>(left & 0xff);
    byte = static_cast<std::uint8_t>(carry & 0xff);
    carry >>= 8;
    left >>= 8;
  }
  WH_CHECK((k.value[31] & 0x80) == 0);
}

void make_start(rng& random, std::uint64_t steps, private_key& out) {
  // One draw in 2^190 is too near to the end. A generator that gives such again and again is
  // broken.
  for (int draws = 0;; ++draws) {
    WH_CHECK(draws < 16);
    random.fill(out.value);
    out.value[0] &= 248;
    out.value[31] = static_cast<std::uint8_t>((out.value[31] & 127) | 64);
    if (steps_left(out) >= steps) return;
  }
}

point point_of(const crypto_suite& crypto, const private_key& k) {
  const auto p = lift(crypto.to_public(k).value, false);
  WH_CHECK(p);  // or `crypto` is not X25519
  locked<private_key> next;
  *next = k;
  add_steps(*next, 1);
  const auto wanted = crypto.to_public(*next).value;
  const auto is_next = [&](const point& q) {
    const auto onward = sum(q, eight_base());
    return onward && onward->x.to_bytes() == wanted;
  };
  if (is_next(*p)) return *p;
  WH_CHECK(is_next(negated(*p)));
  return negated(*p);
}

incremental_search::incremental_search(const crypto_suite& crypto, rng& random, unsigned workbit,
                                       std::string_view ns, const tuning& how)
    : crypto_(crypto), random_(random), workbit_(workbit), ns_(ns), how_(how) {}

void incremental_search::begin() {
  const std::uint64_t batch = 2 * std::uint64_t{how_.half} + 1;
  make_start(random_, batch, *start_);
  ++starts_;
  left_ = steps_left(*start_);
  search_.emplace(point_of(crypto_, *start_), workbit_, ns_, how_);
}

bool incremental_search::finish(private_key& out) {
  add_steps(*start_, search_->offset());
  search_.reset();
  const bool right = workbit(crypto_, crypto_.to_public(*start_), ns_) >= workbit_;
  if (right)
    out = *start_;
  else
    ++refused_;
  wipe(start_->value);
  return right;
}

bool incremental_search::step(std::uint64_t n, private_key& out) {
  const std::uint64_t end = tries_ + n;
  while (tries_ < end) {
    // Restart before overflow: all of a batch can be added to the start.
    if (search_ && left_ < search_->batch_size()) search_.reset();
    if (!search_) begin();
    const auto what = search_->step();
    tries_ += search_->batch_size();
    left_ -= search_->batch_size();
    if (what == offset_search::outcome::ended) search_.reset();
    if (what == offset_search::outcome::hit && finish(out)) return true;
  }
  return false;
}

}  // namespace wh::keys
