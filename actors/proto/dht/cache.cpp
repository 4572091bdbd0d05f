#include "actors/proto/dht/cache.hpp"

#include <algorithm>

namespace wh::dht {

namespace {
constexpr std::uint8_t version = 1;
}

bytes encode_cache(const std::vector<wire::contact>& contacts) {
  bytes out{version};
  const auto put = [&out](byte_view v) { out.insert(out.end(), v.begin(), v.end()); };
  for (std::size_t i = 0; i < contacts.size() && i < cache_contacts_max; ++i) {
    const wire::contact& c = contacts[i];
    const bool four = c.where.address.is_v4();
    put(view(c.key));
    out.push_back(four ? 4 : 6);
    put(byte_view(c.where.address.raw()).subspan(four ? 12 : 0));
    put(c.where.port_be);
  }
  return out;
}

std::optional<std::vector<wire::contact>> decode_cache(byte_view b) {
  if (b.empty() || b[0] != version) return std::nullopt;
  std::vector<wire::contact> out;
  for (b = b.subspan(1); !b.empty();) {
    if (out.size() == cache_contacts_max || b.size() < 33) return std::nullopt;
    const bool four = b[32] == 4;
    if (!four && b[32] != 6) return std::nullopt;
    const std::size_t address = four ? 4 : 16, size = 33 + address + 2;
    if (b.size() < size) return std::nullopt;
    wire::contact c;
    std::copy_n(b.begin(), 32, c.key.value.begin());
    if (four) {
      c.where.address = ip_address::v4(load_be<std::uint32_t>(b.data() + 33));
    } else {
      fixed_bytes<16> raw;
      std::copy_n(b.begin() + 33, 16, raw.begin());
      c.where.address = ip_address::v6(raw);
      if (c.where.address.is_v4()) return std::nullopt;  // one form for each address
    }
    std::copy_n(b.begin() + 33 + static_cast<std::ptrdiff_t>(address), 2, c.where.port_be.begin());
    out.push_back(c);
    b = b.subspan(size);
  }
  return out;
}

}  // namespace wh::dht
