#include "real/names/hosts_text.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "transport/rng.hpp"

using namespace wh;
using namespace wh::real;

namespace {

const std::vector<host_name> two{{"b.test", ip_address::v4(10, 7, 0, 2)},
                                 {"c.test", ip_address::v4(10, 7, 0, 3)}};
const std::string file = "127.0.0.1\tlocalhost\n# mine\n::1 localhost ip6-localhost\n";

std::string trimmed(const std::string& line) {
  return line.substr(0, line.find_last_not_of(" \t\r\n") + 1);
}

/// Lines without the interfaces' own, with their ends.
std::vector<std::string> others(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto stop = std::min(text.find('\n', at), text.size() - 1) + 1;
    std::string line = text.substr(at, stop - at);
    bool ours = false;
    for (const auto* end : {"  # wirehub wg0", "  # wirehub wg1", "  # wirehub wg2"})
      ours = ours || trimmed(line).ends_with(end);
    if (!ours) out.push_back(line);
    at = stop;
  }
  return out;
}

/// Text as files are: lines of all sorts, bytes of all sorts, ends of all sorts.
std::string arbitrary_file(rng& random) {
  static const std::vector<std::string> parts{"127.0.0.1 localhost",
                                              "#",
                                              " ",
                                              "\t",
                                              "\r",
                                              "# wirehub",
                                              "# wirehub wg0 x",
                                              "10.0.0.1 x  # wirehub-ish",
                                              std::string(1, '\0'),
                                              "\xff\xfe",
                                              "# wirehub wg",
                                              "::1 a b c"};
  std::string out;
  for (auto n = random.below(12); n > 0; --n) {
    for (auto m = random.below(4); m > 0; --m) out += parts[random.below(parts.size())];
    if (random.below(8) > 0) out += '\n';
  }
  return out;
}

std::vector<host_name> arbitrary_names(rng& random) {
  std::vector<host_name> out;
  for (auto n = random.below(5); n > 0; --n)
    out.push_back({"h" + std::to_string(random.below(100)) + ".test",
                   ip_address::v4(static_cast<std::uint32_t>(random.next()))});
  return out;
}

}  // namespace

TEST_CASE("names go into lines of their own at the end each with the interface's tag") {
  CHECK(hosts_with(file, "wg0", two) ==
        file + "# written by wh-real: do not edit lines that end like this  # wirehub wg0\n" +
            "10.7.0.2 b.test  # wirehub wg0\n" + "10.7.0.3 c.test  # wirehub wg0\n");
}

TEST_CASE("any hosts file is byte for byte as it was when the names go again") {
  for (std::uint64_t s = 0; s < 20000; ++s) {
    seeded_rng random{seed{s}};
    const std::string before = arbitrary_file(random);
    std::string text = hosts_with(before, "wg0", arbitrary_names(random));
    for (auto n = random.below(3); n > 0; --n)
      text = hosts_with(text, "wg0", arbitrary_names(random));
    INFO("seed " << s);
    REQUIRE(hosts_with(text, "wg0", {}) == before);
  }
}

TEST_CASE("other lines and other interfaces' lines stay as they are whatever is published") {
  for (std::uint64_t s = 0; s < 5000; ++s) {
    seeded_rng random{seed{s}};
    std::string text = arbitrary_file(random);
    if (!text.empty()) text += '\n';  // a missing end of the last line has a test of its own
    const auto before = others(text);
    std::map<std::string, std::vector<host_name>> want;
    for (int i = 0; i < 12; ++i) {
      const std::string interface = "wg" + std::to_string(random.below(3));
      want[interface] = arbitrary_names(random);
      text = hosts_with(text, interface, want[interface]);
    }
    INFO("seed " << s);
    REQUIRE(others(text) == before);
    for (const auto& [interface, names] : want)
      for (const host_name& n : names)
        REQUIRE(text.find(n.address.to_string() + " " + n.name + "  # wirehub " + interface +
                          "\n") != std::string::npos);
    for (const auto& [interface, names] : want) text = hosts_with(text, interface, {});
    std::string joined;
    for (const auto& line : before) joined += line;
    REQUIRE(text == joined);
  }
}

TEST_CASE("publishing again replaces the block where it stands") {
  const std::string once = hosts_with(file, "wg0", two);
  CHECK(hosts_with(once, "wg0", two) == once);
  const std::string more = once + "10.0.0.9 added-later\n";
  const std::string now = hosts_with(more, "wg0", {two[0]});
  CHECK(now.ends_with("10.7.0.2 b.test  # wirehub wg0\n10.0.0.9 added-later\n"));
  CHECK(now.find("c.test") == std::string::npos);
}

TEST_CASE("a torn block is replaced and a line that a person put into it stays") {
  std::string torn = hosts_with(file, "wg0", two);
  torn.insert(torn.find("10.7.0.3"), "192.0.2.1 printer\n");
  torn.erase(torn.find("# written"), torn.find("10.7.0.2") - torn.find("# written"));
  CHECK(hosts_with(torn, "wg0", {}) == file + "192.0.2.1 printer\n");
}

TEST_CASE("lines that an editor gave other ends are still known") {
  std::string text;
  for (const char c : hosts_with(file, "wg0", two)) {
    if (c == '\n') text += " \r";
    text += c;
  }
  CHECK(hosts_with(text, "wg0", {}).find("test") == std::string::npos);
}

TEST_CASE("a name that begins like another interface's is another's") {
  const std::string both = hosts_with(hosts_with(file, "wg1", two), "wg10", two);
  CHECK(hosts_with(both, "wg1", {}) == hosts_with(file, "wg10", two));
  CHECK(hosts_with(both, "g1", {}) == both);
}

TEST_CASE("names are labels of letters and digits and hyphens that no program takes for a number") {
  for (const auto* good : {"a", "b.test", "x-1.y--z.example", "1.b", "0x1.com", "4u"})
    CHECK(valid_host_name(good));
  const std::string label(63, 'a');
  CHECK(valid_host_name(label + "." + label + "." + label + "." + std::string(61, 'a')));
  CHECK_FALSE(valid_host_name(label + "." + label + "." + label + "." + std::string(62, 'a')));
  CHECK_FALSE(valid_host_name(label + "a"));
  for (const auto* bad : {"",
                          ".",
                          "a.",
                          ".a",
                          "a..b",
                          "-a",
                          "a-",
                          "a-.b",
                          "a.-b",
                          "a b",
                          "a\nb",
                          "a#b",
                          "a_b",
                          "\xc3\xa4",
                          "10.0.0.1",
                          "1",
                          "0x7f000001",
                          "a.0x7f",
                          "localhost",
                          "LocalHost",
                          "x.localhost",
                          "localhost.localdomain"})
    CHECK_FALSE(valid_host_name(bad));
  CHECK_FALSE(valid_host_name(std::string_view("a\0b", 3)));
}
