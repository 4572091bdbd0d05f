#include "actors/proto/session/packet_kind.hpp"

namespace wh::session {

namespace {

std::string with_rider(const std::string& name, std::uint8_t message) {
  return message == 0 ? name : name + "_" + std::string(wire::name_of(message));
}

}  // namespace

std::string to_string(packet_kind k) {
  switch (k.type) {
    case packet::type::initiation:
      return with_rider("initiation", k.message);
    case packet::type::response:
      return with_rider("response", k.message);
    case packet::type::cookie_reply:
      return "cookie_reply";
    case packet::type::reach:
      return "reach";
    case packet::type::transport:
      break;
  }
  if (k.message == 0) return "confirmation";
  if (k.message == packet::path_challenge) return "path_challenge";
  if (k.message == packet::path_echo) return "path_echo";
  return std::string(wire::name_of(k.message));
}

}  // namespace wh::session
