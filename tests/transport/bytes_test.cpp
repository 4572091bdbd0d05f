#include "transport/bytes.hpp"

#include <catch2/catch.hpp>

#include "transport/rng.hpp"

using namespace wh;

TEST_CASE("integers are stored most significant byte first and read back") {
  std::uint8_t b[8];
  store_be<std::uint64_t>(b, 0x0102030405060708);
  CHECK(to_hex(b) == "0102030405060708");
  CHECK(load_be<std::uint64_t>(b) == 0x0102030405060708);
  CHECK(load_be<std::uint32_t>(b) == 0x01020304);
  store_be<std::uint16_t>(b, 0xfffe);
  CHECK(load_be<std::uint16_t>(b) == 0xfffe);
  store_be<std::uint8_t>(b, 0x7f);
  CHECK(b[0] == 0x7f);
}

TEST_CASE("hexadecimal reads both cases and refuses everything else") {
  CHECK(to_hex(byte_view{}).empty());
  CHECK(from_hex("") == bytes{});
  CHECK(from_hex("00ffAb") == bytes{0, 0xff, 0xab});
  for (const char* wrong : {"0", "0g", "00 ", " 00", "0x00", "00:11"}) {
    CAPTURE(wrong);
    CHECK_FALSE(from_hex(wrong));
  }
  CHECK_FALSE(from_hex(std::string_view{"00\0\0", 4}));
}

TEST_CASE("RFC 4648's base64 examples come out with and without padding") {
  const std::pair<std::string_view, std::string_view> examples[] = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : examples) {
    CAPTURE(plain);
    CHECK(to_base64(view(plain)) == coded);
    const std::string_view unpadded = coded.substr(0, coded.find('='));
    CHECK(to_base64_url(view(plain)) == unpadded);
    const auto v = view(plain);
    CHECK(from_base64(coded) == bytes(v.begin(), v.end()));
    CHECK(from_base64(unpadded) == bytes(v.begin(), v.end()));
  }
}

TEST_CASE("both base64 alphabets are read but not mixed") {
  CHECK(to_base64(bytes{0xfb, 0xff}) == "+/8=");
  CHECK(to_base64_url(bytes{0xfb, 0xff}) == "-_8");
  for (const char* right : {"+/8=", "+/8", "-_8=", "-_8"}) {
    CAPTURE(right);
    CHECK(from_base64(right) == bytes{0xfb, 0xff});
  }
  for (const char* wrong : {"+_8=", "-/8"}) CHECK_FALSE(from_base64(wrong));
}

TEST_CASE("base64 that another text also stands for is refused") {
  // Bits behind the last byte, too much or too little padding, blanks, a lone character.
  for (const char* wrong : {"Zh==", "Zh", "Zm9=", "Zg=", "Zg===", "Zm9v=", "Zm9v====", " Zg==",
                            "Zg==\n", "Z", "=", "====", "Zm 9v", "Zm9v\n"}) {
    CAPTURE(wrong);
    CHECK_FALSE(from_base64(wrong));
  }
  CHECK_FALSE(from_base64(std::string_view{"Zg==\0", 5}));
  CHECK_FALSE(from_base64(std::string_view{"Zg\0\0", 4}));
}

TEST_CASE("any bytes survive both base64 forms and hexadecimal") {
  seeded_rng random{seed{1}.derive("bytes")};
  for (int i = 0; i < 500; ++i) {
    bytes b(random.below(100));
    random.fill(b);
    CHECK(from_base64(to_base64(b)) == b);
    CHECK(from_base64(to_base64_url(b)) == b);
    CHECK(from_hex(to_hex(b)) == b);
  }
}

TEST_CASE("a wiped secret is all zeros") {
  bytes b(33, 0xaa);
  wipe(b);
  CHECK(b == bytes(33, 0));
}

TEST_CASE("a key's short name is the beginning of its URL-safe text") {
  public_key k;
  k.value.fill(0xff);
  CHECK(short_name(k) == "________");
}
