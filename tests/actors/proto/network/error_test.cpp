#include <catch2/catch.hpp>

#include "actors/proto/keys/keys.hpp"
#include "actors/proto/network/parse.hpp"

using namespace wh;
using network::parse_error;

namespace {

const std::string key_a = "KJ7YGrBeqLLm_JJ1huIS26OnqAVFy57z5UJqjyMagW4";
const std::string key_b = "eIix5ldvqDzOIrG9ViKTe9TSBlF4g9nUwKi20C06hFM";
const std::string key_c = "kKZzuIm11zkBSHL9ETRwEthIBbLTvz840F_k4mhI_Hs";
const std::string subnet = "subnet 10.0.42.0/24\n";

std::vector<parse_error> errors(std::string_view text) {
  auto r = network::parse(text, sodium_crypto());
  if (r) return {};
  return r.error();
}

/// The part of the file that an error underlines; npos-safe.
std::string underlined(const parse_error& e) {
  return e.column - 1 <= e.text.size() ? e.text.substr(e.column - 1, e.length) : "outside";
}

struct expected_error {
  std::string text;
  unsigned line;
  std::string under;
  std::string says;
};

void check_only(const expected_error& x) {
  CAPTURE(x.text, x.says);
  const auto all = errors(x.text);
  REQUIRE(all.size() == 1);
  const auto& e = all[0];
  CAPTURE(e.message, e.hint);
  CHECK(e.line == x.line);
  CHECK(underlined(e) == x.under);
  CHECK((e.message + "; " + e.hint).find(x.says) != std::string::npos);
}

}  // namespace

TEST_CASE("every mistake is told with its line and its place and what to do") {
  const expected_error cases[] = {
      {"trsut a " + key_a, 1, "trsut", "did you mean `trust`?"},
      {"\n\nTRUST a " + key_a, 3, "TRUST", "did you mean `trust`?"},
      {"wrokbit 8", 1, "wrokbit", "did you mean `workbit`?"},
      {"namspace x", 1, "namspace", "did you mean `namespace`?"},
      {"nmae x", 1, "nmae", "did you mean `name`?"},
      {"[Interface]", 1, "[Interface]", "a line begins with name, namespace,"},
      {"secret x", 1, "secret", "unknown word"},

      {"name", 1, "", "write `name NAME`"},
      {"name a b", 1, "b", "one word too many"},
      {"namespace a\nnamespace a", 2, "namespace", "already set in line 1"},
      {"workbit 8\nworkbit 8", 2, "workbit", "already set in line 1"},
      {"workbit x", 1, "x", "not a number from 0 to 256"},
      {"workbit 257", 1, "257", "not a number from 0 to 256"},
      {"workbit -1", 1, "-1", "not a number"},
      {"workbit 8.0", 1, "8.0", "not a number"},
      {"workbit 0x8", 1, "0x8", "not a number"},
      {"workbit 99999999999999999999", 1, "99999999999999999999", "not a number"},

      {"subnet 10.0.42.0", 1, "", "for example 10.0.42.0/24"},
      {"subnet 10.0.42.0/", 1, "/", "for example 10.0.42.0/24"},
      {"subnet fd00::/", 1, "/", "for example fd00::/64"},
      {"subnet 10.0.42.0/33", 1, "33", "1 to 32 bits"},
      {"subnet 10.0.42.0/0", 1, "0", "1 to 32 bits"},
      {"subnet 10.0.42.0/-1", 1, "-1", "1 to 32 bits"},
      {"subnet 10.0.42.0/24x", 1, "24x", "1 to 32 bits"},
      {"subnet fd00::/129", 1, "129", "1 to 128 bits"},
      {"subnet 10.0.42.1/24", 1, "10.0.42.1/24", "did you mean `10.0.42.0/24`?"},
      {"subnet fd00::1/64", 1, "fd00::1/64", "did you mean `fd00::/64`?"},
      {"subnet 10.0.42/24", 1, "10.0.42", "did you mean `10.0.0.42/...`?"},
      {"subnet x/24", 1, "x", "for example"},
      {"subnet /24", 1, "/", "for example"},
      {subnet + "subnet 10.0.43.0/24", 2, "subnet", "already set in line 1"},

      {"trust a " + key_a, 1, "trust", "no subnet set"},
      {"alias a " + key_a + "\n" + subnet, 1, "alias", "put a line like"},
      {subnet + "trust", 2, "", "public key is not set"},
      {subnet + "trust a", 2, "", "public key is not set"},
      {subnet + "trust a " + key_a.substr(1), 2, key_a.substr(1), "has 42 characters"},
      {subnet + "trust a " + key_a + "A", 2, key_a + "A", "has 44 characters"},
      {subnet + "trust a " + key_a.substr(0, 42) + "5", 2, key_a.substr(0, 42) + "5",
       "no 32 bytes are written so"},
      {subnet + "trust " + key_a + " " + key_b, 2, key_b, "public key is already set"},
      {"peer " + key_a + "\npeer " + key_a, 2, key_a, "already has an entry in line 1"},
      {"boot " + key_a + " h\n" + subnet + "trust a " + key_a, 3, key_a, "entry in line 1"},

      {subnet + "trust a b " + key_a, 2, "b", "hostname is already set"},
      {subnet + "trust a " + key_a + "\ntrust a " + key_b, 3, "a",
       "hostname was already set in line 2"},
      {subnet + "trust a " + key_a + "\npeer A " + key_b, 3, "A",
       "hostname was already set in line 2"},
      {subnet + "trust -a " + key_a, 2, "-", "hyphen"},
      {subnet + "trust a- " + key_a, 2, "-", "hyphen"},
      {subnet + "trust a..b " + key_a, 2, ".", "no empty part"},
      {subnet + "trust .a " + key_a, 2, ".", "no empty part"},
      {subnet + "trust a!b " + key_a, 2, "!", "letters, digits, hyphens"},
      {subnet + "trust a/b " + key_a, 2, "/", "letters, digits, hyphens"},
      {subnet + "trust a.42x.1 " + key_a, 2, "1", "not a number"},
      {subnet + "trust " + std::string(64, 'a') + " " + key_a, 2, std::string(64, 'a'),
       "at most 63"},
      {"peer 42 " + key_a, 1, "42", "neither an IP address nor a hostname"},

      {subnet + "trust 10.1 " + key_a, 2, "10.1", "did you mean `10.0.0.1`?"},
      {subnet + "trust 10.0.42.300 " + key_a, 2, "10.0.42.300", "neither an IP address"},
      {subnet + "trust fd00:::1 " + key_a, 2, "fd00:::1", "neither an IP address"},
      {subnet + "trust 10.0.43.1 " + key_a, 2, "10.0.43.1", "not inside the subnet 10.0.42.0/24"},
      {subnet + "trust fd00::1 " + key_a, 2, "fd00::1", "not inside"},
      {subnet + "trust 10.0.42.0 " + key_a, 2, "10.0.42.0", "itself"},
      {subnet + "trust 10.0.42.255 " + key_a, 2, "10.0.42.255", "broadcast"},
      {"subnet fd00::/64\ntrust fd00:: " + key_a, 2, "fd00::", "itself"},
      {subnet + "trust 10.0.42.7 " + key_a + "\ntrust 10.0.42.7 " + key_b, 3, "10.0.42.7",
       "private ip was already set in line 2"},
      {subnet + "trust 10.0.42.7 10.0.42.8 " + key_a, 2, "10.0.42.8", "already set"},
      {subnet + "peer 10.0.42.7 " + key_a, 2, "10.0.42.7", "cannot have a static ip"},
      {"boot 1.2.3.4 " + key_a, 1, "1.2.3.4", "endpoint stands behind the key"},

      {"boot " + key_a, 1, "", "must have an endpoint"},
      {"boot x " + key_a, 1, "", "must have an endpoint"},
      {"boot " + key_a + " h:0", 1, "0", "1 to 65535"},
      {"boot " + key_a + " h:65536", 1, "65536", "1 to 65535"},
      {"boot " + key_a + " h:", 1, ":", "1 to 65535"},
      {"boot " + key_a + " h:x", 1, "x", "1 to 65535"},
      {"boot " + key_a + " :1", 1, ":", "no host before the port"},
      {"boot " + key_a + " 2001:db8::1", 1, "2001:db8::1", "write [2001:db8::1]:62096"},
      {"boot " + key_a + " a:b:1", 1, "a:b:1", "neither HOST:PORT nor"},
      {"boot " + key_a + " [::1", 1, "[", "not closed"},
      {"boot " + key_a + " [::1]x", 1, "x", "nothing or `:PORT`"},
      {"boot " + key_a + " [::1]:", 1, ":", "1 to 65535"},
      {"boot " + key_a + " [1.2.3.4]:5", 1, "1.2.3.4", "IPv6"},
      {"boot " + key_a + " []:5", 1, "]", "IPv6"},
      {"boot " + key_a + " 1.2.3:5", 1, "1.2.3", "did you mean `1.2.0.3`?"},
      {"boot " + key_a + " 1.2.3.4.5:5", 1, "1.2.3.4.5", "not an IPv4 address"},
      {"boot " + key_a + " h_!:5", 1, "!", "letters"},
      {"boot " + key_a + " h h", 1, "h", "one word too many"},
      {subnet + "alias " + key_a + " h", 2, "h", "one word too many"},

      {"peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 1,
       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "low order"},
      {"peer AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 1,
       "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "low order"},
      {"peer __________________________________________8", 1,
       "__________________________________________8", "not canonical"},
  };
  for (const auto& x : cases) check_only(x);
}

TEST_CASE("a subnet too small for its members says how large it must be") {
  check_only({"subnet 10.0.0.0/30\ntrust " + key_a + "\ntrust " + key_b, 3, "trust",
              "a prefix of 29 bits has room for all"});
  check_only({"subnet 10.0.0.0/32\r\n\r\ntrust x " + key_a + "\r\n", 3, "trust",
              "no address left for member 1 of 1; a prefix of 30 bits"});
  check_only({"subnet 10.0.0.0/31\ntrust " + key_a, 2, "trust", "a prefix of 30 bits"});
  check_only({"subnet 10.0.0.0/30\ntrust 10.0.0.2 " + key_a + "\ntrust " + key_b, 3, "trust",
              "no address left"});
  check_only({"subnet fd00::/127\ntrust " + key_a, 2, "trust", "a prefix of 126 bits"});
}

TEST_CASE("binary files and control characters and other encodings are refused with their place") {
  check_only({std::string("name a\nname b\0c", 15), 2, std::string(1, '\0'), "byte 0x00"});
  check_only({"name \x1b[31mred", 1, "\x1b", "byte 0x1b"});
  check_only({"# \x07", 1, "\x07", "byte 0x07"});
  check_only({"name a\rname b", 1, "\r", "byte 0x0d"});
  check_only({"name \x7f", 1, "\x7f", "byte 0x7f"});
  for (const char* wrong : {"\xff", "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
                            "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5", "\xe2\x82", "\xc3"})
    check_only({"name " + std::string(wrong), 1, std::string(wrong).substr(0, 1), "not UTF-8"});
  for (const char* right : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(errors("name " + std::string(right)).empty());
}

TEST_CASE("lines and files and members have bounds and at the bound all is well") {
  const std::string fits = "#" + std::string(network::line_bytes_max - 1, 'x');
  CHECK(errors(fits + "\r\nname a").empty());
  const auto long_line = errors("name a\n" + fits + "x\n");
  REQUIRE(long_line.size() == 1);
  CHECK(long_line[0].line == 2);
  CHECK(long_line[0].message.find("4096") != std::string::npos);
  // One line of a gigantic file without newlines must not be echoed whole.
  CHECK(long_line[0].render("f").size() < 1000);
  CHECK(errors(std::string(100000, 'x')).at(0).render("f").size() < 1000);

  CHECK(errors(std::string(network::file_bytes_max, '\n')).empty());
  const auto large = errors(std::string(network::file_bytes_max + 1, '\n'));
  REQUIRE(large.size() == 1);
  CHECK(large[0].line == 1);
  CHECK(large[0].message.find("4194304") != std::string::npos);

  // 65,537 keys do not fit into 4 MiB with anything shorter than `peer`: 49 bytes a line.
  std::string many;
  public_key k;
  k.value[0] = 9;
  for (std::uint32_t i = 0; i < network::entries_max; ++i) {
    store_be(k.value.data() + 8, i);
    many += "peer " + keys::to_text(k) + "\n";
  }
  CHECK(errors(many).empty());
  store_be(k.value.data() + 8, ~std::uint32_t{0});
  const auto full = errors(many + "peer " + keys::to_text(k) + "\n");
  REQUIRE(full.size() == 1);
  CHECK(full[0].line == network::entries_max + 1);
  CHECK(full[0].message.find("65536") != std::string::npos);
}

TEST_CASE("several mistakes come together in their order but not without end") {
  const auto two = errors("wrong\nname ok\nworkbit x\n");
  REQUIRE(two.size() == 2);
  CHECK(two[0].line == 1);
  CHECK(two[1].line == 3);
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "wrong\n";
  CHECK(errors(text).size() == network::errors_max);
}

TEST_CASE("an error shows the line with the place underlined") {
  CHECK(errors("name a\n  trsut b\n").at(0).render("my.wh") ==
        "my.wh:2:3: error: unknown word; did you mean `trust`?\n"
        "      trsut b\n"
        "      ^~~~~\n");
  CHECK(errors("workbit").at(0).render("f") ==
        "f:1:8: error: `workbit` needs a value; write `workbit N`\n"
        "    workbit\n"
        "           ^\n");
  // The underline counts characters, the column bytes; a tab is shown as one blank.
  CHECK(errors("\tname \xc3\xa9\xc3\xa9 x").at(0).render("f") ==
        "f:1:12: error: one word too many; write `name NAME`\n"
        "     name \xc3\xa9\xc3\xa9 x\n"
        "             ^\n");
}

TEST_CASE("a rendered error gives a terminal no orders") {
  for (const char* hostile : {"name \x1b]0;title\x07", "name a # \xe2\x80\xae back\nx",
                              "# \xc2\x9b"
                              "31m\nx",
                              "\xff\xfe\x1b"}) {
    for (const auto& e : errors(hostile)) {
      const std::string out = e.render("f\x1b[2J\nf");
      for (const char c : out)
        if (c != '\n') CHECK((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
      CHECK(out.find("\xe2\x80\xae") == std::string::npos);
      CHECK(std::count(out.begin(), out.end(), '\n') == 3);
    }
  }
}

TEST_CASE("a long line is shown around the mistake") {
  const auto e = errors("peer " + std::string(200, 'a') + " " + key_a).at(0);
  const std::string out = e.render("f");
  CHECK(out.find("at most 63") != std::string::npos);
  CHECK(out.find('^') != std::string::npos);
  const auto far = errors(std::string(3000, ' ') + "wrong" + std::string(500, ' ') + "x").at(0);
  CHECK(far.render("f").find("wrong") != std::string::npos);
  CHECK(far.render("f").size() < 800);
}

TEST_CASE("whatever the bytes the parser ends with a file or with errors inside it") {
  const std::string base = "name test\nnamespace x\nworkbit 8\nsubnet 10.0.42.0/24\nboot " + key_a +
                           " bootstrap.wirehub.io:1\ntrust a.test " + key_b +
                           " 12.34.56.78\nalias c 10.0.42.254 " + key_c + "\npeer [::1]:5\n";
  seeded_rng random{seed{1}.derive("hostile")};
  for (int i = 0; i < 3000; ++i) {
    std::string text = base;
    for (auto changes = 1 + random.below(8); changes > 0 && !text.empty(); --changes) {
      const auto at = random.below(text.size());
      const auto from = random.below(text.size()), size = random.below(60);
      switch (random.below(5)) {
        case 0:
          text[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          text.erase(at, random.below(20));
          break;
        case 2:
          text.insert(at, 1, " \n\r\t#:[]/.-\0\xff"[random.below(13)]);
          break;
        case 3:
          text.insert(at, text.substr(from, size));
          break;
        default:
          text.resize(at);
          break;
      }
    }
    const auto r = network::parse(text, sodium_crypto());
    if (r) {
      CHECK(network::parse(network::to_text(*r), sodium_crypto()) == *r);
      continue;
    }
    REQUIRE_FALSE(r.error().empty());
    unsigned last = 0;
    for (const auto& e : r.error()) {
      CHECK(e.line >= std::max(last, 1U));
      last = e.line;
      CHECK(e.column >= 1);
      CHECK(e.column <= e.text.size() + 1);
      CHECK(e.length >= 1);
      CHECK_FALSE(e.message.empty());
      CHECK_FALSE(e.render("f").empty());
    }
  }
}
