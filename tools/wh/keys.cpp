#include "actors/proto/keys/keys.hpp"

#include <nlohmann/json.hpp>

#include "tools/wh/input.hpp"

namespace wh::cli {

namespace {

/// A million keys and more.
constexpr std::size_t list_max = 64 << 20;

struct judged {
  public_key key;
  unsigned workbit = 0;
};

/// The public keys of a text, one a line; empty, with the first mistake on stderr, when there is
/// one.
std::optional<std::vector<judged>> parse_list(std::string_view text, const std::string& name) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<judged> all;
  std::string_view rest = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  const bool one = rest.find('\n') == std::string_view::npos;
  do {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    line = line.substr(0, line.find_last_not_of(blanks) + 1);
    const auto k = keys::parse_public_key(line);
    if (!k) {
      input_error(
          "the public key " +
          (one ? "on " + name : "in line " + std::to_string(all.size() + 1) + " of " + name) +
          (line.empty() ? " is missing" : " is not 32 bytes in base64"));
      return std::nullopt;
    }
    all.push_back({*k});
  } while (!rest.empty());
  return all;
}

void print_json(const selection& asked, bool judges, const std::vector<judged>& all,
                std::size_t weak) {
  using json = nlohmann::ordered_json;
  // A namespace may be any bytes; JSON is UTF-8.
  const auto text = [](const json& j) {
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
  };
  std::printf("{\"namespace\": %s, \"workbit\": %s, \"weak\": %s, \"keys\": [",
              text(asked.name_space).c_str(),
              judges ? std::to_string(asked.workbit).c_str() : "null",
              judges ? std::to_string(weak).c_str() : "null");
  const char* separator = "\n";
  for (const judged& j : all) {
    std::printf("%s  {\"key\": \"%s\", \"workbit\": %u", separator, keys::to_text(j.key).c_str(),
                j.workbit);
    if (judges) std::printf(", \"enough\": %s", j.workbit >= asked.workbit ? "true" : "false");
    std::fputs("}", stdout);
    separator = ",\n";
  }
  std::puts("\n]}");
}

}  // namespace

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
  const auto asked = parse_selection(c, args, {.workbit = true, .keys = true, .json = true});
  if (!asked) return bad_input;
  const std::string path = asked->keys.value_or("-");
  const auto text = read_file(path, list_max);
  if (!text) return bad_input;
  auto all = parse_list(*text, path == "-" ? "standard input" : path);
  if (!all) return bad_input;
  const bool judges = asked->workbit_said || asked->from_file;
  std::size_t weak = 0;
  for (judged& j : *all) {
    j.workbit = keys::workbit(sodium_crypto(), j.key, asked->name_space);
    if (judges && j.workbit < asked->workbit) ++weak;
  }
  if (asked->json)
    print_json(*asked, judges, *all, weak);
  else
    for (const judged& j : *all) std::printf("%u\n", j.workbit);
  // A network file says the namespace; only who says a workbit asks for a judgement.
  if (!asked->workbit_said || weak == 0) return done;
  std::fprintf(stderr, "wh: %zu of %zu keys have less than %u bits of proof of work\n", weak,
               all->size(), asked->workbit);
  return did_not_hold;
}

int run_orchid(const command& c, arguments args) {
  const auto asked = parse_selection(c, args, {});
  if (!asked) return bad_input;
  const auto line = read_key_line("the public key");
  if (!line) return bad_input;
  const auto k = keys::parse_public_key(*line);
  if (!k) return input_error("the public key on standard input is not 32 bytes in base64");
  std::puts(keys::orchid(sodium_crypto(), *k, asked->name_space).to_string().c_str());
  return done;
}

}  // namespace wh::cli
