#include "sim/compare/tell.hpp"
#include "sim/compare/writers.hpp"

namespace wh::sim::compare {
namespace {

/// Names come from files: bytes that are no UTF-8 would make the whole document unreadable.
std::string as_utf8(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned lead = byte(i);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    bool good = length > 0;
    for (std::size_t k = 1; k < length; ++k) good = good && (byte(i + k) & 0xc0) == 0x80;
    // Overlong forms, surrogates, beyond Unicode, and two that XML has no place for.
    const unsigned second = byte(i + 1);
    good = good && !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second > 0x9f) &&
           !(lead == 0xf0 && second < 0x90) && !(lead == 0xf4 && second > 0x8f) &&
           !(lead == 0xef && second == 0xbf && byte(i + 2) >= 0xbe);
    out += good ? text.substr(i, length) : "?";
    i += good ? length : 1;
  }
  return out;
}

/// For text and attributes of XML 1.0, which has no place for most control characters.
std::string escaped(const std::string& raw) {
  std::string out;
  for (const char c : as_utf8(raw)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
  }
  return out;
}

struct suite {
  std::string name;
  std::string cases;
  std::size_t tests = 0, failures = 0, errors = 0;

  enum class fate { passed, failed, error };
  void add(const std::string& test, fate f, const std::string& message, const std::string& more) {
    ++tests;
    cases += "    <testcase classname=\"" + escaped(name) + "\" name=\"" + escaped(test) + "\"";
    if (f == fate::passed) {
      cases +=
          more.empty() ? "/>\n" : "><system-out>" + escaped(more) + "</system-out></testcase>\n";
      return;
    }
    ++(f == fate::failed ? failures : errors);
    const std::string tag = f == fate::failed ? "failure" : "error";
    cases += "><" + tag + " message=\"" + escaped(message) + "\">" + escaped(more) + "</" + tag +
             "></testcase>\n";
  }
};

std::string in_words(const statistic_comparison& c, const scenario_comparison& s) {
  const told t = tell(c, s);
  std::string text = t.verdict + ": " + t.before + " before, " + t.now + " now";
  if (!t.difference.empty()) text += "; difference " + t.difference;
  if (!t.range.empty()) text += " (" + t.range + ")";
  if (!t.p.empty()) text += ", corrected p " + t.p;
  return text;
}

suite suite_of(const scenario_comparison& s) {
  suite x{s.scenario, {}};
  for (const auto& r : s.runs) {
    const std::string name = "run of seed " + std::to_string(r.seed);
    std::string first, all;
    for (const auto& t : tell(r))
      if (t.regression) {
        if (first.empty()) first = t.text;
        all += t.text + "\nreplay: " + t.replay + "\n";
      }
    x.add(name,
          first.empty()            ? suite::fate::passed
          : r.newly_broken.empty() ? suite::fate::error
                                   : suite::fate::failed,
          first, all);
  }
  for (const auto& c : s.statistics) {
    if (!c.same_as.empty()) continue;
    const std::string words = in_words(c, s);
    x.add(tell(c, s).name, c.what == verdict::worse ? suite::fate::failed : suite::fate::passed,
          words, c.what == verdict::worse ? c.now.what.sentence : words);
  }
  return x;
}

}  // namespace

std::string check_to_junit(const check& c) {
  std::string body;
  std::size_t tests = 0, failures = 0, errors = 0;
  for (const auto& s : c.scenarios) {
    const suite x = suite_of(s);
    const auto counts = [](const suite& y) {
      return " tests=\"" + std::to_string(y.tests) + "\" failures=\"" + std::to_string(y.failures) +
             "\" errors=\"" + std::to_string(y.errors) + "\"";
    };
    body += "  <testsuite name=\"" + escaped(x.name) + "\"" + counts(x) + ">\n" + x.cases +
            "  </testsuite>\n";
    tests += x.tests;
    failures += x.failures;
    errors += x.errors;
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wh-sim check\" tests=\"" +
         std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" +
         std::to_string(errors) + "\">\n" + body + "</testsuites>\n";
}

}  // namespace wh::sim::compare
