#include "actors/proto/network/words.hpp"

#include <algorithm>
#include <charconv>

namespace wh::network {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::vector<word> split(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<word> out;
  for (std::size_t i = 0; i < line.size();) {
    if (is_blank(line[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < line.size() && !is_blank(line[end])) ++end;
    out.push_back({line.substr(i, end - i), i});
    i = end;
  }
  return out;
}

std::size_t malformed_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::uint8_t b = byte(i), next = byte(i + 1);
    std::size_t size = 1;
    // RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
    if (b >= 0x80) {
      if (b >= 0xc2 && b <= 0xdf)
        size = 2;
      else if (b >= 0xe0 && b <= 0xef && !(b == 0xe0 && next < 0xa0) && !(b == 0xed && next > 0x9f))
        size = 3;
      else if (b >= 0xf0 && b <= 0xf4 && !(b == 0xf0 && next < 0x90) && !(b == 0xf4 && next > 0x8f))
        size = 4;
      else
        return i;
    }
    for (std::size_t j = 1; j < size; ++j)
      if ((byte(i + j) & 0xc0) != 0x80) return i;
    i += size;
  }
  return std::string_view::npos;
}

std::optional<word_error> check_hostname(std::string_view text) {
  if (text.size() > 253)
    return word_error{"a hostname has at most 253 characters (RFC 1123), this one has " +
                          std::to_string(text.size()),
                      ""};
  std::size_t start = 0;
  for (;;) {
    const std::size_t end = std::min(text.find('.', start), text.size());
    const std::string_view label = text.substr(start, end - start);
    if (label.empty())
      return word_error{"a hostname has no empty part between, before or behind its dots", "",
                        start, 1};
    if (label.size() > 63)
      return word_error{"a part of a hostname has at most 63 characters (RFC 1123), this one has " +
                            std::to_string(label.size()),
                        "", start, label.size()};
    for (std::size_t i = 0; i < label.size(); ++i) {
      const char c = label[i];
      if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_')
        return word_error{"a hostname is made of letters, digits, hyphens and dots (RFC 1123)", "",
                          start + i, 1};
    }
    if (label.front() == '-' || label.back() == '-')
      return word_error{"a part of a hostname does not begin or end with a hyphen (RFC 1123)", "",
                        label.front() == '-' ? start : end - 1, 1};
    if (end == text.size()) {
      if (std::all_of(label.begin(), label.end(), is_digit))
        return word_error{"the last part of a hostname is not a number, or it reads as an address",
                          "", start, label.size()};
      return std::nullopt;
    }
    start = end + 1;
  }
}

expected<place, word_error> parse_place(std::string_view text) {
  place out;
  std::string_view host = text, port;
  std::size_t port_at = std::string_view::npos;
  if (text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos)
      return unexpected(word_error{"this bracket is not closed", "write [ADDRESS]:PORT", 0, 1});
    host = text.substr(1, close - 1);
    const auto address = ip_address::parse(host);
    if (!address || host.find(':') == std::string_view::npos)
      return unexpected(word_error{"brackets hold an IPv6 address", "", 1,
                                   std::max<std::size_t>(host.size(), 1)});
    if (close + 1 < text.size()) {
      if (text[close + 1] != ':')
        return unexpected(word_error{"behind the bracket comes nothing or `:PORT`", "", close + 1});
      port_at = close + 2;
    }
  } else {
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) {
      if (ip_address::parse(text))
        return unexpected(
            word_error{"an IPv6 address stands in brackets here",
                       "write [" + std::string(text) + "]:" + std::to_string(port_default)});
      return unexpected(word_error{"this is neither HOST:PORT nor [ADDRESS]:PORT", ""});
    }
    host = text.substr(0, colon);
    if (colon != std::string_view::npos) port_at = colon + 1;
    if (host.empty()) return unexpected(word_error{"there is no host before the port", "", 0, 1});
  }
  if (port_at != std::string_view::npos) {
    port = text.substr(port_at);
    const auto number = parse_number(port, 65535);
    if (!number || *number == 0)
      return unexpected(word_error{"a port is a number from 1 to 65535", "",
                                   port.empty() ? port_at - 1 : port_at,
                                   std::max<std::size_t>(port.size(), 1)});
    out.port = static_cast<std::uint16_t>(*number);
  }
  if (const auto address = ip_address::parse(host)) {
    out.host = address->to_string();
    return out;
  }
  if (looks_like_v4(host)) {
    const auto full = expand_v4(host);
    return unexpected(word_error{"this is not an IPv4 address",
                                 full ? "did you mean `" + full->to_string() + "`?" : "", 0,
                                 host.size()});
  }
  if (const auto e = check_hostname(host)) return unexpected(*e);
  out.host = host;
  return out;
}

expected<subnet, word_error> parse_subnet(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view left = text.substr(0, slash);
  const auto address = ip_address::parse(left);
  if (!address) {
    const auto full = looks_like_v4(left) ? expand_v4(left) : std::nullopt;
    return unexpected(word_error{
        "a subnet is an IPv4 or IPv6 address, `/` and a number of bits",
        full ? "did you mean `" + full->to_string() + "/...`?" : "for example 10.0.42.0/24", 0,
        std::max<std::size_t>(left.size(), 1)});
  }
  subnet out{*address, 0};
  const std::string_view right =
      slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
  if (right.empty())
    return unexpected(
        word_error{"the subnet does not say how many bits its prefix has",
                   "for example " + address->to_string() + (address->is_v4() ? "/24" : "/64"),
                   text.size() - (slash == std::string_view::npos ? 0 : 1), 1});
  const auto bits = parse_number(right, out.address_bits());
  if (!bits || *bits == 0)
    return unexpected(
        word_error{"the prefix of an IPv" + std::string(address->is_v4() ? "4" : "6") +
                       " subnet has 1 to " + std::to_string(out.address_bits()) + " bits",
                   "", slash + 1, right.size()});
  out.prefix_bits = static_cast<std::uint8_t>(*bits);
  out.address = address->prefix(*bits);
  if (out.address != *address)
    return unexpected(word_error{"this address lies inside the subnet, it is not the subnet's own",
                                 "did you mean `" + out.to_string() + "`?"});
  return out;
}

std::optional<unsigned> parse_number(std::string_view text, unsigned max) {
  unsigned v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc{} || end != text.data() + text.size() || v > max) return std::nullopt;
  return v;
}

bool looks_like_v4(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

std::optional<ip_address> expand_v4(std::string_view text) {
  std::vector<std::uint32_t> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('.', start), text.size());
    const auto v = parse_number(text.substr(start, end - start), 0xffffffff);
    if (!v || parts.size() == 4) return std::nullopt;
    parts.push_back(*v);
    start = end + 1;
  }
  // The last part fills all bytes that the parts before it leave.
  const std::size_t n = parts.size();
  const unsigned left = static_cast<unsigned>(8 * (5 - n));
  std::uint64_t value = parts.back();
  if (value >> left != 0) return std::nullopt;
  for (std::size_t i = 0; i + 1 < n; ++i) {
    if (parts[i] > 255) return std::nullopt;
    value |= std::uint64_t{parts[i]} << (24 - 8 * i);
  }
  return ip_address::v4(static_cast<std::uint32_t>(value));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace wh::network
