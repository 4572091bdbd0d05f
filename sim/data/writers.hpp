#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sim/data/tables.hpp"

namespace wh::sim::data {

/// Of the tables; it grows when columns change their meaning or go. SQLite has it as
/// `PRAGMA user_version`.
inline constexpr int format = 1;

/// Names of the files that `write` writes.
std::vector<std::string> files();

/// Writes every table of a report into a folder: NAME.csv each, and all in run.sqlite. Equal
/// reports give equal files. What went wrong; empty when all is written.
std::string write(const report& r, const std::filesystem::path& folder);

/// A table as CSV (RFC 4180), a line of names first; no value is an empty cell, a flag 0 or 1.
std::string to_csv(const table& t, const report& r);

/// Writes all tables into a new database. What went wrong; empty when it is written.
std::string write_sqlite(const report& r, const std::filesystem::path& file);

/// The tables of README.md.
std::string to_markdown(const table& t);

}  // namespace wh::sim::data
