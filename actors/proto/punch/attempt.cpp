#include "actors/proto/punch/attempt.hpp"

#include <algorithm>
#include <array>

namespace wh::punch {

namespace {

// After the openers' lead: close together while both NATs' first packets cross, then apart.
constexpr std::array<duration, 7> ping_at = {0ms, 50ms, 100ms, 200ms, 400ms, 800ms, 1600ms};

}  // namespace

attempt::attempt(time_point now, std::uint32_t id, role r, const attempt_config& c)
    : id_(id), role_(r), config_(c), began_(now), due_(now + c.agree_timeout) {}

duration attempt::answered(time_point now) {
  if (phase_ != phase::agreeing || role_ != role::offerer) return {};
  phase_ = phase::waiting;
  start_ = due_ = now + (now - began_) / 2;
  return start_ - now;
}

void attempt::synced(time_point now, duration start_in) {
  if (phase_ != phase::agreeing || role_ != role::answerer) return;
  phase_ = phase::waiting;
  // Our answer and the sync went there and back without a pause. The offer may have waited for a
  // session, so that the offerer takes the way for longer and starts later than it means to.
  const duration one_way = (now - began_) / 2;
  start_ = due_ = now + std::clamp(start_in - one_way, duration{0}, config_.agree_timeout);
}

attempt::step attempt::advance(time_point now) {
  if (now < due_ || phase_ == phase::over) return {};
  switch (phase_) {
    case phase::waiting:
      phase_ = phase::opening;
      due_ = start_ + config_.opener_lead;
      return {step::kind::openers};
    case phase::opening:
      if (round_ < ping_at.size()) {
        ++round_;
        due_ = start_ + config_.opener_lead +
               (round_ < ping_at.size() ? ping_at[round_] : ping_at.back() + config_.settle);
        return {step::kind::pings};
      }
      [[fallthrough]];
    default:
      phase_ = phase::over;
      return {step::kind::gave_up};
  }
}

}  // namespace wh::punch
