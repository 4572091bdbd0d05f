#!/usr/bin/env python3
"""The laboratory is what it says: each kind of NAT maps and filters as nat_kinds.py has it.

    lab_test.py [DELAY_LINK]
"""

import socket
import sys
import unittest

from isolation import isolate, need
from lab import Lab
import nat_kinds

DELAY_LINK = None
WAIT = 5  # for what must come; the machine may be busy with other tests


def open_socket(node, address="0.0.0.0", port=0):
    with node.inside():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((address, port))
    s.settimeout(WAIT)
    return s


class Probe:
    """Two hosts on the internet with two ports each, as servers of RFC 5780 have them."""

    def __init__(self, lab):
        self.hosts = [lab.host("server1"), lab.host("server2")]
        self.servers = [[open_socket(h, port=p) for p in (3478, 3479)] for h in self.hosts]

    def seen(self, s, host, port):
        """What the server sees as the source of what `s` sends."""
        s.sendto(b"?", (self.hosts[host].address, (3478, 3479)[port]))
        return self.servers[host][port].recvfrom(99)[1]

    def mapping(self, s):
        first, other_port, other_host = self.seen(s, 0, 0), self.seen(s, 0, 1), self.seen(s, 1, 0)
        if first == other_port == other_host:
            return "EIM"
        return "ADM" if first == other_port and other_host == self.seen(s, 1, 1) else "APDM"

    def filtering(self, s):
        """A socket of its own: an unexpected packet may change the mapping."""
        where = self.seen(s, 0, 0)
        # The last one gets in for sure, and what was sent before it was on its way before it.
        for name, (host, port) in {"EIF": (1, 1), "ADF": (0, 1), "APDF": (0, 0)}.items():
            self.servers[host][port].sendto(name.encode(), where)
        got = {s.recv(99).decode()}
        while "APDF" not in got:
            got.add(s.recv(99).decode())
        return min(got, key=["EIF", "ADF", "APDF"].index)


class NatKinds(unittest.TestCase):
    def test_every_kind_maps_and_filters_as_the_table_says(self):
        rows = [line.split() for line in nat_kinds.__doc__.splitlines()]
        table = {r[0]: r[1:4] for r in rows if r and r[0] in nat_kinds.NAMES and len(r) >= 4 and
                 r[1] in ("EIM", "ADM", "APDM")}
        self.assertEqual(set(table) | {"blocked"}, set(nat_kinds.NAMES))
        probe = Probe(self.lab)
        for number, (kind, expected) in enumerate(table.items()):
            with self.subTest(kind):
                nat = self.lab.nat(f"nat{number}", kind)
                host = self.lab.host(f"host{number}", behind=nat)
                a, b = open_socket(host), open_socket(host)
                mapping, filtering = probe.mapping(a), probe.filtering(b)
                kept = probe.seen(a, 0, 0)[1] == a.getsockname()[1]
                self.assertEqual([mapping, filtering, "yes" if kept else "no"], expected)

    def test_a_blocked_host_gets_nothing_out(self):
        probe = Probe(self.lab)
        host = self.lab.host("host", behind=self.lab.nat("nat", "blocked"))
        probe.servers[0][0].settimeout(0.2)
        with self.assertRaises(TimeoutError):
            probe.seen(open_socket(host), 0, 0)

    def test_two_behind_a_hairpin_meet_by_their_external_endpoints(self):
        probe = Probe(self.lab)
        nat = self.lab.nat("nat", "hairpin")
        a = open_socket(self.lab.host("a", behind=nat))
        b = open_socket(self.lab.host("b", behind=nat))
        outside = probe.seen(a, 0, 0), probe.seen(b, 0, 0)
        a.sendto(b"hello", outside[1])
        self.assertEqual(b.recvfrom(99), (b"hello", outside[0]))

    def test_a_nat_that_forgets_gives_the_flow_another_port(self):
        probe = Probe(self.lab)
        nat = self.lab.nat("nat", "fully-random")
        s = open_socket(self.lab.host("host", behind=nat))
        before = probe.seen(s, 0, 0)
        self.assertEqual(probe.seen(s, 0, 0), before)
        nat.forget()
        self.assertNotEqual(probe.seen(s, 0, 0), before)

    def test_a_nat_gets_another_address(self):
        probe = Probe(self.lab)
        nat = self.lab.nat("nat", "restricted")
        s = open_socket(self.lab.host("host", behind=nat))
        before = probe.seen(s, 0, 0)
        nat.readdress()
        after = probe.seen(s, 0, 0)
        self.assertNotEqual(before[0], after[0])
        self.assertEqual(after[0], nat.address)

    def test_a_host_moves_from_behind_a_nat_to_the_internet(self):
        probe = Probe(self.lab)
        nat = self.lab.nat("nat", "restricted")
        host = self.lab.host("host", behind=nat)
        self.assertEqual(probe.seen(open_socket(host), 0, 0)[0], nat.address)
        host.move(self.lab.internet)
        self.assertEqual(probe.seen(open_socket(host), 0, 0)[0], host.address)

    def test_two_nats_in_a_row_translate_twice(self):
        probe = Probe(self.lab)
        carrier = self.lab.nat("carrier", "fully-random")
        home = self.lab.nat("home", "restricted", behind=carrier)
        s = open_socket(self.lab.host("host", behind=home))
        self.assertEqual(probe.seen(s, 0, 0)[0], carrier.address)
        self.assertEqual(probe.mapping(s), "APDM")

    def test_a_link_takes_its_time(self):
        if not DELAY_LINK:
            self.skipTest("no delay_link given")
        a, b = self.lab.host("a", delay_ms=20), self.lab.host("b")
        out = a.run("ping", "-c3", "-i0.2", b.address).stdout
        shortest = float(out.rsplit("=", 1)[1].split("/")[0])
        self.assertGreater(shortest, 39.9)
        self.assertLess(shortest, 60)

    def test_a_hosts_file_belongs_to_one_host(self):
        a, b = self.lab.host("a"), self.lab.host("b")
        with open(a.hosts_file(), "a", encoding="ascii") as f:
            f.write(f"{b.address} b.test\n")
        a.run("ping", "-c1", "b.test")
        self.assertNotEqual(b.run("ping", "-c1", "b.test", check=False).returncode, 0)

    def setUp(self):
        self.lab = Lab(DELAY_LINK)
        self.addCleanup(self.lab.close)


if __name__ == "__main__":
    isolate()
    need("conntrack", "ping")
    if len(sys.argv) > 1:
        DELAY_LINK = sys.argv.pop(1)
    unittest.main()
