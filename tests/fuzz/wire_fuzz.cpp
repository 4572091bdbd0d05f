#include "actors/proto/wire/codec.hpp"

/// Whatever decodes encodes to the same bytes, less optional fields that are not known, prints, and
/// fits or stays as it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wh;
  const byte_view in{data, size};
  const auto same = [in](const bytes& b) {
    return std::equal(b.begin(), b.end(), in.begin(), in.end());
  };
  if (auto m = wire::decode(in)) {
    bytes b;
    wire::encode(*m, b);
    WH_CHECK(same(b) || b.size() < size);
    WH_CHECK(wire::decode(b).value() == *m);
    const std::size_t plain = wire::plain_size(*m);
    WH_CHECK(plain <= b.size() && std::equal(b.begin(), b.begin() + std::ptrdiff_t(plain), data));
    WH_CHECK(wire::encoded_size(*m) == b.size());
    WH_CHECK(!wire::to_string(*m).empty());
    if (wire::fit(*m, size / 2)) WH_CHECK(wire::encoded_size(*m) <= size / 2);
  } else {
    WH_CHECK(!wire::to_string(m.error()).empty());
  }
  if (const auto r = wire::decode_record(in)) {
    bytes b;
    wire::encode(*r, b);
    WH_CHECK(same(b));
    WH_CHECK(wire::signed_part(*r, "n").size() == 16 + size - 64 + 1);
  }
  if (const auto c = wire::decode_contact(in)) {
    bytes b;
    wire::encode(*c, b);
    WH_CHECK(same(b));
  }
  byte_view rest = in;
  while (wire::take_contact(rest)) WH_CHECK(rest.size() < size);
  return 0;
}
