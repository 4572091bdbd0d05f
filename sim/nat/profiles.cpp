#include "sim/nat/profiles.hpp"

#include <algorithm>
#include <vector>

namespace wh::sim::nat {

namespace {

/// RFC 3489, 5, whose cone words people still use; timers of the commonest device, Linux.
config cone(filtering_kind f) {
  config c;
  c.filtering = f;
  return c;
}

/// Linux masquerade (net/netfilter/nf_nat_core.c): connection tracking keeps a flow for each pair
/// of endpoints, keeps the port while the pair is free and otherwise draws one of the same class;
/// two hosts share a port towards different remotes. 30 s, and 120 s once seen both ways and 2 s
/// old (nf_conntrack_proto_udp.c; the documented nf_conntrack_udp_timeout and _timeout_stream).
config linux_like(unsolicited_kind u) {
  config c;
  c.mapping = mapping_kind::eim;
  c.filtering = filtering_kind::apdf;
  c.port_classes = true;
  c.overload = overloading::per_remote;
  c.unsolicited = u;
  return c;
}

config symmetric_random() {
  config c;
  c.mapping = mapping_kind::apdm;
  c.filtering = filtering_kind::apdf;
  c.ports = port_allocation::random;
  c.overload = overloading::per_remote;
  return c;
}

config linux_fully_random() {
  config c = symmetric_random();
  c.port_classes = true;
  return c;
}

/// Full cone modules for Linux and OpenWrt's FULLCONENAT: one mapping for everyone, UDP only, keep
/// the port or draw one; the kernel's timers.
config fullcone() {
  config c;
  c.filtering = filtering_kind::eif;
  c.hairpin = hairpin_kind::external_source;
  return c;
}

/// OpenBSD and FreeBSD pf: a state for each pair of endpoints, ports 50001 to 65535 at random
/// (sys/net/pfvar.h, PF_NAT_PROXY_PORT_LOW); first 60 s, single 30 s, multiple 60 s
/// (pf.conf(5), udp.first, udp.single, udp.multiple). The one-way life is kept at 60.
config pf() {
  config c = symmetric_random();
  c.port_lo = 50001;
  c.timeout_new = 60s;
  c.timeout_stream = 60s;
  c.stream_after = 0s;
  return c;
}

config pf_static_port() {
  config c = pf();
  c.ports = port_allocation::preserve;
  c.port_lo = 1;
  c.on_clash = clash::drop;
  return c;
}

/// Cisco ASA 9, dynamic PAT that is not extended: "ICE and TURN rely on the PAT binding to be the
/// same for all destinations" (Cisco, ASA Firewall CLI Configuration Guide, NAT); real port kept
/// when free; connection idle timeout 2 min.
config cisco_asa() {
  config c;
  c.port_classes = true;
  c.on_clash = clash::next;
  c.timeout_new = 120s;
  c.timeout_stream = 120s;
  return c;
}

/// A carrier's NAT after RFC 6888: endpoint independent in both (REQ-1, REQ-7), hairpinning, a
/// limit for each subscriber (REQ-4); 15 s and 300 s as Nokia's 7750 SR NAT defaults.
config cgn_eim() {
  config c;
  c.filtering = filtering_kind::eif;
  c.ports = port_allocation::random;
  c.hairpin = hairpin_kind::external_source;
  c.timeout_new = 15s;
  c.timeout_stream = 300s;
  c.flows_per_host_max = 2048;
  c.table_max = 0;
  return c;
}

/// A carrier's NAT that is symmetric inside port blocks: 11 % of fixed carriers are symmetric at
/// best (Richter et al., A Multi-perspective Analysis of Carrier-Grade NAT Deployment, IMC 2016);
/// block sizes after RFC 7422 and Nokia's 7750 SR.
config cgn_symmetric() {
  config c;
  c.mapping = mapping_kind::apdm;
  c.ports = port_allocation::block;
  c.overload = overloading::per_remote;
  c.block_size = 512;
  c.blocks_per_host_max = 4;
  c.timeout_new = 15s;
  c.timeout_stream = 300s;
  c.flows_per_host_max = 2048;
  c.table_max = 0;
  return c;
}

/// MAP-E customer equipment with few ports (Yamaha's port saving mode on v6plus: 240 ports), which
/// has to give one port to many remotes (RFC 7597).
config map_e_port_saving() {
  config c = symmetric_random();
  c.ports = port_allocation::map_e;
  c.psid_offset_bits = 4;
  c.psid_bits = 8;
  return c;
}

/// Mobile carriers: about 40 % of cellular carrier NATs are symmetric (Richter 2016); lifetimes
/// about 65 s there.
config mobile_symmetric() {
  config c = symmetric_random();
  c.timeout_new = 30s;
  c.timeout_stream = 65s;
  c.table_max = 0;
  c.flows_per_host_max = 4096;
  return c;
}

/// A mobile carrier that counts ports up, as one Czech operator did (Klinec and Matyas, Traversing
/// symmetric NAT with predictable port allocation function, SIN 2014); the other subscribers' rate
/// is an assumption.
config mobile_sequential() {
  config c = mobile_symmetric();
  c.ports = port_allocation::sequential;
  c.overload = overloading::none;
  c.cross_traffic_per_s = 5;
  return c;
}

/// AWS NAT gateway: always symmetric, 55,000 flows to one destination, idle timeout 350 s
/// (AWS VPC user guide, NAT gateway basics).
config aws_nat_gw() {
  config c = symmetric_random();
  c.timeout_new = c.timeout_stream = 350s;
  c.table_max = 55000;
  return c;
}

/// Azure NAT gateway: 64,512 ports an address, reused towards other destinations, UDP idle timeout
/// fixed at 4 min (Microsoft Learn, NAT gateway resource).
config azure_nat_gw() {
  config c = symmetric_random();
  c.timeout_new = c.timeout_stream = 240s;
  c.table_max = 64512;
  return c;
}

/// Google Cloud NAT: symmetric by default, at least 64 ports a machine in blocks, UDP idle timeout
/// 30 s (Google Cloud, Cloud NAT ports and addresses; tune timeouts).
config gcp_cloud_nat() {
  config c = symmetric_random();
  c.ports = port_allocation::block;
  c.block_size = 64;
  c.blocks_per_host_max = 1;
  c.timeout_new = c.timeout_stream = 30s;
  return c;
}

/// A cloud's security group or ufw in front of a public address; the IPv6 firewall of a home router
/// (RFC 6092, 3.2.3: at least 2 min).
config stateful_firewall(duration life) {
  config c;
  c.mapping = mapping_kind::none;
  c.timeout_new = std::min<duration>(life, 30s);
  c.timeout_stream = life;
  return c;
}

config router() {
  config c;
  c.mapping = mapping_kind::none;
  c.filtering = filtering_kind::open;
  return c;
}

/// 4.4 % of QUIC's clients had UDP blocked (Langley et al., The QUIC Transport Protocol, SIGCOMM
/// 2017), mostly in companies, which leave name service open.
config udp_blocked(udp_policy p) {
  config c = linux_like(unsolicited_kind::drop);
  c.udp = p;
  return c;
}

config ipv6_firewall() {
  config c = stateful_firewall(120s);
  c.timeout_new = 120s;
  c.filtering = filtering_kind::apdf;
  return c;
}

config old_cone_adf() {
  config c = cone(filtering_kind::adf);
  c.timeout_new = 60s;
  c.timeout_stream = 180s;
  return c;
}

config openwrt() {
  // firewall4's default zones: masquerade on wan, input REJECT.
  return linux_like(unsolicited_kind::reject);
}

config symmetric_sequential() {
  config c = symmetric_random();
  c.ports = port_allocation::sequential;
  c.overload = overloading::none;
  return c;
}

const std::vector<named_profile>& all() {
  static const std::vector<named_profile> list = {
      {"open", "no NAT and no firewall: a plain router", "by definition", router()},
      {"cone_full", "EIM, EIF, ports preserved", "RFC 3489, 5 (full cone); Linux's timers",
       cone(filtering_kind::eif)},
      {"cone_restricted", "EIM, ADF, ports preserved",
       "RFC 3489, 5 (restricted cone); Linux's timers", cone(filtering_kind::adf)},
      {"cone_port_restricted", "EIM, APDF, ports preserved",
       "RFC 3489, 5 (port restricted cone); Linux's timers", cone(filtering_kind::apdf)},
      {"symmetric", "APDM, APDF, random ports", "RFC 3489, 5 (symmetric); Linux's timers",
       symmetric_random()},
      {"symmetric_sequential", "APDM, APDF, ports counted up",
       "RFC 3489, 5, with sequential ports as RFC 5780, 4.3 looks for", symmetric_sequential()},
      {"cone_restricted_old", "EIM, ADF, 60/180 s: older home routers",
       "Hatonen et al., An Experimental Study of Home Gateway Characteristics, IMC 2010: lifetimes "
       "of 34 home routers, medians 90 to 180 s",
       old_cone_adf()},
      {"linux_masquerade", "Linux masquerade, INPUT drop",
       "net/netfilter/nf_nat_core.c, nf_conntrack_proto_udp.c; nf_conntrack_udp_timeout and "
       "_timeout_stream",
       linux_like(unsolicited_kind::drop)},
      {"linux_input_accept", "Linux masquerade, INPUT accept: reverse clash",
       "as linux_masquerade; that the router accepts for itself was reproduced with nftables in "
       "namespaces",
       linux_like(unsolicited_kind::accept)},
      {"linux_fully_random", "Linux masquerade fully-random: symmetric",
       "nft(8), NAT statements: fully-random", linux_fully_random()},
      {"openwrt", "OpenWrt firewall4 default: Linux, INPUT reject",
       "OpenWrt firewall4, /etc/config/firewall: zone wan, input REJECT, masq 1", openwrt()},
      {"fullcone", "Linux or OpenWrt with a full cone module",
       "Chion82/netfilter-full-cone-nat, README; hairpinning as there", fullcone()},
      {"pf_default", "OpenBSD, FreeBSD, pfSense nat: symmetric, 50001-65535",
       "sys/net/pfvar.h, PF_NAT_PROXY_PORT_LOW; pf.conf(5), udp.first, udp.single, udp.multiple",
       pf()},
      {"pf_static_port", "pf with static-port: symmetric, port always kept",
       "pf.conf(5), static-port", pf_static_port()},
      {"cisco_asa", "Cisco ASA dynamic PAT",
       "Cisco, ASA Firewall CLI Configuration Guide 9, NAT; connection idle timeout 2 min",
       cisco_asa()},
      {"cgn_eim", "carrier NAT after RFC 6888: EIM, EIF, hairpin",
       "RFC 6888, REQ-1, REQ-4, REQ-7; timers of Nokia's 7750 SR", cgn_eim()},
      {"cgn_symmetric", "carrier NAT, symmetric inside blocks of 512 ports",
       "Richter et al., Multi-perspective Analysis of Carrier-Grade NAT Deployment, IMC 2016; "
       "blocks of RFC 7422 and Nokia's 7750 SR",
       cgn_symmetric()},
      {"map_e_port_saving", "MAP-E router, symmetric on 240 ports",
       "RFC 7597; Yamaha's port saving mode on v6plus", map_e_port_saving()},
      {"mobile_symmetric", "mobile carrier, symmetric, random ports",
       "Richter et al., IMC 2016: 40 % of cellular carriers' NATs are symmetric, lifetimes about "
       "65 s",
       mobile_symmetric()},
      {"mobile_sequential", "mobile carrier, symmetric, ports counted up",
       "Klinec and Matyas, Traversing symmetric NAT with predictable port allocation function, SIN "
       "2014; the other subscribers' rate is assumed",
       mobile_sequential()},
      {"aws_nat_gw", "AWS NAT gateway: symmetric, 350 s", "AWS VPC user guide, NAT gateway basics",
       aws_nat_gw()},
      {"azure_nat_gw", "Azure NAT gateway: symmetric, 240 s",
       "Microsoft Learn, NAT gateway resource", azure_nat_gw()},
      {"gcp_cloud_nat", "Google Cloud NAT: symmetric on 64 ports, 30 s",
       "Google Cloud, Cloud NAT: ports and addresses; tune timeouts", gcp_cloud_nat()},
      {"stateful_firewall", "public address behind a stateful firewall",
       "a cloud's security group, or ufw: Linux's connection tracking", stateful_firewall(120s)},
      {"ipv6_firewall", "IPv6 stateful firewall of a home router, 120 s",
       "RFC 6092, 3.2.3: at least 2 min", ipv6_firewall()},
      {"udp_blocked", "no UDP at all",
       "Langley et al., The QUIC Transport Protocol, SIGCOMM 2017: 4.4 % of clients",
       udp_blocked(udp_policy::blocked)},
      {"udp_blocked_except_dns", "UDP to ports 53 and 443 only",
       "the same, mostly in companies, which leave name service open",
       udp_blocked(udp_policy::only_53_443)},
  };
  return list;
}

}  // namespace

std::span<const named_profile> profiles() { return all(); }

const named_profile* find_profile(std::string_view name) {
  for (const auto& p : all())
    if (p.name == name) return &p;
  return nullptr;
}

const config* profile(std::string_view name) {
  const named_profile* p = find_profile(name);
  return p ? &p->behaviour : nullptr;
}

}  // namespace wh::sim::nat
