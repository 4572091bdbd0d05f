#include "actors/proto/record/extras.hpp"

#include <algorithm>

#include "transport/check.hpp"

namespace wh::record {

namespace {

// ff00::/8 is multicast (RFC 4291, 2.7): no release sends there because a record says so.
constexpr std::uint8_t extra_mark = 0xff;

}  // namespace

bool is_extra(const endpoint& e) { return e.address.raw()[0] == extra_mark; }

std::vector<endpoint> endpoints_of(const wire::record& r) {
  std::vector<endpoint> v;
  std::copy_if(r.endpoints.begin(), r.endpoints.end(), std::back_inserter(v),
               [](const endpoint& e) { return !is_extra(e); });
  return v;
}

std::vector<extra> extras_of(const wire::record& r) {
  bytes all;
  for (const endpoint& e : r.endpoints) {
    if (!is_extra(e)) continue;
    all.insert(all.end(), e.address.raw().begin() + 1, e.address.raw().end());
    all.insert(all.end(), e.port_be.begin(), e.port_be.end());
  }
  std::vector<extra> found;
  byte_view rest{all};
  // A type 0 is the filling of the last piece.
  while (rest.size() >= 2 && rest[0] != 0 && rest.size() - 2 >= rest[1]) {
    const byte_view value = rest.subspan(2, rest[1]);
    found.push_back({rest[0], {value.begin(), value.end()}});
    rest = rest.subspan(2 + value.size());
  }
  return found;
}

bool add_extras(wire::record& r, const std::vector<extra>& all) {
  bytes b;
  std::uint8_t last = 0;
  for (const extra& e : all) {
    WH_CHECK(e.type > last && e.value.size() <= 255);
    last = e.type;
    b.push_back(e.type);
    b.push_back(static_cast<std::uint8_t>(e.value.size()));
    b.insert(b.end(), e.value.begin(), e.value.end());
  }
  b.resize((b.size() + extra_size - 1) / extra_size * extra_size);
  if (r.endpoints.size() + b.size() / extra_size > decltype(r.endpoints)::max) return false;
  for (std::size_t at = 0; at < b.size(); at += extra_size) {
    fixed_bytes<16> address;
    address[0] = extra_mark;
    std::copy_n(b.begin() + static_cast<std::ptrdiff_t>(at), 15, address.begin() + 1);
    r.endpoints.push_back({ip_address::v6(address), load_be<std::uint16_t>(b.data() + at + 15)});
  }
  return true;
}

}  // namespace wh::record
