#include "sim/main/interruption.hpp"

#include <csignal>

namespace wh::sim {
namespace {

constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
volatile std::sig_atomic_t asked = 0;

void on_signal(int) { asked = 1; }

}  // namespace

interruption::interruption() {
  for (const int s : signals) {
    struct sigaction a {};
    a.sa_handler = on_signal;
    // A second one has the default action again.
    a.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(s, &a, nullptr);
  }
}

interruption::~interruption() {
  for (const int s : signals) std::signal(s, SIG_DFL);
  asked = 0;
}

bool interruption::came() { return asked != 0; }

}  // namespace wh::sim
