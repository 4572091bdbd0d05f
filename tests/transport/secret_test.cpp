#include "transport/secret.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "transport/bytes.hpp"

using namespace wh;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool locks = false;  // the sanitizer makes mlock do nothing
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool locks = false;
#else
constexpr bool locks = true;
#endif
#else
constexpr bool locks = true;
#endif

/// What the kernel says of the memory an address lies in, in kilobytes; -1 when it does not say.
long of_mapping(const void* address, const std::string& what) {
  std::ifstream in("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool here = false;
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    if (words >> std::hex >> begin >> dash >> end && dash == '-') {
      here = wanted >= begin && wanted < end;
    } else if (here && line.starts_with(what + ":")) {
      return std::stol(line.substr(what.size() + 1));
    }
  }
  return -1;
}

}  // namespace

TEST_CASE("a secret begins as zeros and lies in locked memory") {
  locked<private_key> k;
  CHECK(*k == private_key{});
  k->value.fill(7);
  if (locks) CHECK(of_mapping(&*k, "Locked") > 0);
  const int somewhere = 0;
  CHECK(of_mapping(&somewhere, "Locked") == 0);
}

TEST_CASE("a secret is handed on without leaving a copy") {
  locked<private_key> a;
  a->value.fill(7);
  const private_key* const where = &*a;
  locked<private_key> b(std::move(a));
  CHECK(&*b == where);
  locked<private_key> c;
  c = std::move(b);
  CHECK(&*c == where);
  CHECK(c->value[31] == 7);
}
