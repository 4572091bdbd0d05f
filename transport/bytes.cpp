#include "transport/bytes.hpp"

#include <sodium.h>

namespace wh {

std::string to_hex(byte_view b) {
  std::string out(b.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), b.data(), b.size());
  out.pop_back();
  return out;
}

std::optional<bytes> from_hex(std::string_view text) {
  bytes out(text.size() / 2);
  // An empty vector has no address that a C function may be given.
  if (text.empty()) return out;
  std::size_t size = 0;
  if (text.size() % 2 != 0 ||
      sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, nullptr) !=
          0 ||
      size != out.size())
    return std::nullopt;
  return out;
}

namespace {

std::string encode64(byte_view b, int variant) {
  std::string out(sodium_base64_encoded_len(b.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), b.data(), b.size(), variant);
  out.pop_back();
  return out;
}

}  // namespace

std::string to_base64(byte_view b) { return encode64(b, sodium_base64_VARIANT_ORIGINAL); }
std::string to_base64_url(byte_view b) {
  return encode64(b, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

std::optional<bytes> from_base64(std::string_view text) {
  for (const int variant :
       {sodium_base64_VARIANT_URLSAFE_NO_PADDING, sodium_base64_VARIANT_ORIGINAL,
        sodium_base64_VARIANT_ORIGINAL_NO_PADDING, sodium_base64_VARIANT_URLSAFE}) {
    bytes out(text.size() / 4 * 3 + 3);
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, &end,
                          variant) == 0 &&
        end == text.data() + text.size()) {
      out.resize(size);
      return out;
    }
  }
  return std::nullopt;
}

std::string short_name(const public_key& k) { return to_base64_url(view(k)).substr(0, 8); }

void wipe(byte_span b) { sodium_memzero(b.data(), b.size()); }

}  // namespace wh
