#include "sim/main/progress_line.hpp"

#include <algorithm>
#include <ostream>

#include "sim/report/format.hpp"

namespace wh::sim {

std::string progress_text(const progress& p, std::chrono::duration<double> wall) {
  const double now = to_seconds(p.virtual_now), total = to_seconds(p.virtual_total);
  const double share = total > 0 ? std::clamp(now / total, 0.0, 1.0) : 0;
  std::string text = p.phase.empty() ? "run" : p.phase;
  text += "  " + format_duration(p.virtual_now) + " of " + format_duration(p.virtual_total) + "  " +
          std::to_string(static_cast<int>(share * 100)) + " %";
  if (wall.count() <= 0) return text;
  text += "  " + format_number(now / wall.count()) + " times real time  " +
          format_count(static_cast<double>(p.events) / wall.count()) + " events/s";
  // Too early to tell in the first percent.
  if (share >= 0.01 && share < 1) {
    const double left = wall.count() * (1 - share) / share;
    text +=
        "  " +
        format_duration(std::chrono::duration_cast<duration>(std::chrono::duration<double>(left))) +
        " left";
  }
  return text;
}

progress_line::progress_line(std::ostream& out, bool enabled)
    : out_(out), enabled_(enabled), start_(wall_clock::now()), next_(start_) {}

progress_line::~progress_line() {
  if (drawn_) out_ << "\r\x1b[K" << std::flush;
}

void progress_line::show(const progress& p) {
  if (!enabled_) return;
  const auto now = wall_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds{200};
  // Wider than the terminal, a line would leave its upper half behind at each redraw.
  out_ << '\r' << progress_text(p, now - start_).substr(0, 79) << "\x1b[K" << std::flush;
  drawn_ = true;
}

}  // namespace wh::sim
