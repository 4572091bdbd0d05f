#include "actors/proto/punch/reason.hpp"

namespace wh::punch {

std::string_view code(reason r) {
  switch (r) {
    case reason::none:
      return "none";
    case reason::looking_up:
      return "looking_up";
    case reason::udp_blocked:
      return "udp_blocked";
    case reason::no_record:
      return "no_record";
    case reason::contacting:
      return "contacting";
    case reason::peer_silent:
      return "peer_silent";
    case reason::no_relay:
      return "no_relay";
    case reason::opening:
      return "opening";
    case reason::both_mappings_vary:
      return "both_mappings_vary";
    case reason::mapping_varies:
      return "mapping_varies";
    case reason::no_answer:
      return "no_answer";
    case reason::no_hairpin:
      return "no_hairpin";
    case reason::lost:
      return "lost";
  }
  return "none";
}

std::string_view explain(reason r) {
  switch (r) {
    case reason::none:
      return "nothing blocks it";
    case reason::looking_up:
      return "the peer's record is being looked up in the DHT";
    case reason::udp_blocked:
      return "no UDP packet comes back: the network lets none out, or the host is cut off; UDP has "
             "to be let through";
    case reason::no_record:
      return "the DHT holds no record of the peer: it is offline, or cannot reach the DHT";
    case reason::contacting:
      return "the peer's record is known and it is being contacted";
    case reason::peer_silent:
      return "neither the peer's endpoints nor its relays answer for it: it went offline lately";
    case reason::no_relay:
      return "the peer's endpoints do not answer and it has no relay: its network may let no UDP "
             "out";
    case reason::opening:
      return "a direct path is being opened";
    case reason::both_mappings_vary:
      return "both NATs use another port for every destination, so neither side can know where to "
             "send; a port mapping on either NAT, or IPv6, would help";
    case reason::mapping_varies:
      return "one NAT uses another port for every destination and the other lets in only ports it "
             "was sent to; a port mapping on either NAT, or IPv6, would help";
    case reason::no_answer:
      return "both NATs seem to allow a direct path, yet no packet came through; it is tried again";
    case reason::no_hairpin:
      return "both are behind one box, which turns no packets round between them; a network in "
             "which they reach each other inside, or IPv6, would help";
    case reason::lost:
      return "the direct path stopped answering; it is opened again";
  }
  return "";
}

reason why_failed(wire::nat_class mine, wire::nat_class theirs) {
  const auto varies = [](wire::nat_class c) { return c == wire::nat_class::endpoint_dependent; };
  if (mine == wire::nat_class::blocked || theirs == wire::nat_class::blocked)
    return reason::udp_blocked;
  if (mine == wire::nat_class::open || theirs == wire::nat_class::open) return reason::no_answer;
  if (varies(mine) && varies(theirs)) return reason::both_mappings_vary;
  if (varies(mine) || varies(theirs)) return reason::mapping_varies;
  return reason::no_answer;
}

}  // namespace wh::punch
