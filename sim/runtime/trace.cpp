#include "sim/runtime/trace.hpp"

#include <bit>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace wh::sim {

namespace {

std::uint64_t load_le(const std::uint8_t* p, std::size_t n) {
  std::uint64_t v = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&v, p, n);
  } else {
    for (std::size_t i = n; i-- > 0;) v = v << 8 | p[i];
  }
  return v;
}

}  // namespace

trace::trace(const std::string& path) : file_(std::fopen(path.c_str(), "w")) {
  if (!file_) throw std::runtime_error{"trace " + path + ": " + std::strerror(errno)};
}

std::string trace::hash_text() const {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash_));
  return text;
}

void trace::flush() {
  if (file_) std::fflush(file_.get());
}

void trace::add(byte_view b) {
  // The length first, so that two parts do not run together.
  word(b.size());
  std::size_t i = 0;
  for (; i + 8 <= b.size(); i += 8) word(load_le(b.data() + i, 8));
  if (i < b.size()) word(load_le(b.data() + i, b.size() - i));
}

void trace::add(const endpoint& e) {
  const auto& raw = e.address.raw();
  word(load_le(raw.data(), 8));
  word(load_le(raw.data() + 8, 8));
  word(e.port());
}

void trace::begin_line(time_point t, std::string_view kind, std::uint32_t host) {
  const auto ns = t.time_since_epoch().count();
  std::fprintf(file_.get(), "%lld.%09lld %.*s %u", static_cast<long long>(ns / 1'000'000'000),
               static_cast<long long>(ns % 1'000'000'000), static_cast<int>(kind.size()),
               kind.data(), host);
}

void trace::print(byte_view b) {
  // Enough to tell messages apart; the hash has all of it.
  const std::string text = to_hex(b.first(std::min<std::size_t>(b.size(), 16)));
  std::fprintf(file_.get(), " %zu:%s%s", b.size(), text.c_str(), b.size() > 16 ? ".." : "");
}

void trace::print(std::string_view s) {
  std::fprintf(file_.get(), " %.*s", static_cast<int>(s.size()), s.data());
}

void trace::print(const endpoint& e) { print(std::string_view{e.to_string()}); }

}  // namespace wh::sim
