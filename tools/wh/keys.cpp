#include "actors/proto/keys/keys.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "tools/wh/genkey.hpp"
#include "tools/wh/input.hpp"

namespace wh::cli {

namespace {

void warn_when_others_may_read() {
  struct stat s {};
  if (::fstat(STDOUT_FILENO, &s) == 0 && S_ISREG(s.st_mode) && (s.st_mode & 0077) != 0)
    std::fputs("wh: warning: others may read the file the key is written to; see chmod, umask\n",
               stderr);
}

/// For the commands that make one line out of a public key and a namespace.
template <class F>
int with_public_key(const command& c, arguments args, F&& print) {
  const auto asked = parse_selection(c, args, {});
  if (!asked) return bad_input;
  const auto line = read_key_line("the public key");
  if (!line) return bad_input;
  const auto k = keys::parse_public_key(*line);
  if (!k) return input_error("the public key on standard input is not 32 bytes in base64");
  std::puts(print(*k, asked->name_space).c_str());
  return done;
}

}  // namespace

int run_genkey(const command& c, arguments args) {
  const auto asked = parse_selection(c, args, {.workbit = true, .threads = true});
  if (!asked) return bad_input;
  warn_when_others_may_read();
  auto k = search_in_threads(asked->workbit, asked->name_space, asked->threads);
  if (!k) return did_not_hold;
  std::string text = keys::to_text(*k);
  std::puts(text.c_str());
  wipe(k->value);
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return done;
}

int run_pubkey(const command& c, arguments args) {
  if (!args.empty()) return usage_error(c, "the private key comes on standard input");
  auto line = read_key_line("the private key");
  if (!line) return bad_input;
  auto k = keys::parse_private_key(*line);
  wipe({reinterpret_cast<std::uint8_t*>(line->data()), line->size()});
  if (!k) return input_error("the private key on standard input is not 32 bytes in base64");
  std::puts(keys::to_text(sodium_crypto().to_public(*k)).c_str());
  wipe(k->value);
  return done;
}

int run_workbit(const command& c, arguments args) {
  return with_public_key(c, args, [](const public_key& k, const std::string& ns) {
    return std::to_string(keys::workbit(sodium_crypto(), k, ns));
  });
}

int run_orchid(const command& c, arguments args) {
  return with_public_key(c, args, [](const public_key& k, const std::string& ns) {
    return keys::orchid(sodium_crypto(), k, ns).to_string();
  });
}

}  // namespace wh::cli
