#include <cstring>
#include <memory>

#include "real/wireguard/genl_messages.hpp"
#include "real/wireguard/links.hpp"
#include "real/wireguard/uapi_text.hpp"
#include "tests/real/wireguard/fake_wire.hpp"
#include "transport/check.hpp"

namespace {

using namespace wh;
using namespace wh::real;

void holds(const device_state& s, std::size_t size) {
  // Nothing comes from nothing: a peer is 64 digits or 32 bytes.
  WH_CHECK(s.peers.size() <= size / 32);
  for (const peer_state& p : s.peers) {
    WH_CHECK(p.handshake_ns >= 0);
    for (const allowed_ip& a : p.allowed) WH_CHECK(a.prefix_bits <= (a.address.is_v4() ? 32 : 128));
  }
}

void as_text(byte_view in) {
  const std::string_view text{reinterpret_cast<const char*>(in.data()), in.size()};
  const auto verdict = uapi::parse_verdict(text);
  if (verdict) WH_CHECK(*verdict >= 0 && uapi::whole(text));
  if (const auto s = uapi::parse_get(text)) {
    WH_CHECK(uapi::whole(text));
    holds(*s, in.size());
  }
}

/// The bytes as what the kernel says: first one attribute list, then a dump in two datagrams.
void as_messages(byte_view in) {
  device_state s;
  (void)genl::parse_get(in, s);
  holds(s, in.size());
  (void)genl::parse_family(in);
  for (const bool dump : {false, true}) {
    test::fake_wire::script script;
    const auto half = in.first(in.size() / 2), rest = in.subspan(in.size() / 2);
    script.answers.emplace_back(bytes(in.begin(), in.end()));
    script.answers.emplace_back(bytes(half.begin(), half.end()));
    script.answers.emplace_back(bytes(rest.begin(), rest.end()));
    netlink n{std::make_unique<test::fake_wire>(script)};
    auto m = genl::get_request(1, "wg0");
    const auto answers = dump ? n.dump(m) : n.ask(m);
    if (!answers) {
      WH_CHECK(answers.error().code > 0 && !answers.error().text().empty());
      continue;
    }
    device_state t;
    for (const bytes& body : *answers) (void)genl::parse_get(body, t);
    holds(t, 2 * in.size());
  }
}

/// The bytes as what the kernel says of an interface, and as a list of addresses with its end.
void as_links(byte_view in) {
  const bytes all(in.begin(), in.end());
  test::fake_wire::script one, list;
  one.answers.emplace_back(all);
  list.answers.emplace_back(all);
  const auto found = links{std::make_unique<test::fake_wire>(one)}.find("wg0");
  if (found && *found)
    WH_CHECK((*found)->kind.size() <= in.size() && (*found)->alias.size() <= in.size());
  const auto addresses = links{std::make_unique<test::fake_wire>(list)}.addresses(1);
  if (addresses) WH_CHECK(addresses->size() <= in.size() / 16);  // a header each, at least
}

}  // namespace

/// What a device says, by its socket or by netlink, is read or refused, and nothing else happens.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  as_text({data, size});
  as_messages({data, size});
  as_links({data, size});
  return 0;
}
