#include "tests/support/run_tests.hpp"

int main(int count, char** words) { return run_tests(count, words); }
