#include "actors/proto/keys/search.hpp"

#include "actors/proto/keys/keys.hpp"
#include "transport/check.hpp"

namespace wh::keys {

search::search(const crypto_suite& crypto, rng& random, unsigned workbit, std::string_view ns)
    : crypto_(crypto), random_(random), workbit_(workbit), ns_(ns) {
  WH_CHECK(workbit <= workbit_max);
}

std::optional<private_key> search::step(std::uint64_t n) {
  for (; n > 0; --n) {
    ++tries_;
    private_key k = crypto_.make_private_key(random_);
    if (workbit(crypto_, crypto_.to_public(k), ns_) >= workbit_) return k;
    wipe(k.value);
  }
  return std::nullopt;
}

std::optional<private_key> genkey(const crypto_suite& crypto, rng& random, unsigned workbit,
                                  std::string_view ns,
                                  const std::function<bool(std::uint64_t)>& go_on) {
  // 10 ms or so of real scalar multiplications.
  constexpr std::uint64_t portion = 256;
  search s(crypto, random, workbit, ns);
  for (;;) {
    if (auto k = s.step(portion)) return k;
    if (go_on && !go_on(s.tries())) return std::nullopt;
  }
}

}  // namespace wh::keys
