#include <algorithm>

#include "actors/proto/dht/cache.hpp"
#include "transport/check.hpp"

/// An endpoint cache that is read is written the same, byte for byte, and within its bound.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wh;
  const byte_view in{data, size};
  const auto contacts = dht::decode_cache(in);
  if (!contacts) return 0;
  WH_CHECK(contacts->size() <= dht::cache_contacts_max);
  const bytes b = dht::encode_cache(*contacts);
  WH_CHECK(std::equal(b.begin(), b.end(), in.begin(), in.end()));
  return 0;
}
