#include "sim/scenario/nat_keys.hpp"

#include "sim/scenario/limits.hpp"

namespace wh::sim {

void nat_fields(field_visitor& v, nat::config& c) {
  constexpr bounds life{0.001, length_max_s};
  v.one_of(
      "mapping", c.mapping,
      {"which remotes share an external endpoint (RFC 4787, 4.1): `\"eim\"` all, `\"adm\"` those "
       "of one address, `\"apdm\"` those of one address and port; `\"none\"` translates nothing"});
  v.one_of(
      "filtering", c.filtering,
      {"whose packets come in to a mapping (RFC 4787, 5): `\"eif\"` anybody's, `\"adf\"` those of "
       "addresses sent to, `\"apdf\"` of addresses and ports; `\"open\"` without any state"});
  v.one_of("ports", c.ports,
           {"how a mapping gets its port: `\"preserve\"` the inside one while it is free, "
            "`\"sequential\"`, `\"random\"`, `\"block\"`, `\"map_e\"`"});
  v.one_of("on_clash", c.on_clash, {"what `\"preserve\"` does when the port is taken"});
  v.one_of("overload", c.overload,
           {"whether two inside endpoints may share a port while their remotes differ"});
  v.one_of("pooling", c.pooling, {"which of several external addresses an inside host uses"});
  v.whole("port_lo", c.port_lo, 1, 65'535, {"lowest external port"});
  v.whole("port_hi", c.port_hi, 1, 65'535, {"highest external port"});
  v.flag("port_classes", c.port_classes,
         {"`\"preserve\"` stays in the class of the inside port, as Linux does"});
  v.integer("delta", c.delta, -1000, 1000, {"step of `\"sequential\"`"});
  v.number("cross_traffic_per_s", c.cross_traffic_per_s, {0, 100'000},
           {"ports a second that other users of a sequential box take"});
  v.whole("block_size", c.block_size, 1, 32'768, {"ports of a block"});
  v.whole("blocks_per_host_max", c.blocks_per_host_max, 1, 4, {"blocks that a host may have"});
  v.whole("psid_offset_bits", c.psid_offset_bits, 1, 15, {"of `\"map_e\"` (RFC 7597, 5.1)"});
  v.whole("psid_bits", c.psid_bits, 1, 15, {"of `\"map_e\"`"});
  v.optional("psid", c.psid, [&](std::uint16_t& n) {
    v.whole("psid", n, 0, 32'767, {"of `\"map_e\"`: which port set", "drawn for each box"});
  });
  v.one_of("hairpin", c.hairpin,
           {"a packet from inside to the box's own address: refused, or turned round with the "
            "sender's inside or outside endpoint as its source"});
  v.one_of(
      "unsolicited", c.unsolicited,
      {"what a packet meets that no mapping wants; `\"accept\"`: the router takes it for itself, "
       "and a later packet to its sender leaves from another port"});
  v.one_of("udp", c.udp, {"what UDP it carries"});
  v.one_of("port_mapping", c.port_mapping, {"how it answers UPnP, NAT-PMP and PCP"});
  v.flag("ttl_decrement", c.ttl_decrement, {"whether it counts as a hop"});
  v.seconds("timeout_new_s", c.timeout_new, life, {"life of a flow while one side has sent"});
  v.seconds("timeout_stream_s", c.timeout_stream, life,
            {"its life once both have and it is older than `stream_after_s`"});
  v.seconds("stream_after_s", c.stream_after, {0, length_max_s}, {"see there"});
  v.seconds("timeout_dns_s", c.timeout_dns, {0, length_max_s},
            {"life of flows to port 53; 0: as the others"});
  v.one_of("refresh", c.refresh, {"which direction prolongs a flow's life (RFC 4787, 4.3)"});
  v.whole("table_max", c.table_max, 0, 100'000'000, {"flows of the box; 0: no limit"});
  v.one_of("on_full", c.on_full, {"what a full table does with a new flow"});
  v.whole("flows_per_host_max", c.flows_per_host_max, 0, 100'000'000,
          {"flows of one inside host; 0: no limit"});
  v.whole("new_flows_per_s", c.new_flows_per_s, 0, 100'000'000, {"0: no limit"});
  v.whole("packets_per_s", c.packets_per_s, 0, 100'000'000, {"0: no limit"});
}

}  // namespace wh::sim
