#include "real/net/frame.hpp"
#include "transport/check.hpp"

/// The first byte chooses the link type, the rest is a captured frame. What is found lies within
/// it, and is no longer than it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wh;
  using namespace wh::real;
  if (size == 0) return 0;
  const auto link = static_cast<link_type>(data[0] % 5);
  const byte_view frame{data + 1, size - 1};
  const auto r = parse_frame(link, frame);
  if (const auto* c = std::get_if<captured>(&r)) {
    WH_CHECK(c->payload.data() >= frame.data());
    WH_CHECK(c->payload.data() + c->payload.size() <= frame.data() + frame.size());
    unsigned sum = 0;
    for (const std::uint8_t b : c->payload) sum += b;
    WH_CHECK(sum <= 255 * c->payload.size());
  } else {
    WH_CHECK(to_string(std::get<refusal>(r)) != nullptr);
  }
  return 0;
}
