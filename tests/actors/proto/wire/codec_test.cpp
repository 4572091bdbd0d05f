#include "actors/proto/wire/codec.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "tests/support/arbitrary.hpp"

using namespace wh;
using namespace wh::wire;

namespace {

constexpr auto kinds = std::variant_size_v<message>;

template <class... Kinds>
constexpr std::size_t later_among(const std::variant<Kinds...>*) {
  return (std::size_t{0} + ... + (Kinds::later ? 1 : 0));
}
/// Kinds that 0.1.0 does not know.
constexpr auto later_kinds = later_among(static_cast<const message*>(nullptr));

bytes encoded(const message& m) {
  bytes b;
  encode(m, b);
  return b;
}

/// Where a message's optional fields begin in its encoding.
std::size_t plain_of(const message& m) {
  return plain_size(m) > 0 ? plain_size(m) : encoded_size(m);
}

/// What 0.1.0 decodes: a message of one of its kinds that ends with its last field.
bool old_release_decodes(byte_view b) {
  const auto m = decode(b);
  return m && plain_size(*m) == b.size() && encoded_size(*m) == b.size();
}

bytes with(bytes b, std::initializer_list<std::uint8_t> more) {
  b.insert(b.end(), more);
  return b;
}

/// Walks a list of fields.
struct ascending {
  int last = 0;
  template <class T>
  void operator()(const char*, const T&) {
    CHECK(last == 0);
  }
  template <class T>
  void operator()(option o, const char*, const T&) {
    CHECK(o.type > last);
    last = o.type;
  }
};

decode_error error_of(const std::string& hex) {
  const auto r = decode(*from_hex(hex));
  REQUIRE_FALSE(r.has_value());
  return r.error();
}

}  // namespace

TEST_CASE("every message decodes to what was encoded") {
  seeded_rng random{seed{1}};
  test::arbitrary any{random};
  for (int i = 0; i < 4000; ++i) {
    const message m = any.message(static_cast<std::size_t>(i) % kinds);
    const bytes b = encoded(m);
    REQUIRE(b.size() == encoded_size(m));
    REQUIRE(b.size() <= encoded_max);
    const auto back = decode(b);
    REQUIRE(back.has_value());
    REQUIRE(*back == m);
  }
}

TEST_CASE("whatever decodes has no other encoding") {
  seeded_rng random{seed{2}};
  test::arbitrary any{random};
  int accepted = 0, skipped = 0;
  for (int i = 0; i < 40000; ++i) {
    bytes b = encoded(any.message());
    for (auto n = random.below(3) + 1; n > 0; --n) {
      switch (random.below(3)) {
        case 0:
          b[random.below(std::min<std::size_t>(b.size(), 64))] =
              static_cast<std::uint8_t>(random.next());
          break;
        case 1:
          b[random.below(b.size())] ^= static_cast<std::uint8_t>(1u << random.below(8));
          break;
        default:
          b.resize(random.below(b.size() + 4) + 1);
          break;
      }
    }
    if (const auto m = decode(b)) {
      ++accepted;
      // Bytes behind the last field may happen to be optional fields, which are skipped.
      const bytes again = encoded(*m);
      if (again.size() < b.size()) ++skipped;
      REQUIRE(again.size() <= b.size());
      REQUIRE(std::equal(again.begin(), again.begin() + static_cast<std::ptrdiff_t>(plain_of(*m)),
                         b.begin()));
      REQUIRE((again == b || again.size() < b.size()));
      REQUIRE(decode(again).value() == *m);
    }
  }
  CHECK(accepted > 1000);
  CHECK(skipped < accepted / 20);
}

TEST_CASE("a message that ends early or goes on is refused") {
  seeded_rng random{seed{3}};
  test::arbitrary any{random};
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    const message m = any.message(kind);
    bytes b = encoded(m);
    b.resize(plain_of(m));
    for (std::size_t n = 0; n < b.size(); ++n) {
      const auto r = decode(byte_view{b}.first(n));
      REQUIRE_FALSE(r.has_value());
      REQUIRE(r.error() == decode_error::truncated);
    }
    b.push_back(0);
    REQUIRE(decode(b).error() == decode_error::trailing);
  }
}

TEST_CASE("each way to be malformed has its name") {
  CHECK(error_of("") == decode_error::truncated);
  CHECK(error_of("00") == decode_error::unknown_kind);
  CHECK(error_of("f0") == decode_error::unknown_kind);
  CHECK(error_of("01000000") == decode_error::truncated);
  CHECK(error_of("0100000000ff") == decode_error::trailing);
  CHECK(error_of("020000000005010203040005") == decode_error::bad_family);
  CHECK(error_of("020000000006"
                 "00000000000000000000ffff01020304"
                 "0005") == decode_error::mapped_v4);
  CHECK(error_of("1500000000"
                 "05") == decode_error::bad_enum);
  CHECK(error_of("1100000000"
                 "04010203040005"
                 "15") == decode_error::over_bound);
  CHECK(error_of("1300000000"
                 "04010203040005"
                 "0000000000000000"
                 "02") == decode_error::bad_flag);
  const std::string key(64, '1');
  CHECK(error_of("22" + key + "05ad") == decode_error::over_bound);
  CHECK(error_of("22" + key + "05ac") == decode_error::truncated);
  std::set<std::string_view> names;
  for (int e = 0; e <= static_cast<int>(decode_error::bad_flag); ++e)
    names.insert(to_string(static_cast<decode_error>(e)));
  CHECK(names.size() == 8);
}

TEST_CASE("the bytes of a message are those of its drawing") {
  public_key key;
  key.value.fill(0xab);
  const endpoint v4{ip_address::v4(1, 2, 3, 4), 0x1234};
  const endpoint v6 = *endpoint::parse("[2001:db8::1]:80");
  CHECK(to_hex(encoded(ping{transaction{7}})) == "0100000007");
  CHECK(to_hex(encoded(pong{transaction{7}, v4})) ==
        "0200000007"
        "04010203041234");
  CHECK(to_hex(encoded(nodes{transaction{7}, v6, {{key, v4}}})) ==
        "1100000007"
        "0620010db8000000000000000000000001"
        "0050"
        "01" +
            to_hex(key.value) + "04010203041234");
  CHECK(to_hex(encoded(relay_to{key, {1, 2}})) == "22" + to_hex(key.value) + "00020102");
  CHECK(to_hex(encoded(bye{})) == "3f");
  CHECK(to_hex(encoded(connect{1, connect_phase::sync, nat_class::blocked, 50'000, {}})) ==
        "30"
        "00000001"
        "02"
        "04"
        "0000c350"
        "00");
}

TEST_CASE("kinds and names are distinct") {
  seeded_rng random{seed{4}};
  test::arbitrary any{random};
  std::set<std::uint8_t> numbers;
  std::set<std::string_view> names;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    const message m = any.message(kind);
    numbers.insert(encoded(m)[0]);
    names.insert(name_of(m));
    CHECK(name_of(encoded(m)[0]) == name_of(m));
    CHECK(encoded(m)[0] < 0xf0);  // 0xf0 and above belong to the session layer
  }
  CHECK(numbers.size() == kinds);
  CHECK(names.size() == kinds);
  CHECK(name_of(std::uint8_t{0}) == "unknown");
}

TEST_CASE("records and contacts stand alone in a cache") {
  seeded_rng random{seed{5}};
  test::arbitrary any{random};
  for (int i = 0; i < 200; ++i) {
    const auto r = any.make<record>();
    bytes b;
    encode(r, b);
    REQUIRE(decode_record(b).value() == r);
    b.push_back(0);
    REQUIRE(decode_record(b).error() == decode_error::trailing);

    const auto c = any.make<contact>(), d = any.make<contact>();
    bytes two;
    encode(c, two);
    REQUIRE(decode_contact(two).value() == c);
    encode(d, two);
    byte_view rest{two};
    REQUIRE(take_contact(rest).value() == c);
    REQUIRE(take_contact(rest).value() == d);
    REQUIRE(rest.empty());
    REQUIRE_FALSE(take_contact(rest).has_value());
  }
}

TEST_CASE("a signature covers every field and the namespace and not itself") {
  seeded_rng random{seed{6}};
  test::arbitrary any{random};
  record r = any.make<record>();
  const bytes base = signed_part(r, "net");
  CHECK(signed_part(r, "ned") != base);
  CHECK(signed_part(r, "netx") != base);
  record s = r;
  s.sign.value[0] ^= 1;
  CHECK(signed_part(s, "net") == base);
  s.sequence ^= 1;
  CHECK(signed_part(s, "net") != base);
  s = r;
  s.endpoints = r.endpoints.empty() ? decltype(r.endpoints){endpoint{}} : decltype(r.endpoints){};
  CHECK(signed_part(s, "net") != base);
}

TEST_CASE("an answer too large loses its farthest contacts") {
  seeded_rng random{seed{7}};
  test::arbitrary any{random};
  for (int i = 0; i < 300; ++i) {
    message m = any.message(static_cast<std::size_t>(i) % kinds);
    const message before = m;
    const auto limit = static_cast<std::size_t>(random.below(1400));
    if (fit(m, limit)) {
      REQUIRE(encoded_size(m) <= limit);
      if (const auto* n = std::get_if<nodes>(&m)) {
        const auto& all = std::get<nodes>(before).contacts;
        for (std::size_t j = 0; j < n->contacts.size(); ++j) REQUIRE(n->contacts[j] == all[j]);
        if (n->contacts.size() < all.size())
          REQUIRE(encoded_size(m) + 32 + 19 > limit);  // no more than needed
      } else if (!std::holds_alternative<records>(m)) {
        REQUIRE(m == before);
      }
    } else {
      REQUIRE(m == before);
    }
  }
}

TEST_CASE("a message prints as one short line") {
  public_key key;
  const endpoint v4{ip_address::v4(1, 2, 3, 4), 5};
  CHECK(to_string(message{ping{transaction{7}}}) == "ping{tx=7}");
  CHECK(to_string(message{bye{}}) == "bye{}");
  CHECK(to_string(message{nodes{transaction{9}, v4, {{key, v4}, {key, v4}}}}) ==
        "nodes{tx=9 observed=1.2.3.4:5 contacts=2}");
  CHECK(to_string(message{stored{transaction{1}, store_result::quota}}) ==
        "stored{tx=1 result=quota}");
  seeded_rng random{seed{8}};
  test::arbitrary any{random};
  for (int i = 0; i < 300; ++i) CHECK(to_string(any.message()).size() < 300);
}

TEST_CASE("optional fields have a type and a length and stand behind the last field") {
  public_key key;
  key.value.fill(0xab);
  const std::string ab = to_hex(key.value);
  relay_attach a{transaction{7}};
  CHECK(to_hex(encoded(a)) == "2000000007");
  a.homes = 1;
  CHECK(to_hex(encoded(a)) ==
        "2000000007"
        "020101");
  a.meets = key;
  CHECK(to_hex(encoded(a)) ==
        "2000000007"
        "0120" +
            ab + "020101");
  CHECK(plain_size(a) == 5);
  nodes n{transaction{7}, {ip_address::v4(1, 2, 3, 4), 5}, {}};
  n.relay_room = 0x0102;
  n.relays = {relay_hint{{key, {ip_address::v4(1, 2, 3, 4), 5}}, 6}};
  CHECK(to_hex(encoded(n)) ==
        "1100000007"
        "04010203040005"
        "00"
        "01020102"
        "022a01" +
            ab +
            "04010203040005"
            "0006");
  CHECK(to_string(message{n}) ==
        "nodes{tx=7 observed=1.2.3.4:5 contacts=0 relay_room=258 relays=1}");
}

TEST_CASE("an optional field that is not known is skipped wherever it stands") {
  const bytes plain = encoded(relay_attach{transaction{7}});
  relay_attach a{transaction{7}};
  CHECK(decode(with(plain, {200, 3, 1, 2, 3})).value() == message{a});
  CHECK(decode(with(plain, {200, 0, 201, 0})).value() == message{a});
  a.homes = 5;
  CHECK(decode(with(plain, {2, 1, 5, 3, 1, 9})).value() == message{a});
  // Of a value that a newer release made longer, what is known is read.
  CHECK(decode(with(plain, {2, 3, 5, 9, 9})).value() == message{a});
  // A message without any of its own may be followed by some all the same.
  CHECK(decode(with(encoded(bye{}), {1, 1, 1})).value() == message{bye{}});
}

TEST_CASE("optional fields out of order or cut short are refused") {
  const bytes plain = encoded(relay_attach{transaction{7}});
  CHECK(decode(with(plain, {2})).error() == decode_error::trailing);
  CHECK(decode(with(plain, {2, 2, 1})).error() == decode_error::trailing);
  CHECK(decode(with(plain, {0, 0})).error() == decode_error::trailing);
  CHECK(decode(with(plain, {2, 1, 5, 2, 1, 5})).error() == decode_error::trailing);
  CHECK(decode(with(plain, {9, 0, 2, 1, 5})).error() == decode_error::trailing);
  CHECK(decode(with(plain, {9, 0, 8, 0})).error() == decode_error::trailing);
  CHECK(decode(with(plain, {2, 0})).error() == decode_error::truncated);
  CHECK(decode(with(plain, {1, 1, 5})).error() == decode_error::truncated);
}

TEST_CASE("what an older release is sent is what it decodes") {
  seeded_rng random{seed{9}};
  test::arbitrary any{random};
  for (int i = 0; i < 4000; ++i) {
    const message m = any.message(static_cast<std::size_t>(i) % kinds);
    const bytes b = encoded(m);
    const std::size_t plain = plain_size(m);
    if (plain == 0) {
      REQUIRE(std::visit([](const auto& x) { return x.later; }, m));
      continue;
    }
    REQUIRE(old_release_decodes(byte_view{b}.first(plain)));
    REQUIRE(old_release_decodes(b) == (plain == b.size()));
  }
}

TEST_CASE("types of optional fields ascend in every list") {
  seeded_rng random{seed{10}};
  test::arbitrary any{random};
  ascending check;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    check.last = 0;
    std::visit([&](const auto& m) { m.each_field(m, check); }, any.message(kind));
  }
}

TEST_CASE("what the first release encoded decodes and is encoded for it to the same bytes") {
  const std::filesystem::path folder = WH_SOURCE_DIR "/tests/vectors/messages-0.1.0";
  std::set<std::size_t> met;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    INFO(file.path());
    std::ifstream in(file.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const bytes b(text.begin(), text.end());
    const auto m = decode(b);
    REQUIRE(m.has_value());
    CHECK(encoded(*m) == b);
    CHECK(plain_size(*m) == b.size());
    CHECK(file.path().filename().string().starts_with(name_of(*m)));
    met.insert(m->index());
  }
  CHECK(met.size() == kinds - later_kinds);
}
