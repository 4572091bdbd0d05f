#include "sim/scenario/tree.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <map>
#include <sstream>
#include <toml.hpp>

namespace wh::sim::detail {
namespace {

// std::map: the library's own default has no defined order.
using toml_value = toml::basic_value<toml::discard_comments, std::map, std::vector>;

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// toml11 knows where a value stands, not its key. The key is the last whole word of that name
/// before the value, or, for a table with a header of its own, in the header.
place place_of_key(const std::string& name, const place& value, bool in_header) {
  place p = value;
  std::size_t found = std::string::npos;
  for (std::size_t at = value.text.find(name); at != std::string::npos && !name.empty();
       at = value.text.find(name, at + 1)) {
    const bool whole =
        (at == 0 || !is_bare(value.text[at - 1])) &&
        (at + name.size() == value.text.size() || !is_bare(value.text[at + name.size()]));
    if (whole && (in_header || at + 1 < value.column)) found = at;
  }
  if (found == std::string::npos) return p;
  p.column = static_cast<unsigned>(found + 1);
  p.width = static_cast<unsigned>(name.size());
  return p;
}

node convert(const toml_value& v, const std::string& file) {
  node n;
  const auto where = v.location();
  n.value = {file, where.line(), where.column(), where.region(), where.line_str()};
  // A value over several lines is underlined on its first.
  const auto left =
      n.value.text.size() + 1 - std::min<std::size_t>(n.value.column, n.value.text.size());
  n.value.width = std::max(1u, std::min(n.value.width, static_cast<unsigned>(left)));
  switch (v.type()) {
    case toml::value_t::boolean:
      n.kind = node_kind::boolean;
      n.flag = v.as_boolean();
      break;
    case toml::value_t::integer:
      // More digits than an int64 has are not noticed by the library.
      n.kind = where.region() > 19 ? node_kind::other : node_kind::integer;
      n.integer = v.as_integer();
      break;
    case toml::value_t::floating:
      n.kind = node_kind::real;
      n.real = v.as_floating();
      break;
    case toml::value_t::string:
      n.kind = node_kind::string;
      n.text = v.as_string().str;
      break;
    case toml::value_t::array:
      n.kind = node_kind::list;
      for (const auto& item : v.as_array()) n.items.push_back(convert(item, file));
      break;
    case toml::value_t::table:
      n.kind = node_kind::table;
      for (const auto& [name, member] : v.as_table()) {
        auto child = convert(member, file);
        const auto& at = child.value;
        const bool in_header = at.column <= at.text.size() && at.text[at.column - 1] == '[' &&
                               at.text.find_first_not_of(" \t") == at.column - 1;
        child.key = place_of_key(name, at, in_header);
        child.name = name;
        n.members.push_back(std::move(child));
      }
      break;
    default:
      n.kind = node_kind::other;
      break;
  }
  return n;
}

/// toml11 explains a mistake in a drawing of several lines. The last line drawn is the one at
/// fault.
scenario_error from_syntax_error(const std::string& drawing, const std::string& file,
                                 const place& fallback) {
  place p = fallback;
  p.file = file;
  std::string message, comment;
  std::istringstream lines(drawing);
  std::string line, source;
  while (std::getline(lines, line)) {
    if (message.empty()) {
      message = line;
      // "[error] toml::parse_x: what is wrong"
      if (const auto tag = message.find("] "); tag != std::string::npos) message.erase(0, tag + 2);
      if (message.starts_with("toml::"))
        if (const auto colon = message.find(": "); colon != std::string::npos)
          message.erase(0, colon + 2);
      continue;
    }
    const auto bar = line.find(" | ");
    if (bar == std::string::npos) continue;
    unsigned number = 0;
    const auto digits = line.find_first_of("0123456789");
    if (digits < bar &&
        std::from_chars(line.data() + digits, line.data() + bar, number).ec == std::errc{}) {
      p.line = number;
      p.text = line.substr(bar + 3);
    } else if (const auto caret = line.find_first_of("^~", bar); caret != std::string::npos) {
      p.column = static_cast<unsigned>(caret - bar - 2);
      p.width = 1;
      const auto text = line.find_first_not_of("^~- ", caret);
      comment = text == std::string::npos ? std::string{} : line.substr(text);
    }
  }
  if (!comment.empty() && comment != "here") message += ": " + comment;
  return error_at(p, "not TOML: " + message);
}

/// Brackets open at once outside strings; the library's parser recurses on them.
bool nests_too_deep(std::string_view text) {
  unsigned depth = 0;
  char quote = 0;
  bool comment = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      comment = false;
      quote = 0;  // a bracket in a string of several lines counts: too strict is safe
    } else if (comment) {
    } else if (quote) {
      if (c == '\\' && quote == '"')
        ++i;
      else if (c == quote)
        quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      comment = true;
    } else if (c == '[' || c == '{') {
      if (++depth > nesting_max) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

struct parsed_path {
  std::vector<std::string> parts;
  std::vector<std::size_t> starts;
  std::string value;
  std::size_t value_start = 0;
};

expected<parsed_path, scenario_error> split_option(const std::string& option) {
  const place whole{"--set", 0, 1, static_cast<unsigned>(option.size()), option};
  const auto equals = option.find('=');
  if (equals == std::string::npos || equals == 0)
    return unexpected(
        error_at(whole, "expected table.key=value", "for example --set network.loss_ratio=0.05"));
  parsed_path p;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= equals; ++i) {
    if (i < equals && option[i] != '.') continue;
    if (i == start) {
      place empty = whole;
      empty.column = static_cast<unsigned>(i + 1);
      empty.width = 1;
      return unexpected(error_at(empty, "a name is missing here"));
    }
    p.parts.push_back(option.substr(start, i - start));
    p.starts.push_back(start);
    start = i + 1;
  }
  p.value = option.substr(equals + 1);
  p.value_start = equals + 1;
  return p;
}

/// The option is a line of its own: every place in it points there.
void move_places(node& n, const std::string& option, std::size_t start, std::size_t skipped) {
  n.value.file = "--set";
  n.value.line = 0;
  n.value.text = option;
  n.value.column = static_cast<unsigned>(std::min(
      start + n.value.column - std::min<std::size_t>(skipped, n.value.column), option.size() + 1));
  n.key = n.value;
  for (auto& item : n.items) move_places(item, option, start, skipped);
  for (auto& member : n.members) {
    move_places(member, option, start, skipped);
    member.key = place_of_key(member.name, member.value, false);
  }
}

node value_of_option(const std::string& option, const parsed_path& path) {
  static const std::string prefix = "v = ";
  if (path.value.find('\n') == std::string::npos) {
    auto tree = parse_toml(prefix + path.value, "--set");
    if (tree && tree->members.size() == 1 && tree->members.front().name == "v") {
      node n = std::move(tree->members.front());
      move_places(n, option, path.value_start, prefix.size());
      return n;
    }
  }
  node n;
  n.kind = node_kind::string;
  n.text = path.value;
  n.value = {"--set", 0, static_cast<unsigned>(path.value_start + 1),
             static_cast<unsigned>(std::max<std::size_t>(1, path.value.size())), option};
  return n;
}

/// What --set may call the items of a list: "0 (`boot`), 1 (`a`)".
std::string items_of(const node& list) {
  if (list.items.empty()) return "none";
  std::string names;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const auto* group = list.items[i].find("group");
    names += (i == 0 ? "" : ", ") + std::to_string(i) +
             (group != nullptr ? " (`" + group->text + "`)" : std::string());
  }
  return names;
}

}  // namespace

const node* node::find(std::string_view wanted) const {
  for (const auto& member : members)
    if (member.name == wanted) return &member;
  return nullptr;
}

std::string_view describe(const node& n) {
  switch (n.kind) {
    case node_kind::boolean:
      return "true or false";
    case node_kind::integer:
      return "a whole number";
    case node_kind::real:
      return "a number";
    case node_kind::string:
      return "a string";
    case node_kind::list:
      return "a list";
    case node_kind::table:
      return "a table";
    case node_kind::other:
      break;
  }
  return "a date, or a number of too many digits";
}

scenario_error error_at(const place& p, std::string message, std::string hint) {
  return {p.file, p.line, p.column, p.width, p.text, std::move(message), std::move(hint)};
}

expected<node, scenario_error> parse_toml(std::string_view text, const std::string& file) {
  const place start{file, 1, 1, 1,
                    std::string(text.substr(0, std::min<std::size_t>(text.find('\n'), 200)))};
  if (text.size() > file_size_max)
    return unexpected(error_at(start, "larger than 1 MiB: this is no scenario"));
  if (nests_too_deep(text))
    return unexpected(error_at(start, "brackets are nested more than 32 deep"));
  if (text.find('\0') != std::string_view::npos)
    return unexpected(error_at(start, "not TOML: it contains a zero byte"));
  try {
    std::istringstream in{std::string(text)};
    return convert(toml::parse<toml::discard_comments, std::map, std::vector>(in, file), file);
  } catch (const toml::exception& e) {
    const auto where = e.location();
    return unexpected(from_syntax_error(e.what(), file,
                                        {file, where.line(), where.column(), 1, where.line_str()}));
  } catch (const std::exception& e) {
    return unexpected(from_syntax_error(e.what(), file, start));
  }
}

expected<void, scenario_error> apply_override(node& root, const std::string& option) {
  auto path = split_option(option);
  if (!path) return unexpected(path.error());
  node* at = &root;
  for (std::size_t i = 0; i < path->parts.size(); ++i) {
    const auto& part = path->parts[i];
    const place here{"--set", 0, static_cast<unsigned>(path->starts[i] + 1),
                     static_cast<unsigned>(part.size()), option};
    const bool last = i + 1 == path->parts.size();
    // One more of a list that the file may not have.
    if (part == "+" && last && at->kind == node_kind::table && at->members.empty())
      at->kind = node_kind::list;
    if (at->kind == node_kind::list && part == "+" && last) {
      at = &at->items.emplace_back();
    } else if (at->kind == node_kind::table) {
      const auto member = std::find_if(at->members.begin(), at->members.end(),
                                       [&](const auto& m) { return m.name == part; });
      if (member == at->members.end()) {
        node fresh;
        fresh.value = fresh.key = here;
        fresh.name = part;
        at = &at->members.emplace_back(std::move(fresh));
      } else {
        at = &*member;
      }
    } else if (at->kind == node_kind::list) {
      std::size_t index = at->items.size();
      const auto* end = part.data() + part.size();
      std::size_t number = 0;
      if (const auto [stop, bad] = std::from_chars(part.data(), end, number);
          bad == std::errc{} && stop == end) {
        index = number;
      } else {
        for (std::size_t j = 0; j < at->items.size() && index == at->items.size(); ++j)
          if (const auto* group = at->items[j].find("group"); group && group->text == part)
            index = j;
      }
      const auto& list = path->parts[i - 1];
      if (index >= at->items.size())
        return unexpected(error_at(here, "`" + list + "` has no item `" + part + "`",
                                   "it has " + items_of(*at) + "; `+` adds one"));
      at = &at->items[index];
    } else {
      return unexpected(error_at(here, "`" + path->parts[i - 1] + "` is " +
                                           std::string(describe(*at)) + ", it holds no keys"));
    }
    if (last) {
      *at = value_of_option(option, *path);
      at->key = here;
      at->name = part;
    }
  }
  return {};
}

}  // namespace wh::sim::detail
