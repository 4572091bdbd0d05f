#pragma once

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "transport/bytes.hpp"
#include "transport/endpoint.hpp"
#include "transport/time.hpp"

namespace wh::sim {

/// What happened, as one number, and on request as text. Two runs that did the same in the same
/// order have the same hash; it does not depend on the compiler, on addresses in memory, nor on
/// whether text is written.
///
/// Not cryptographic: 64 bits of FNV-1a's shape over words instead of bytes, folded after each step
/// so that high bits reach low ones.
class trace {
 public:
  trace() = default;
  /// Also writes each record as a line: time, kind, host, parts. Throws std::runtime_error when the
  /// file cannot be written.
  explicit trace(const std::string& path);

  template <class... Parts>
  void record(time_point t, std::string_view kind, std::uint32_t host, const Parts&... parts) {
    ++records_;
    word(static_cast<std::uint64_t>(t.time_since_epoch().count()));
    add(kind);
    word(host);
    (add(parts), ...);
    if (!file_) return;
    begin_line(t, kind, host);
    (print(parts), ...);
    std::fputc('\n', file_.get());
  }

  /// A line of text that is no event: what was known before, for whoever reads the lines. It is not
  /// in the hash.
  template <class... Parts>
  void remark(time_point t, std::string_view kind, std::uint32_t host, const Parts&... parts) {
    if (!file_) return;
    begin_line(t, kind, host);
    (print(parts), ...);
    std::fputc('\n', file_.get());
  }

  std::uint64_t hash() const { return hash_; }
  std::uint64_t records() const { return records_; }
  /// 16 hexadecimal digits.
  std::string hash_text() const;
  bool has_text() const { return file_ != nullptr; }
  void flush();

 private:
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };

  void word(std::uint64_t w) {
    hash_ = (hash_ ^ w) * 0x100000001b3U;
    hash_ ^= hash_ >> 32;
  }
  void add(byte_view b);
  void add(std::string_view s) { add(view(s)); }
  void add(const endpoint& e);
  template <std::integral T>
  void add(T v) {
    word(static_cast<std::uint64_t>(v));
  }

  void begin_line(time_point t, std::string_view kind, std::uint32_t host);
  void print(byte_view b);
  void print(std::string_view s);
  void print(const endpoint& e);
  template <std::integral T>
  void print(T v) {
    print(std::string_view{std::to_string(v)});
  }

  std::uint64_t hash_ = 0xcbf29ce484222325U;
  std::uint64_t records_ = 0;
  std::unique_ptr<std::FILE, closer> file_;
};

}  // namespace wh::sim
