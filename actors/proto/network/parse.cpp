#include "actors/proto/network/parse.hpp"

#include <algorithm>
#include <map>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/network/words.hpp"
#include "transport/text.hpp"

namespace wh::network {

namespace {

enum class place_rule : std::uint8_t { none, optional, required };

class parser {
 public:
  parser(std::string_view text, const crypto_suite& crypto) : text_(text), crypto_(crypto) {}
  expected<network_file, std::vector<parse_error>> run();

 private:
  /// What may begin a line. A new setting or kind of entry is one line in `rules`.
  struct rule {
    std::string_view name;
    std::string_view usage;
    void (parser::*read)(const rule&);
    role kind = role::trust;
    place_rule where = place_rule::none;
  };
  static const rule rules[];

  void read_line();
  void read_name(const rule&);
  void read_namespace(const rule&);
  void read_workbit(const rule&);
  void read_subnet(const rule&);
  void read_entry(const rule&);
  bool read_before_key(const rule&, std::size_t key_at, entry&);
  bool read_behind_key(const rule&, std::size_t key_at, entry&);
  bool check_address(const word&, const ip_address&);
  void assign_addresses();

  std::optional<word> one_value(const rule&);
  bool once(const rule&);
  std::size_t find_key(public_key&) const;
  void no_key(const rule&);

  void error(std::size_t at, std::size_t length, std::string message, std::string hint = "");
  void error(const word& w, std::string message, std::string hint = "") {
    error(w.at, w.text.size(), std::move(message), std::move(hint));
  }
  void error(const word& w, const word_error& e) {
    error(w.at + e.at, std::min(e.length, w.text.size() - std::min(e.at, w.text.size())), e.message,
          e.hint);
  }
  void missing(std::string message, std::string hint);

  std::string_view text_;
  const crypto_suite& crypto_;
  network_file file_;
  std::vector<parse_error> errors_;

  // The line at hand.
  std::string_view line_;
  unsigned number_ = 0;
  std::vector<word> words_;

  // Where things were said first.
  std::map<std::string_view, unsigned> settings_;
  std::map<public_key, unsigned> keys_;
  std::map<std::string, unsigned> hostnames_;
  std::map<ip_address, unsigned> addresses_;
};

// clang-format off
const parser::rule parser::rules[] = {
    {"name", "name NAME", &parser::read_name},
    {"namespace", "namespace NAMESPACE", &parser::read_namespace},
    {"workbit", "workbit N", &parser::read_workbit},
    {"subnet", "subnet ADDRESS/BITS", &parser::read_subnet},
    {"boot", "boot [HOSTNAME] KEY ENDPOINT", &parser::read_entry, role::boot, place_rule::required},
    {"peer", "peer [HOSTNAME] KEY [ENDPOINT]", &parser::read_entry, role::peer, place_rule::optional},
    {"trust", "trust [HOSTNAME] [IP] KEY [ENDPOINT]", &parser::read_entry, role::trust, place_rule::optional},
    {"router", "router [HOSTNAME] [IP] KEY [ENDPOINT]", &parser::read_entry, role::router, place_rule::optional},
    {"alias", "alias [HOSTNAME] [IP] KEY", &parser::read_entry, role::alias, place_rule::none},
};
// clang-format on

std::string see_line(unsigned line) { return "line " + std::to_string(line); }

expected<network_file, std::vector<parse_error>> parser::run() {
  if (text_.size() > file_bytes_max) {
    number_ = 1;
    error(0, 1, "the file has more than " + std::to_string(file_bytes_max) + " bytes",
          "is it a network file?");
    return unexpected(std::move(errors_));
  }
  // Editors on Windows put a byte order mark in front.
  if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  for (std::size_t start = 0; start < text_.size() && errors_.size() < errors_max;) {
    const std::size_t end = std::min(text_.find('\n', start), text_.size());
    line_ = text_.substr(start, end - start);
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    start = end + 1;
    ++number_;
    read_line();
  }
  if (errors_.empty()) assign_addresses();
  if (!errors_.empty()) return unexpected(std::move(errors_));
  return std::move(file_);
}

void parser::read_line() {
  if (line_.size() > line_bytes_max)
    return error(line_bytes_max, 1,
                 "the line has more than " + std::to_string(line_bytes_max) + " bytes");
  const auto binary = std::find_if(line_.begin(), line_.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
  if (binary != line_.end())
    return error(static_cast<std::size_t>(binary - line_.begin()), 1,
                 "byte 0x" + to_hex({reinterpret_cast<const std::uint8_t*>(&*binary), 1}) +
                     " has no place in a text file");
  // Whoever wrote a comment in another encoding did no harm.
  const std::size_t malformed = malformed_utf8(line_.substr(0, line_.find('#')));
  if (malformed != std::string_view::npos) return error(malformed, 1, "this is not UTF-8");

  words_ = split(line_);
  if (words_.empty()) return;
  std::vector<std::string_view> names;
  for (const rule& r : rules) {
    if (r.name == words_[0].text) return (this->*r.read)(r);
    names.push_back(r.name);
  }
  std::string hint;
  if (const auto near = nearest_name(words_[0].text, names); !near.empty()) {
    hint = "did you mean `" + near + "`?";
  } else {
    for (const auto n : names)
      hint += (hint.empty() ? "a line begins with " : ", ") + std::string(n);
  }
  error(words_[0], "unknown word", hint);
}

std::optional<word> parser::one_value(const rule& r) {
  if (words_.size() < 2) {
    missing("`" + std::string(r.name) + "` needs a value", "write `" + std::string(r.usage) + "`");
    return std::nullopt;
  }
  if (words_.size() > 2) {
    error(words_[2], "one word too many", "write `" + std::string(r.usage) + "`");
    return std::nullopt;
  }
  return words_[1];
}

bool parser::once(const rule& r) {
  const auto [at, first] = settings_.emplace(r.name, number_);
  if (!first)
    error(words_[0], "`" + std::string(r.name) + "` is already set in " + see_line(at->second));
  return first;
}

void parser::read_name(const rule& r) {
  // As the original: the last one counts.
  if (const auto v = one_value(r)) file_.name = v->text;
}

void parser::read_namespace(const rule& r) {
  if (!once(r)) return;
  if (const auto v = one_value(r)) file_.name_space = v->text;
}

void parser::read_workbit(const rule& r) {
  if (!once(r)) return;
  const auto v = one_value(r);
  if (!v) return;
  const auto n = parse_number(v->text, keys::workbit_max);
  if (!n)
    return error(*v, "workbit is not a number from 0 to " + std::to_string(keys::workbit_max));
  file_.workbit = *n;
}

void parser::read_subnet(const rule& r) {
  if (!once(r)) return;
  const auto v = one_value(r);
  if (!v) return;
  const auto range = parse_subnet(v->text);
  if (!range) return error(*v, range.error());
  file_.range = *range;
}

std::size_t parser::find_key(public_key& out) const {
  for (std::size_t i = 1; i < words_.size(); ++i)
    if (const auto k = keys::parse_public_key(words_[i].text)) {
      out = *k;
      return i;
    }
  return 0;
}

void parser::no_key(const rule& r) {
  // Something that was to be a key tells more than "there is none".
  const auto base64 = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '/' || c == '-' || c == '_' || c == '=';
  };
  for (std::size_t i = 1; i < words_.size(); ++i) {
    const std::string_view w = words_[i].text;
    if (w.size() < 30 || !std::all_of(w.begin(), w.end(), base64)) continue;
    const std::size_t digits = w.substr(0, w.find('=')).size();
    return error(words_[i],
                 digits == 43 ? std::string("this is not a public key: no 32 bytes are written so")
                              : "this is not a public key: it has " + std::to_string(digits) +
                                    " characters, a key has 43");
  }
  missing("public key is not set", "write `" + std::string(r.usage) + "`");
}

void parser::read_entry(const rule& r) {
  if (file_.entries.size() == entries_max)
    return error(words_[0],
                 "a network file has at most " + std::to_string(entries_max) + " entries");
  if (is_member(r.kind) && !settings_.contains("subnet"))
    return error(words_[0], "no subnet set, so there is no address for this member",
                 "put a line like `subnet 10.0.42.0/24` above");
  entry e;
  e.kind = r.kind;
  e.line = number_;
  const std::size_t key_at = find_key(e.key);
  if (key_at == 0) return no_key(r);
  if (!read_before_key(r, key_at, e) || !read_behind_key(r, key_at, e)) return;
  if (!crypto_.acceptable(e.key))
    return error(words_[key_at],
                 "this is no usable public key: it is not canonical, or of low order",
                 "ask its owner for what `wh pubkey` prints");
  if (const auto [at, first] = keys_.emplace(e.key, number_); !first)
    return error(words_[key_at], "this key already has an entry in " + see_line(at->second),
                 "one line for each key");
  file_.entries.push_back(std::move(e));
}

bool parser::read_before_key(const rule& r, std::size_t key_at, entry& e) {
  for (std::size_t i = 1; i < key_at; ++i) {
    const word& w = words_[i];
    if (const auto address = ip_address::parse(w.text)) {
      if (!is_member(r.kind)) {
        error(w, "non-trusted peer cannot have a static ip",
              "an endpoint stands behind the key: `" + std::string(r.usage) + "`");
        return false;
      }
      if (e.address) {
        error(w, "private ip is already set", "write `" + std::string(r.usage) + "`");
        return false;
      }
      if (!check_address(w, *address)) return false;
      e.address = *address;
      e.address_fixed = true;
      continue;
    }
    if (looks_like_v4(w.text) || w.text.find(':') != std::string_view::npos) {
      const auto full = looks_like_v4(w.text) ? expand_v4(w.text) : std::nullopt;
      error(w, "this is neither an IP address nor a hostname",
            full ? "did you mean `" + full->to_string() + "`?" : "");
      return false;
    }
    if (!e.hostname.empty()) {
      error(w, "hostname is already set", "write `" + std::string(r.usage) + "`");
      return false;
    }
    if (const auto wrong = check_hostname(w.text)) {
      error(w, *wrong);
      return false;
    }
    const auto [at, first] = hostnames_.emplace(lower(w.text), number_);
    if (!first) {
      error(w, "hostname was already set in " + see_line(at->second));
      return false;
    }
    e.hostname = w.text;
  }
  return true;
}

bool parser::check_address(const word& w, const ip_address& a) {
  // A broken subnet line has its error already.
  if (!file_.range) return false;
  const std::string range = file_.range->to_string();
  if (!file_.range->contains(a)) {
    error(w, "this address is not inside the subnet " + range);
    return false;
  }
  if (!file_.range->usable(a)) {
    error(w, a == file_.range->address ? "this is the address of the subnet " + range + " itself"
                                       : "this is the broadcast address of the subnet " + range);
    return false;
  }
  const auto [at, first] = addresses_.emplace(a, number_);
  if (!first) error(w, "private ip was already set in " + see_line(at->second));
  return first;
}

bool parser::read_behind_key(const rule& r, std::size_t key_at, entry& e) {
  const std::string usage = "write `" + std::string(r.usage) + "`";
  for (std::size_t i = key_at + 1; i < words_.size(); ++i) {
    const word& w = words_[i];
    if (keys::parse_public_key(w.text)) {
      error(w, "public key is already set", usage);
      return false;
    }
    if (r.where == place_rule::none || i > key_at + 1) {
      error(w, "one word too many", usage);
      return false;
    }
    const auto where = parse_place(w.text);
    if (!where) {
      error(w, where.error());
      return false;
    }
    e.where = *where;
  }
  if (r.where == place_rule::required && !e.where) {
    missing("bootstrap node must have an endpoint set", usage);
    return false;
  }
  return true;
}

void parser::assign_addresses() {
  std::uint32_t number = 2;
  std::size_t members = 0;
  for (entry& e : file_.entries) {
    if (!is_member(e.kind)) continue;
    ++members;
    if (e.address) continue;
    std::optional<ip_address> a = file_.range->host(number);
    while (a && addresses_.contains(*a)) a = file_.range->host(++number);
    if (a) {
      e.address = a;
      ++number;
      continue;
    }
    // Host numbers 2, 3, ... and one left over for broadcast.
    const auto all =
        static_cast<std::uint64_t>(std::count_if(file_.entries.begin(), file_.entries.end(),
                                                 [](const entry& x) { return is_member(x.kind); }));
    unsigned host_bits = 2;
    while ((std::uint64_t{1} << host_bits) < all + 3) ++host_bits;
    // The line is found again instead of kept for each of many members.
    std::string_view rest = text_;
    for (unsigned n = 1; n < e.line; ++n) rest.remove_prefix(rest.find('\n') + 1);
    line_ = rest.substr(0, rest.find('\n'));
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    number_ = e.line;
    words_ = split(line_);
    return error(words_[0],
                 "the subnet " + file_.range->to_string() + " has no address left for member " +
                     std::to_string(members) + " of " + std::to_string(all),
                 "a prefix of " + std::to_string(file_.range->address_bits() - host_bits) +
                     " bits has room for all");
  }
}

void parser::error(std::size_t at, std::size_t length, std::string message, std::string hint) {
  if (errors_.size() == errors_max) return;
  errors_.push_back({number_, static_cast<unsigned>(at + 1),
                     static_cast<unsigned>(std::max<std::size_t>(length, 1)), std::move(message),
                     std::move(hint), std::string(line_.substr(0, line_bytes_max + 64))});
}

void parser::missing(std::string message, std::string hint) {
  // Where the next word would stand.
  const word& last = words_.back();
  error(last.at + last.text.size(), 1, std::move(message), std::move(hint));
}

}  // namespace

expected<network_file, std::vector<parse_error>> parse(std::string_view text,
                                                       const crypto_suite& crypto) {
  return parser(text, crypto).run();
}

}  // namespace wh::network
