#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <string_view>

#include "tests/support/isolation.hpp"

namespace {

int run(int count, char** words) { return Catch::Session().run(count, words); }

}  // namespace

/// Catch2's, with every test in namespaces of its own.
int main(int count, char** words) {
  for (int i = 1; i < count; ++i)
    if (std::string_view{words[i]}.starts_with("--list")) return run(count, words);
  return run_isolated(run, count, words);
}
