#pragma once

#include <array>
#include <type_traits>
#include <utility>

#include "actors/proto/wire/messages.hpp"
#include "transport/rng.hpp"

/// Arbitrary values of everything with a field list: lists of any allowed length, both families,
/// every name of an enumeration, blobs from empty to full.
namespace wh::test {

class arbitrary {
 public:
  explicit arbitrary(rng& random) : random_(random) {}

  template <class T>
  void operator()(const char*, T& v) {
    field(v);
  }

  template <class T>
  void operator()(wire::option, const char*, std::optional<T>& v) {
    field(v);
  }

  template <class T>
  T make() {
    T t;
    field(t);
    return t;
  }

  /// A message of the kind at `index` in the variant.
  wire::message message(std::size_t index) {
    return make_message(index, std::make_index_sequence<std::variant_size_v<wire::message>>{});
  }
  wire::message message() { return message(random_.below(std::variant_size_v<wire::message>)); }

 private:
  template <std::size_t... I>
  wire::message make_message(std::size_t index, std::index_sequence<I...>) {
    wire::message m;
    ((I == index ? void(m = make<std::variant_alternative_t<I, wire::message>>()) : void()), ...);
    return m;
  }
  /// Half the time an end of the range: that is where the mistakes are.
  std::size_t length(std::size_t max) {
    switch (random_.below(4)) {
      case 0:
        return 0;
      case 1:
        return max;
      default:
        return static_cast<std::size_t>(random_.below(max + 1));
    }
  }

  void field(endpoint& e) {
    const auto port = static_cast<std::uint16_t>(random_.next());
    if (random_.chance(0.5)) {
      e = {ip_address::v4(static_cast<std::uint32_t>(random_.next())), port};
    } else {
      fixed_bytes<16> a;
      random_.fill(a);
      a[0] = 0x20;
      e = {ip_address::v6(a), port};
    }
  }
  void field(bytes& b) {
    b.resize(length(wire::relayed_max));
    random_.fill(b);
  }
  template <class T, std::size_t N>
  void field(wire::bounded<T, N>& l) {
    const auto n = length(N);
    for (std::size_t i = 0; i < n; ++i) l.push_back(make<T>());
  }
  template <class T>
  void field(std::optional<T>& o) {
    if (random_.chance(0.5)) o = make<T>();
  }
  template <std::size_t N>
  void field(fixed_bytes<N>& b) {
    random_.fill(b);
  }
  template <class T, class Tag>
  void field(strong<T, Tag>& s) {
    field(s.value);
  }
  template <class T>
  void field(T& v) {
    if constexpr (std::is_enum_v<T>)
      v = static_cast<T>(random_.below(static_cast<std::uint64_t>(T::last) + 1));
    else if constexpr (std::is_integral_v<T>)
      v = static_cast<T>(random_.next());
    else
      T::each_field(v, *this);
  }

  rng& random_;
};

}  // namespace wh::test
