#include <catch2/catch.hpp>

#include "sim/wireguard/model.hpp"
#include "tests/contract/wireguard_device.hpp"

using namespace wh;

namespace {

/// Two modelled devices. A tunnel takes no time, a step of time is 1 ms.
class modelled_pair final : public test::device_pair {
 public:
  modelled_pair() : ends_{{*this, 0}, {*this, 1}} {}
  wireguard_device& device(std::size_t i) override { return ends_[i]; }
  public_key key(std::size_t i) const override { return ends_[i].model.key(); }
  void send(std::size_t from, byte_view payload) override {
    ends_[from].model.payload(now_, key(1 - from), bytes(payload.begin(), payload.end()),
                              ends_[from].out);
    act();
  }
  bool until(const std::function<bool()>& holds, duration limit) override {
    for (const time_point end = now_ + limit; now_ < end; now_ += 1ms) {
      for (end_of& e : ends_)
        if (const auto t = e.model.next_timeout(); t && *t <= now_) e.model.alarm(now_, e.out);
      act();
      if (holds()) return true;
    }
    return holds();
  }

 private:
  struct end_of final : wireguard_device {
    end_of(modelled_pair& p, std::size_t i) : pair(p), number(i), model(key_of(i), seed{i}) {}
    static public_key key_of(std::size_t i) {
      public_key k;
      k.value.fill(static_cast<std::uint8_t>(i + 1));
      return k;
    }
    void set_peer(const wireguard_peer& p) override {
      model.set_peer(pair.now_, p, out);
      pair.act();
    }
    void remove_peer(const public_key& k) override { model.remove_peer(k); }
    std::vector<wireguard_peer_status> status() const override { return model.status(); }
    endpoint open_tunnel(const public_key& k) override { return model.open_tunnel(k); }
    void close_tunnel(const public_key& k) override { model.close_tunnel(k); }
    void inject(const public_key& k, bytes datagram) override {
      model.inject(pair.now_, k, datagram, out);
      pair.act();
    }
    modelled_pair& pair;
    std::size_t number;
    sim::wireguard_model model;
    sim::wireguard::actions out;
  };

  void act() {
    if (acting_) return;
    acting_ = true;
    for (bool more = true; more;) {
      more = false;
      for (end_of& e : ends_) {
        const auto todo = std::exchange(e.out, {});
        for (const auto& a : todo) {
          more = true;
          if (const auto* d = std::get_if<sim::wireguard::delivered>(&a))
            got[e.number].push_back(d->payload);
          const auto* t = std::get_if<sim::wireguard::transmit>(&a);
          if (t == nullptr) continue;
          if (const auto peer = e.model.is_tunnel(t->to)) tunnelled(e.number, *peer, t->datagram);
        }
      }
    }
    acting_ = false;
  }

  time_point now_{1000s};
  bool acting_ = false;
  end_of ends_[2];
};

}  // namespace

TEST_CASE("the modelled device keeps the contract of wireguard_device") {
  test::wireguard_device_contract([] { return std::make_unique<modelled_pair>(); });
}
