#!/usr/bin/env python3
"""Two members reach each other by name, with WireGuard, through what lies between them.

    pairs_test.py FOLDER-OF-PROGRAMS [TEST...]
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))

from isolation import isolate, need, skip
from lab import Lab
from overlay import Overlay, Programs

PROGRAMS = None


class Pairs(unittest.TestCase):
    def pair(self, lab, net, kind_a=None, kind_b=None, boots=2):
        for i in range(boots):
            net.node(f"boot{i}", lab.host(f"boot{i}"), boot=True)
        def place(name, kind):
            return lab.host(name, behind=lab.nat(f"nat-{name}", kind) if kind else None)
        a = net.member("a.test", place("a", kind_a))
        b = net.member("b.test", place("b", kind_b))
        net.up()
        return a, b

    def check_pair(self, kind_a, kind_b, path, seconds):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            a, b = self.pair(lab, net, kind_a, kind_b)
            took = a.reach("b.test", seconds)
            print(f"{self.id().split('.')[-1]}: first ping after {took:.3f} s", flush=True)
            a.wait_path("b.test", path)
            b.wait_path("a.test", path)
            self.assertTrue(b.ping_once("a.test", 2))
            # A tunnel's own address is no way to reach its host.
            self.assertNotIn("10.0.42.", str(a.status()["local_endpoints"]))

    def test_a_public_pair_is_direct(self):
        self.check_pair(None, None, "direct", 5)

    def test_b_both_behind_port_preserving_masquerade_are_direct(self):
        self.check_pair("restricted", "restricted", "direct", 10)


if __name__ == "__main__":
    isolate()
    need("ping", "conntrack", "wireguard-go")
    if not os.path.exists("/dev/net/tun"):
        skip("no /dev/net/tun on this machine")
    PROGRAMS = Programs(sys.argv.pop(1))
    unittest.main()
