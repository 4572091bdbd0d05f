"""Kinds of NAT, as rules of nftables. The words are RFC 4787's and RFC 5780's:

    kind            mapping   filtering  port kept
    plain           EIM       APDF       yes        masquerade, and nothing else
    restricted      EIM       APDF       yes        the same with a firewall: what home routers do
    fully-random    APDM      APDF       no         every flow another port, by chance
    sequential      APDM      APDF       no         every flow the next port, from 40000 on
    symmetric       APDM      APDF       no         every flow another port, always the same one
    address         ADM       APDF       no         every remote address another port
    fullcone        EIM       EIF        yes
    restcone        EIM       ADF        yes
    hairpin         EIM       EIF        yes        fullcone that turns packets round to its own inside
    blocked         no UDP gets out

EIM, ADM, APDM: endpoint-independent, address-dependent, address-and-port-dependent mapping; EIF, ADF
and APDF the same for filtering. `plain` differs from `restricted` in what an unexpected packet leaves
behind: without a firewall the router takes it for its own and remembers the flow, which then occupies
the port that the host behind would get, so that its mapping changes.
"""

# A hash as a port comes out of nft with its bytes swapped: any port but 0, spread evenly enough. For
# ports that are to be known in advance a map is needed.
_BASE = """
add table ip nat
flush table ip nat
delete table ip nat
add table ip nat
add chain ip nat out { type nat hook postrouting priority srcnat; }
add chain ip nat back { type nat hook prerouting priority dstnat; }
add chain ip nat self { type filter hook input priority filter; }
add chain ip nat through { type filter hook forward priority filter; }
"""

_MASQUERADE = "add rule ip nat out oifname wan masquerade\n"

# Learns at the end of the way out who has which external port.
_LEARN = """
add map ip nat inside { type inet_service : ipv4_addr . inet_service; flags dynamic,timeout; timeout 120s; size 65535; }
add chain ip nat learn { type filter hook postrouting priority 300; }
add rule ip nat learn oifname wan meta l4proto udp ct direction original update @inside { ct reply proto-dst : ct original ip saddr . ct original proto-src }
add rule ip nat self iifname wan meta l4proto udp drop
"""


def _hashed(what):
    return ("add rule ip nat out oifname wan meta l4proto udp snat to "
            f"{{wan}}:jhash {what} mod 20000 offset 30000\n" + _MASQUERADE)


_KINDS = {
    "plain": _MASQUERADE,
    "restricted": _MASQUERADE + "add rule ip nat self iifname wan ct state new drop\n"
                                "add rule ip nat through iifname wan ct state new drop\n",
    "fully-random": "add rule ip nat out oifname wan masquerade fully-random\n",
    "sequential": "add rule ip nat out oifname wan meta l4proto udp snat to {wan}:numgen inc mod 500 map "
                  "{{ " + ", ".join(f"{i} : {40000 + i}" for i in range(500)) + " }}\n" +
                  _MASQUERADE,
    "symmetric": _hashed("ip saddr . udp sport . ip daddr . udp dport"),
    "address": _hashed("ip saddr . udp sport . ip daddr"),
    "fullcone": _LEARN + _MASQUERADE +
                "add rule ip nat back iifname wan meta l4proto udp dnat ip addr . port to "
                "udp dport map @inside\n",
    "restcone": _LEARN + _MASQUERADE + """
add set ip nat allowed {{ type inet_service . ipv4_addr; flags dynamic,timeout; timeout 120s; size 65535; }}
add rule ip nat learn oifname wan meta l4proto udp ct direction original update @allowed {{ ct reply proto-dst . ip daddr }}
add rule ip nat back iifname wan udp dport . ip saddr @allowed dnat ip addr . port to udp dport map @inside
""",
    "hairpin": _LEARN + _MASQUERADE + """
add rule ip nat out iifname lan oifname lan ct status dnat snat to {wan}
add rule ip nat back ip daddr {wan} meta l4proto udp dnat ip addr . port to udp dport map @inside
""",
    "blocked": _MASQUERADE + "add rule ip nat through meta l4proto udp drop\n",
}
NAMES = tuple(_KINDS)


def rules(kind, wan):
    """nft's input that makes a router with the interfaces `wan` and `lan` a NAT of this kind, whatever
    it was before. `wan` is its outer address."""
    if kind not in _KINDS:
        raise ValueError(f"no NAT kind {kind!r}; there are {', '.join(NAMES)}")
    text = _KINDS[kind].replace(_LEARN, "@LEARN@").format(wan=wan).replace("@LEARN@", _LEARN)
    return _BASE + text
