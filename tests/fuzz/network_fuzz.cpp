#include "actors/proto/network/parse.hpp"
#include "transport/check.hpp"

/// Whatever the file, there is a network or there are mistakes, each of which can be shown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wh;
  const std::string_view in{reinterpret_cast<const char*>(data), size};
  const auto n = network::parse(in, sodium_crypto());
  if (!n) {
    WH_CHECK(!n.error().empty() && n.error().size() <= network::errors_max);
    for (const network::parse_error& e : n.error()) {
      const std::string shown = e.render("f");
      WH_CHECK(shown.ends_with('\n'));
      for (const char c : shown) WH_CHECK(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    }
    return 0;
  }
  // The same text is the same network, with or without a final newline, and lines may end as on
  // Windows.
  WH_CHECK(network::parse(std::string(in) + "\n", sodium_crypto()));
  return 0;
}
