#include <sqlite3.h>

#include <memory>
#include <system_error>

#include "sim/data/writers.hpp"

namespace wh::sim::data {
namespace {

struct closer {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};
using database = std::unique_ptr<sqlite3, closer>;
using statement = std::unique_ptr<sqlite3_stmt, closer>;

std::string_view affinity(column_type t) {
  switch (t) {
    case column_type::integer:
    case column_type::flag:
      return "INTEGER";
    case column_type::real:
      return "REAL";
    case column_type::text:
      return "TEXT";
  }
  return "";
}

/// With a comment for each column, which `.schema` shows.
std::string schema(const table& t) {
  std::string sql = "CREATE TABLE " + std::string(t.name) + " (  -- " + std::string(t.sentence);
  for (const auto& c : t.columns) {
    const bool last = &c == &t.columns.back();
    sql += "\n  " + std::string(c.name) + " " + std::string(affinity(c.type)) + (last ? "" : ",") +
           "  -- " + (c.unit.empty() ? "" : "[" + std::string(c.unit) + "] ") +
           std::string(c.sentence);
  }
  return sql + "\n) STRICT";
}

struct binder {
  sqlite3_stmt* s;
  int at;
  int operator()(std::monostate) const { return sqlite3_bind_null(s, at); }
  int operator()(bool v) const { return sqlite3_bind_int(s, at, v ? 1 : 0); }
  int operator()(std::int64_t v) const { return sqlite3_bind_int64(s, at, v); }
  int operator()(std::uint64_t v) const {
    return sqlite3_bind_int64(s, at, static_cast<std::int64_t>(v));
  }
  int operator()(double v) const { return sqlite3_bind_double(s, at, v); }
  int operator()(std::string_view v) const {
    return sqlite3_bind_text(s, at, v.data(), static_cast<int>(v.size()), SQLITE_TRANSIENT);
  }
};

bool fill(sqlite3* db, const table& t, const report& r) {
  if (sqlite3_exec(db, schema(t).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return false;
  std::string sql = "INSERT INTO " + std::string(t.name) + " VALUES (?";
  for (std::size_t i = 1; i < t.columns.size(); ++i) sql += ",?";
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(db, (sql + ")").c_str(), -1, &raw, nullptr) != SQLITE_OK) return false;
  const statement insert(raw);
  bool good = true;
  t.rows(r, [&](std::span<const cell> row) {
    for (std::size_t i = 0; good && i < row.size(); ++i)
      good = std::visit(binder{raw, static_cast<int>(i) + 1}, row[i]) == SQLITE_OK;
    good = good && sqlite3_step(raw) == SQLITE_DONE && sqlite3_reset(raw) == SQLITE_OK;
  });
  return good;
}

}  // namespace

std::string write_sqlite(const report& r, const std::filesystem::path& file) {
  auto part = file;
  part += ".part";
  std::error_code bad;
  std::filesystem::remove(part, bad);
  const auto failed = [&](const std::string& why) {
    return "cannot write " + file.string() + ": " + why;
  };
  {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open(part.c_str(), &raw);
    const database db(raw);
    if (opened != SQLITE_OK) return failed(raw ? sqlite3_errmsg(raw) : "out of memory");
    const auto run = [raw](const std::string& sql) {
      return sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    };
    // The file counts only once it has its name: no journal, no waiting for the disk.
    bool good = run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA user_version = " +
                    std::to_string(format) + "; BEGIN");
    for (const auto& t : tables()) good = good && fill(raw, t, r);
    if (!good || !run("COMMIT")) return failed(sqlite3_errmsg(raw));
  }
  std::filesystem::rename(part, file, bad);
  return bad ? failed(bad.message()) : std::string{};
}

}  // namespace wh::sim::data
