#include "sim/wireguard/model.hpp"
#include "transport/check.hpp"

/// Two modelled devices that have a session, and a stranger who sends bytes: length 1 | datagram,
/// again and again. Nothing of his comes out of a tunnel, and the session goes on. An odd length
/// takes the last real datagram and changes it by his bytes instead.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wh;
  using namespace wh::sim;
  public_key a, b;
  a.value.fill(1);
  b.value.fill(2);
  const endpoint at_a{ip_address::v4(10, 0, 0, 1), 1}, at_b{ip_address::v4(10, 0, 0, 2), 2};
  wireguard_model alice{a, seed{1}}, bob{b, seed{2}};
  time_point now{1s};
  wireguard::actions to_bob, to_alice;
  bytes last;
  unsigned delivered = 0;
  const auto settle = [&] {
    for (int round = 0; round < 8; ++round) {
      wireguard::actions from_alice = std::move(to_bob), from_bob = std::move(to_alice);
      to_bob.clear(), to_alice.clear();
      for (const auto& x : from_alice)
        if (const auto* t = std::get_if<wireguard::transmit>(&x)) {
          last = t->datagram;
          bob.received(now, at_a, t->datagram, to_alice);
        }
      for (const auto& x : from_bob) {
        if (const auto* t = std::get_if<wireguard::transmit>(&x))
          alice.received(now, at_b, t->datagram, to_bob);
        delivered += std::holds_alternative<wireguard::delivered>(x) ? 1 : 0;
      }
    }
  };
  alice.set_peer(now, {b, {}, at_b, 0s}, to_bob);
  bob.set_peer(now, {a, {}, at_a, 0s}, to_alice);
  alice.payload(now, b, bytes(20, 7), to_bob);
  settle();
  WH_CHECK(delivered == 1);

  for (std::size_t i = 0; i < size;) {
    const std::size_t n = std::min<std::size_t>(data[i], size - i - 1);
    const byte_view told{data + i + 1, n};
    const bool changes = data[i] % 2 == 1;
    i += 1 + n;
    bytes d(told.begin(), told.end());
    if (changes && !last.empty()) {
      d = last;
      for (std::size_t k = 0; k + 1 < told.size(); k += 2) d[told[k] % d.size()] ^= told[k + 1];
    }
    now += 1ms;
    wireguard::actions out;
    bob.received(now, at_b, d, out);
    for (const auto& x : out) WH_CHECK(!std::holds_alternative<wireguard::delivered>(x));
  }
  now += 1s;
  alice.payload(now, b, bytes(20, 7), to_bob);
  settle();
  WH_CHECK(delivered == 2);
  return 0;
}
