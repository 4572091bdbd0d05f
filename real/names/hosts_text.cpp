#include "real/names/hosts_text.hpp"

#include <algorithm>

namespace wh::real {

namespace {

constexpr std::string_view header = "# written by wh-real: do not edit lines that end like this";
// The line before had no end, and gets it taken again when the block goes.
constexpr std::string_view header_joined =
    "# written by wh-real: do not edit lines that end like this (nor end the line above)";

bool letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string_view trimmed_end(std::string_view line) {
  while (!line.empty() &&
         (line.back() == '\n' || line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
    line.remove_suffix(1);
  return line;
}

}  // namespace

bool valid_host_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  std::string lower;
  std::size_t label = 0;
  for (const char c : name) {
    lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    if (c == '.') {
      if (label == 0 || lower[lower.size() - 2] == '-') return false;
      label = 0;
    } else if ((!letter_or_digit(c) && !(c == '-' && label > 0)) || ++label > 63) {
      return false;
    }
  }
  if (label == 0 || lower.back() == '-') return false;
  // inet_aton takes 127.1, 0x7f.1 and 2130706433 for addresses.
  const std::string last = lower.substr(lower.rfind('.') + 1);
  if (std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return false;
  if (last.starts_with("0x") && last.find_first_not_of("0123456789abcdef", 2) == std::string::npos)
    return false;
  return last != "localhost" && lower != "localhost.localdomain";
}

std::string hosts_with(std::string_view file, std::string_view interface,
                       const std::vector<host_name>& names) {
  const std::string tag = "  # wirehub " + std::string(interface);
  std::string before, after;
  bool found = false, joined = false;
  for (std::string_view rest = file; !rest.empty();) {
    const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
    rest.remove_prefix(line.size());
    const std::string_view words = trimmed_end(line);
    if (words.ends_with(tag)) {
      joined = joined || words.starts_with(header_joined);
      found = true;
    } else {
      (found ? after : before) += line;
    }
  }
  if (!after.empty()) joined = false;  // the end is needed: another line follows
  std::string block;
  if (!names.empty()) {
    if (!found && !before.empty() && before.back() != '\n') {
      before += '\n';
      joined = true;
    }
    block = std::string(joined ? header_joined : header) + tag + '\n';
    for (const host_name& n : names) block += n.address.to_string() + ' ' + n.name + tag + '\n';
  } else if (joined && before.ends_with('\n')) {
    before.pop_back();
  }
  return before + block + after;
}

}  // namespace wh::real
