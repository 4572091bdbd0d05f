#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "sim/compare/matrix.hpp"

namespace wh::sim::compare {

inline constexpr int matrix_format = 1;

/// Everything, for programs: README.md has the keys. No trailing newline.
std::string matrix_to_json(const matrix& m);
/// For a terminal: a character a cell, then the cells in which oracle and measurement disagree.
/// Ends in a newline.
std::string matrix_table(const matrix& m);
/// The same for a page, and every cell with its figures.
std::string matrix_to_markdown(const matrix& m);

/// The character of a cell, which the legend explains: how many of its pairs were direct.
char mark_of(const cell& c);

/// A cell's figures in words, for tables: direct, interval, O1, O3, time to first payload and to
/// direct (median, maximum), messages (median), why not direct.
std::vector<std::string> cell_words(const matrix& m, const cell& c);
inline constexpr std::array<std::string_view, 12> cell_columns{
    "between", "and",           "pairs",     "direct",   "95 % interval",  "connected",
    "O1 | O3", "first payload", "to direct", "messages", "why not direct", "O1 says"};

}  // namespace wh::sim::compare
