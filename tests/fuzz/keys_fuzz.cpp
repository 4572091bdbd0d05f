#include "actors/proto/keys/delegate.hpp"
#include "actors/proto/keys/keys.hpp"
#include "transport/check.hpp"

/// What is read as a message of a delegated search or as a key is written the same; the start of a
/// request is a point or is refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wh;
  using namespace wh::keys;
  const std::string_view in{reinterpret_cast<const char*>(data), size};
  if (const auto r = parse_work_request(in)) {
    WH_CHECK(to_text(*r) == in);
    if (start_of(*r)) {
      served_search s(sodium_crypto(), *r, 0, {.half = 8});
      if (s.step(17)) WH_CHECK(s.answer().start == r->start);
    }
  }
  if (const auto a = parse_work_answer(in)) WH_CHECK(to_text(*a) == in && a->steps < steps_max);
  if (const auto k = parse_public_key(in)) WH_CHECK(parse_public_key(to_text(*k)) == k);
  return 0;
}
