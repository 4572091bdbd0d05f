#include "actors/proto/punch/attempt.hpp"

#include <array>

namespace wh::punch {

namespace {

// After the openers' lead: close together while both NATs' first packets cross, then apart.
constexpr std::array<duration, 7> ping_at = {0ms, 50ms, 100ms, 200ms, 400ms, 800ms, 1600ms};

}  // namespace

attempt::attempt(time_point now, std::uint32_t id, role r, const attempt_config& c)
    : id_(id), role_(r), config_(c), began_(now), due_(now + c.agree_timeout) {}

void attempt::answered(time_point now) {
  if (phase_ != phase::agreeing || role_ != role::offerer) return;
  phase_ = phase::waiting;
  start_ = due_ = now + (now - began_) / 2;
}

void attempt::synced(time_point now) {
  if (phase_ != phase::agreeing || role_ != role::answerer) return;
  phase_ = phase::waiting;
  start_ = due_ = now;
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
