#include "actors/proto/keys/keys.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

using namespace wh;

namespace {

const crypto_suite& crypto = sodium_crypto();

struct vector_row {
  std::string secret, public_url, public_std, ns, orchid;
  unsigned workbit;
};

/// What the program of 2019 printed.
std::vector<vector_row> original_keys() {
  std::ifstream in(WH_SOURCE_DIR "/tests/vectors/original_keys.csv");
  std::string line;
  // The file has the line ends of RFC 4180.
  const auto read = [&] {
    if (!std::getline(in, line)) return false;
    if (line.ends_with('\r')) line.pop_back();
    return true;
  };
  REQUIRE(read());
  REQUIRE(line ==
          "kind,private_std_b64,public_wh_b64url,public_wg_std_b64,namespace,workbit,orchid");
  std::vector<vector_row> rows;
  while (read()) {
    std::istringstream cells(line);
    std::string kind, bits;
    vector_row r;
    for (std::string* s : {&kind, &r.secret, &r.public_url, &r.public_std, &r.ns, &bits, &r.orchid})
      std::getline(cells, *s, ',');
    r.workbit = static_cast<unsigned>(std::stoul(bits));
    rows.push_back(r);
  }
  return rows;
}

}  // namespace

TEST_CASE("every key of the original has its public key and workbit and ORCHID here") {
  const auto rows = original_keys();
  REQUIRE(rows.size() == 30);
  for (const auto& r : rows) {
    CAPTURE(r.public_url, r.ns);
    const auto p = keys::parse_public_key(r.public_url);
    REQUIRE(p);
    if (!r.secret.empty()) {
      const auto k = keys::parse_private_key(r.secret);
      REQUIRE(k);
      CHECK(crypto.to_public(*k) == *p);
      CHECK(keys::to_text(*k) == r.secret);
    }
    CHECK(keys::parse_public_key(r.public_std) == p);
    CHECK(keys::to_text(*p) == r.public_url);
    CHECK(keys::workbit(crypto, *p, r.ns) == r.workbit);
    CHECK(keys::orchid(crypto, *p, r.ns).to_string() == r.orchid);
    CHECK(crypto.acceptable(*p));
  }
}

TEST_CASE("keys are read in four forms and printed in one") {
  const std::string url = "4IkUOwMS-XJcd5AEVeC-gdYlq5CWkWfBQhEMnCG4fG0";
  const std::string std = "4IkUOwMS+XJcd5AEVeC+gdYlq5CWkWfBQhEMnCG4fG0";
  for (const auto& text : {url, url + "=", std, std + "="}) {
    CAPTURE(text);
    const auto p = keys::parse_public_key(text);
    REQUIRE(p);
    CHECK(keys::to_text(*p) == url);
    const auto k = keys::parse_private_key(text);
    REQUIRE(k);
    CHECK(keys::to_text(*k) == std + "=");
  }
}

TEST_CASE("what is not exactly 32 bytes of base64 is no key") {
  const std::string good = "4IkUOwMS-XJcd5AEVeC-gdYlq5CWkWfBQhEMnCG4fG0";
  std::vector<std::string> wrong = {"", "A", good.substr(1), good + "A", good + "==", " " + good,
                                    good + "\n", good + std::string(1, '\0'), std::string(44, '='),
                                    std::string(100000, 'A'),
                                    "4IkUOwMS-XJcd5AEVeC+gdYlq5CWkWfBQhEMnCG4fG0",
                                    // The last character has two bits that no byte has room for.
                                    "4IkUOwMS-XJcd5AEVeC-gdYlq5CWkWfBQhEMnCG4fG1"};
  for (const auto& text : wrong) {
    CAPTURE(text);
    CHECK_FALSE(keys::parse_public_key(text));
    CHECK_FALSE(keys::parse_private_key(text));
  }
}

TEST_CASE("leading zero bits are counted to the end - beyond any word") {
  CHECK(keys::leading_zero_bits({}) == 0);
  for (unsigned bit = 0; bit < 256; ++bit) {
    fixed_bytes<32> b{};
    b[bit / 8] = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    CHECK(keys::leading_zero_bits(b) == bit);
    // What stands behind the first one does not matter.
    for (std::size_t i = bit / 8 + 1; i < 32; ++i) b[i] = 0xff;
    b[bit / 8] |= static_cast<std::uint8_t>((0x80U >> (bit % 8)) - 1);
    CHECK(keys::leading_zero_bits(b) == bit);
  }
  CHECK(keys::leading_zero_bits(fixed_bytes<32>{}) == 256);
}

TEST_CASE("a node id depends on key and namespace and is not the hash of the proof of work") {
  seeded_rng random{seed{1}.derive("keys")};
  std::set<node_id> ids;
  for (int i = 0; i < 50; ++i) {
    const auto p = random.make_bytes<public_key>();
    for (const char* ns : {"public", "test", ""}) {
      const auto id = keys::node_id_of(crypto, p, ns);
      CHECK(id == keys::node_id_of(crypto, p, ns));
      ids.insert(id);
      fixed_bytes<32> work;
      crypto.hash(work, {view(p), view(std::string_view{ns})});
      CHECK(id.value != work);
    }
  }
  CHECK(ids.size() == 150);
  // Fixed for ever, computed with Python's hashlib: it decides where records lie.
  CHECK(to_hex(view(keys::node_id_of(crypto, public_key{}, "public"))) ==
        "655cf2407b0d5cff0d4006817acfc7b1507320c08f8961beba1ea0c320098d35");
}

TEST_CASE("an ORCHID lies under 2001:1000::/20") {
  seeded_rng random{seed{2}.derive("keys")};
  const auto prefix = *ip_address::parse("2001:1000::");
  for (int i = 0; i < 100; ++i)
    CHECK(keys::orchid(crypto, random.make_bytes<public_key>(), "x").prefix(20) == prefix);
}
