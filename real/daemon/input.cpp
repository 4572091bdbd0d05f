#include "real/daemon/input.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/network/parse.hpp"

namespace wh::real {

namespace {

struct content {
  std::string text;
  bool exposed = false;
};

/// At most `max` bytes and one more, which shows that there was too much.
expected<content, std::string> read_file(const std::string& path, std::size_t max) {
  const auto trouble = [&] { return unexpected(path + ": " + std::strerror(errno)); };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> f(std::fopen(path.c_str(), "rbe"),
                                                          std::fclose);
  if (!f) return trouble();
  content c;
  struct stat s {};
  if (::fstat(::fileno(f.get()), &s) == 0) {
    if (S_ISDIR(s.st_mode)) return unexpected(path + " is a directory");
    c.exposed = S_ISREG(s.st_mode) && (s.st_mode & 0077) != 0;
  }
  char buffer[16384];
  while (c.text.size() <= max) {
    const std::size_t n =
        std::fread(buffer, 1, std::min(sizeof buffer, max + 1 - c.text.size()), f.get());
    c.text.append(buffer, n);
    if (n == 0) break;
  }
  wipe({reinterpret_cast<std::uint8_t*>(buffer), sizeof buffer});
  if (std::ferror(f.get()) != 0) return trouble();
  return c;
}

}  // namespace

expected<network::network_file, std::string> load_network_file(const std::string& path) {
  const auto c = read_file(path, network::file_bytes_max);
  if (!c) return unexpected(c.error());
  auto parsed = network::parse(c->text, sodium_crypto());
  if (parsed) return std::move(*parsed);
  std::string all;
  for (const network::parse_error& e : parsed.error()) all += e.render(path);
  if (!all.empty() && all.back() == '\n') all.pop_back();
  return unexpected(std::move(all));
}

expected<node_plan, std::string> load_plan(const std::string& path, const public_key& self) {
  const auto n = load_network_file(path);
  if (!n) return unexpected(n.error());
  return make_plan(*n, self, sodium_crypto());
}

expected<key_file, std::string> load_key(const std::string& path) {
  auto c = read_file(path, 4096);
  if (!c) return unexpected(c.error());
  std::string_view line = std::string_view(c->text).substr(0, c->text.find('\n'));
  while (!line.empty() && std::strchr(" \t\r", line.back()) != nullptr) line.remove_suffix(1);
  while (!line.empty() && std::strchr(" \t", line.front()) != nullptr) line.remove_prefix(1);
  const auto key = keys::parse_private_key(line);
  wipe({reinterpret_cast<std::uint8_t*>(c->text.data()), c->text.size()});
  if (!key)
    return unexpected(path + " holds no private key: 32 bytes in base64, as `wh genkey` prints");
  return key_file{*key, c->exposed};
}

}  // namespace wh::real
