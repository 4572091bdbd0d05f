#!/usr/bin/env python3
"""Twenty members behind twenty NATs, each with each, by name.

    mesh_test.py FOLDER-OF-PROGRAMS [TEST...]
"""

import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))

from isolation import isolate_lab
from lab import Lab
from overlay import Overlay, Programs, wait_until

PROGRAMS = None
MEMBERS = 20
RANDOM = 5  # of the NATs take a random port for every flow: no pair with one of those becomes direct


class Mesh(unittest.TestCase):
    def test_j_everybody_reaches_everybody(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            for i in range(3):
                net.node(f"boot{i}", lab.host(f"boot{i}"), boot=True)
            kinds = {}
            for i in range(MEMBERS):
                kind = "fully-random" if i % (MEMBERS // RANDOM) == 0 else "restricted"
                member = net.member(f"m{i}.test", lab.host(f"m{i}", behind=lab.nat(f"n{i}", kind)))
                kinds[member.name] = kind
            began = time.monotonic()
            net.up()
            print(f"all are up after {time.monotonic() - began:.1f} s", flush=True)
            began = time.monotonic()
            # ping goes on until one answer is there.
            pings = [(n, m, subprocess.Popen(["ip", "netns", "exec", n.host.name, "ping", "-n", "-c1", "-i1",
                                              "-w120", m.name], stdout=subprocess.DEVNULL))
                     for n in net.members for m in net.members if n is not m]
            failed = [f"{n.name} to {m.name}" for n, m, ping in pings if ping.wait() != 0]
            self.assertEqual(failed, [])
            print(f"{len(pings)} pings are answered after {time.monotonic() - began:.1f} s", flush=True)

            def wrong():
                return [f"{n.name} to {p['name']}: {p['path']}, {p['reason']}" for n in net.members
                        for p in n.status()["peers"]
                        if p["path"] != ("relayed" if "fully-random" in (kinds[n.name], kinds[p["name"]])
                                         else "direct")]
            try:
                wait_until(lambda: not wrong(), 120, 1)
            except AssertionError:
                self.assertEqual(wrong(), [])
            print(f"every path is of the expected kind after {time.monotonic() - began:.1f} s; a daemon's resident "
                  f"memory: {max(n.resident_kb() for n in net.members)} kB at most", flush=True)


if __name__ == "__main__":
    isolate_lab()
    PROGRAMS = Programs(sys.argv.pop(1))
    unittest.main()
