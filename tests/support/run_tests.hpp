#pragma once

#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

/// Catch2's main, but that a name which selects no test is a failure: a mistyped one must not pass
/// for a test that ran.
inline int run_tests(int count, char** words) {
  Catch::Session session;
  if (const int bad = session.applyCommandLine(count, words); bad != 0) return bad;
  auto& config = session.configData();
  config.warnings =
      static_cast<Catch::WarnAbout::What>(config.warnings | Catch::WarnAbout::NoTests);
  return session.run();
}
