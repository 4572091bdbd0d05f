#pragma once

/// Runs `body` in user, network, mount and process namespaces of its own, and ends this program
/// with what it returns. Nothing it makes is seen outside, and nothing survives it: with the first
/// process of a process namespace, or the test that started it, the kernel kills all others.
///
/// Where the system does not allow that, says so and ends with 77, which ctest is told to report as
/// skipped.
int run_isolated(int (*body)(int, char**), int count, char** words);
