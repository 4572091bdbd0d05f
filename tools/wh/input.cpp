#include "tools/wh/input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/network/parse.hpp"
#include "actors/proto/network/words.hpp"

namespace wh::cli {

namespace {

/// At most `max` + 1 bytes: the one more shows that there was too much.
std::optional<std::string> read_all(std::FILE* f, std::size_t max) {
  std::string out;
  char buffer[16384];
  while (out.size() <= max) {
    const std::size_t n = std::fread(buffer, 1, std::min(sizeof buffer, max + 1 - out.size()), f);
    out.append(buffer, n);
    if (n == 0) break;
  }
  if (std::ferror(f) != 0) return std::nullopt;
  return out;
}

}  // namespace

std::optional<network::network_file> load_network(std::string_view path) {
  const bool from_stdin = path == "-";
  const std::string name(from_stdin ? "<stdin>" : path);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      from_stdin ? stdin : std::fopen(name.c_str(), "rb"),
      [](std::FILE* f) { return f == stdin ? 0 : std::fclose(f); });
  const auto text =
      file ? read_all(file.get(), network::file_bytes_max) : std::optional<std::string>{};
  if (!text) {
    input_error(name + ": " + std::strerror(errno));
    return std::nullopt;
  }
  auto parsed = network::parse(*text, sodium_crypto());
  if (parsed) return std::move(*parsed);
  for (const auto& e : parsed.error()) std::fputs(e.render(name).c_str(), stderr);
  return std::nullopt;
}

std::optional<std::string> read_file(std::string_view path, std::size_t max) {
  const bool from_stdin = path == "-";
  const std::string name(from_stdin ? "standard input" : path);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      from_stdin ? stdin : std::fopen(name.c_str(), "rb"),
      [](std::FILE* f) { return f == stdin ? 0 : std::fclose(f); });
  auto text = file ? read_all(file.get(), max) : std::optional<std::string>{};
  if (!text) input_error(name + ": " + std::strerror(errno));
  if (!text || text->size() <= max) return text;
  input_error(name + ": is longer than " + std::to_string(max) + " bytes");
  return std::nullopt;
}

std::optional<std::string> read_line(std::string_view what, std::size_t max) {
  // Who sends so much more did not mean a line of this kind.
  const std::size_t line_max = std::max<std::size_t>(1024, 2 * max);
  const auto fail = [what](const std::string& why) {
    input_error(std::string(what) + " on standard input " + why);
    return std::nullopt;
  };
  const auto text = read_all(stdin, line_max);
  if (!text) return fail(std::string("cannot be read: ") + std::strerror(errno));
  std::string line = text->substr(0, text->find('\n'));
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = line.find_first_not_of(blanks);
  if (first == std::string::npos) return fail("is missing");
  line = line.substr(first, line.find_last_not_of(blanks) - first + 1);
  if (line.size() > max)
    return fail("is too long: it has " +
                (line.size() >= line_max ? "more than " + std::to_string(line_max)
                                         : std::to_string(line.size())) +
                " characters, of at most " + std::to_string(max));
  return line;
}

std::optional<std::string> read_key_line(std::string_view what) { return read_line(what, 44); }

std::optional<selection> parse_selection(const command& c, arguments args, selection_words takes) {
  selection out;
  std::optional<std::string_view> path;
  std::vector<std::string_view> said;
  const auto fail = [&c](const std::string& what) {
    usage_error(c, what);
    return std::nullopt;
  };
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string_view word = args[i];
    if (takes.force && (word == "force" || word == "--force")) {
      out.force = true;
      continue;
    }
    if (takes.json && word == "--json") {
      out.json = true;
      continue;
    }
    const bool known = (takes.place && word == "namespace") ||
                       (takes.workbit && word == "workbit") ||
                       (takes.threads && word == "threads") || (takes.keep && word == "keep") ||
                       (takes.keys && word == "keys");
    if (!known) {
      if (!takes.place || path || !said.empty() || word.starts_with("--"))
        return fail("unknown word `" + std::string(word) + "`");
      path = word;
      continue;
    }
    if (++i == args.size()) return fail("`" + std::string(word) + "` needs a value");
    if (std::find(said.begin(), said.end(), word) != said.end())
      return fail("`" + std::string(word) + "` is said twice");
    said.push_back(word);
    if (word == "namespace")
      out.name_space = args[i];
    else if (word == "keep")
      out.keep = args[i];
    else if (word == "keys")
      out.keys = args[i];
    if (word != "workbit" && word != "threads") continue;
    const unsigned max = word == "workbit" ? keys::workbit_max : 1024;
    const auto n = network::parse_number(args[i], max);
    if (!n || (word == "threads" && *n == 0))
      return fail("`" + std::string(word) + "` takes a number from " +
                  (word == "threads" ? "1" : "0") + " to " + std::to_string(max));
    (word == "workbit" ? out.workbit : out.threads) = *n;
  }
  const auto was_said = [&said](std::string_view word) {
    return std::find(said.begin(), said.end(), word) != said.end();
  };
  out.workbit_said = was_said("workbit");
  if (!path) return out;
  if (out.workbit_said || was_said("namespace"))
    return fail("the network file says workbit and namespace already");
  const auto n = load_network(*path);
  if (!n) return std::nullopt;
  out.from_file = true;
  out.workbit = n->workbit;
  out.name_space = n->name_space;
  return out;
}

}  // namespace wh::cli
