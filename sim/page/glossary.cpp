#include "sim/page/glossary.hpp"

namespace wh::sim {

std::string_view explain(nat::nat_class kind) {
  switch (kind) {
    case nat::nat_class::pub:
      return "a public address, nothing in front";
    case nat::nat_class::fws:
      return "a stateful firewall without translation";
    case nat::nat_class::eif:
      return "endpoint-independent mapping and filtering: a full cone";
    case nat::nat_class::adf:
      return "endpoint-independent mapping, filtering by address";
    case nat::nat_class::apdf:
      return "endpoint-independent mapping, filtering by address and port";
    case nat::nat_class::lx:
      return "the same with Linux's reverse clash: a packet that comes too early moves the mapping";
    case nat::nat_class::adm:
      return "another mapping for each remote address";
    case nat::nat_class::seq:
      return "another mapping for each remote endpoint, ports one after the other";
    case nat::nat_class::rnd:
      return "another mapping for each remote endpoint, ports at random";
    case nat::nat_class::blk:
      return "another mapping for each remote endpoint, ports from a block";
    case nat::nat_class::udpb:
      return "no UDP passes";
  }
  return "";
}

std::string_view explain(nat::obstacle why) {
  switch (why) {
    case nat::obstacle::none:
      return "nothing is in the way";
    case nat::obstacle::udp_blocked:
      return "no UDP on one side at least";
    case nat::obstacle::both_ports_vary:
      return "both sides' ports would have to be guessed";
    case nat::obstacle::port_varies:
      return "one side's port would have to be guessed, and the other side's filter asks for it";
    case nat::obstacle::no_hairpin:
      return "both are behind one box, which turns no packets round";
    case nat::obstacle::filter_of_common:
      return "both are behind one box, which turns packets round and then does not let them in";
    case nat::obstacle::no_common_family:
      return "one side has IPv4 alone and the other IPv6 alone";
  }
  return "";
}

}  // namespace wh::sim
