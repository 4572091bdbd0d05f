#pragma once

namespace wh::sim {

/// SIGINT, SIGTERM and SIGHUP ask a run to end early, with a partial report; a second one ends the
/// process at once. For as long as this object lives.
class interruption {
 public:
  interruption();
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  /// Whether one came. In a child of the process it counts as for itself.
  static bool came();
};

}  // namespace wh::sim
