#include <cerrno>
#include <cstring>
#include <fstream>

#include "sim/report/writers.hpp"

namespace wh::sim {

std::string write_file(const std::filesystem::path& file, std::string_view text) {
  auto part = file;
  part += ".part";
  errno = 0;
  {
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.flush();
    if (!out) return "cannot write " + part.string() + ": " + std::strerror(errno ? errno : EIO);
  }
  std::error_code bad;
  std::filesystem::rename(part, file, bad);
  return bad ? "cannot write " + file.string() + ": " + bad.message() : std::string{};
}

}  // namespace wh::sim
