#include <string_view>

#include "tests/support/isolation.hpp"
#include "tests/support/run_tests.hpp"

/// Catch2's, with every test in namespaces of its own.
int main(int count, char** words) {
  for (int i = 1; i < count; ++i)
    if (std::string_view{words[i]}.starts_with("--list")) return run_tests(count, words);
  return run_isolated(run_tests, count, words);
}
