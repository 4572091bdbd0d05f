#!/usr/bin/env python3
"""What happens to two members, on this machine and simulated: the kind of path is the same.

    cases_test.py FOLDER-OF-PROGRAMS DELAY_LINK FOLDER-OF-SCENARIOS [Cases.TEST...]

Each case is a scenario of wh-sim too. At the end a table shows both side by side.
"""

import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))

from isolation import isolate_lab
from lab import Lab
from overlay import Overlay, Programs, wait_until

PROGRAMS = DELAY_LINK = SCENARIOS = None
TABLE = []

# A path's death is noticed within 1.9 s of payload: five questions of 100 ms to 1 s without an answer
# (actors/proto/punch). Where another way is warm, payload is on it then.
NOTICED = 1.9
# What a machine that is busy with other tests may add, to a process that has to run now.
BUSY = 1.0


class Cases(unittest.TestCase):
    def pair(self, lab, net, kind_a=None, kind_b=None, boots=3, delay_ms=0):
        """Two members behind NATs of these kinds (None: none), up, and told that they want each other."""
        for i in range(boots):
            net.node(f"boot{i}", lab.host(f"boot{i}", delay_ms=delay_ms), boot=True)
        self.nats = []

        def place(name, kind):
            if kind:
                self.nats.append(lab.nat(f"nat-{name}", kind))
            return lab.host(name, behind=self.nats[-1] if kind else None, delay_ms=delay_ms)
        a = net.member("a.test", place("a", kind_a))
        b = net.member("b.test", place("b", kind_b))
        net.up()
        took = a.reach("b.test")
        self.say(f"first ping by name after {took:.3f} s")
        return a, b

    def say(self, what):
        print(f"{self._testMethodName}: {what}", flush=True)

    def settle(self, a, b, path, reason=None):
        """Both tell of this kind of path, and payload goes both ways."""
        a.wait_path("b.test", path, 40)
        b.wait_path("a.test", path, 40)
        self.assertTrue(a.ping_once("b.test", 5))
        self.assertTrue(b.ping_once("a.test", 5))
        if reason:
            wait_until(lambda: a.peer("b.test")["reason"] == reason, 40, 0.2, reason)

    def outage(self, a, name, what, bound):
        lost = a.outage(name, what)
        self.say(f"{lost:.2f} s without an answer (bound {bound:.1f})")
        self.assertLess(lost, bound)
        return lost

    def check_beside(self, scenario, a, b, outage=None):
        """The path that wh show tells of is the one that every seed of the scenario ends with."""
        real = {a.path("b.test"), b.path("a.test")}
        self.assertEqual(len(real), 1, real)
        file = f"{SCENARIOS}/{scenario}.toml"
        done = subprocess.run([PROGRAMS.sim, "run", file, "--json", "--jobs", "1", "--out",
                               f"/run/{scenario}"], capture_output=True, text=True, timeout=100)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        reports = json.loads(done.stdout)
        simulated = set()
        for report in reports if isinstance(reports, list) else [reports]:
            for e in report["expectations"]:
                self.assertTrue(e["held"], f"{scenario} seed {report['seed']}: {e['message']}")
                if "pair" in e:
                    simulated.add(e["path"])
        self.assertEqual(real, simulated)
        TABLE.append((scenario, real.pop(), simulated.pop(),
                      "-" if outage is None else f"{outage:.2f} s"))

    # --- nothing happens

    def check_quiet(self, kind_a, kind_b, path, scenario, reason=None, delay_ms=0, iperf=False):
        with Lab(DELAY_LINK) as lab, Overlay(PROGRAMS) as net:
            a, b = self.pair(lab, net, kind_a, kind_b, delay_ms=delay_ms)
            self.settle(a, b, path, reason)
            # A tunnel's own address is no way to reach its host.
            self.assertNotIn("10.0.42.", str(a.status()["local_endpoints"]))
            if delay_ms:
                # Both links are on the way, there and back; a relay's twice more.
                least = 4 * delay_ms * (2 if path == "relayed" else 1)
                self.assertGreaterEqual(a.peer("b.test")["rtt_ms"], least)
            if iperf:
                self.say(f"iperf3: {a.iperf3('b.test'):.0f} Mbit/s {path}")
            self.check_beside(scenario, a, b)

    def test_a_public_pair_is_direct(self):
        self.check_quiet(None, None, "direct", "real_a_public", iperf=True)

    def test_b_both_behind_port_preserving_masquerade_are_direct(self):
        self.check_quiet("restricted", "restricted", "direct", "real_b_masquerade", iperf=True)

    def test_b_with_latency(self):
        self.check_quiet("restricted", "restricted", "direct", "real_b_masquerade", delay_ms=20)

    def test_c_one_behind_masquerade_one_behind_fully_random_are_relayed(self):
        self.check_quiet("restricted", "fully-random", "relayed", "real_c_one_random")

    def test_d_both_behind_fully_random_are_relayed(self):
        self.check_quiet("fully-random", "fully-random", "relayed", "real_d_both_random",
                         "both_mappings_vary", iperf=True)

    def test_d_with_latency(self):
        self.check_quiet("fully-random", "fully-random", "relayed", "real_d_both_random",
                         "both_mappings_vary", delay_ms=20)

    # --- something happens while payload flows

    def check_relay_killed(self, delay_ms):
        with Lab(DELAY_LINK) as lab, Overlay(PROGRAMS) as net:
            a, b = self.pair(lab, net, "fully-random", "fully-random", delay_ms=delay_ms)
            self.settle(a, b, "relayed", "both_mappings_vary")
            # Each has a second relay by now, and the paths over it are known.
            for n in (a, b):
                wait_until(lambda: sum(r["attached"] for r in n.status()["relays"]) >= 2, 40, 0.2,
                           f"{n.name}'s second relay")
            killed = []

            def kill():
                used = a.peer("b.test")["relay"]["key"]
                killed.append(next(n for n in net.boots if n.key == used))
                killed[0].kill()
            with a.iperf3_in_background("b.test", 8, "2M") as flow:
                lost = self.outage(a, "b.test", kill, NOTICED + BUSY)
            self.assertGreater(flow.received_after(6), 0, "the flow did not go on")
            self.settle(a, b, "relayed")
            self.assertNotEqual(a.peer("b.test")["relay"]["key"], killed[0].key)
            self.check_beside("real_e_relay_killed", a, b, lost)

    def test_e_the_relay_is_killed_and_another_takes_over(self):
        self.check_relay_killed(0)

    def test_e_with_latency(self):
        self.check_relay_killed(20)

    def check_nat_forgets(self, kind, path, scenario=None):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            a, b = self.pair(lab, net, kind, kind)
            self.settle(a, b, path)
            # From b, whose packets a's NAT refuses until a has sent one.
            lost = self.outage(b, "a.test", self.nats[0].forget, NOTICED + BUSY)
            self.settle(a, b, path)
            if scenario:
                self.check_beside(scenario, a, b, lost)

    def test_f_a_nat_forgets_its_table(self):
        self.check_nat_forgets("restricted", "direct", "real_f_nat_forgets")

    def test_f_a_nat_forgets_the_way_to_the_relay(self):
        self.check_nat_forgets("fully-random", "relayed")

    def test_g_a_host_moves_to_another_address(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            a, b = self.pair(lab, net, None, "restricted")
            self.settle(a, b, "direct")
            # b's NAT lets nothing in from the new address: one of its relays is on the way until they
            # have met anew, and a has to be known there again first.
            lost = self.outage(a, "b.test", a.host.move, 2 * NOTICED + BUSY)
            self.settle(a, b, "direct")
            self.check_beside("real_g_moved", a, b, lost)

    def test_g_a_host_moves_behind_another_nat(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            a, b = self.pair(lab, net, "restricted", "restricted")
            self.settle(a, b, "direct")
            elsewhere = lab.nat("elsewhere", "restricted")
            self.outage(a, "b.test", lambda: a.host.move(elsewhere), 2 * NOTICED + BUSY)
            self.settle(a, b, "direct")
            self.assertIn(elsewhere.address, b.peer("a.test")["endpoint"])

    def test_h_a_daemon_is_killed_and_started_again(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            a, b = self.pair(lab, net, "restricted", "restricted")
            self.settle(a, b, "direct")
            a.wait_settled("b.test")
            b.wait_settled("a.test")

            def again():
                a.kill()
                a.up()
            # The device goes on alone, with b's endpoint and its session; what is to be waited for is
            # at most the new daemon's start, which may give the endpoint away, and a way found anew.
            lost = self.outage(a, "b.test", again, NOTICED + BUSY)
            self.settle(a, b, "direct")
            self.check_beside("real_h_daemon_killed", a, b, lost)

    def test_i_all_boot_nodes_are_dead(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            # Another one, that the file does not name: it says itself that it can be reached.
            net.node("node", lab.host("node"), "mode", "direct")
            a, b = self.pair(lab, net, "restricted", "restricted", boots=1)
            self.settle(a, b, "direct")
            # A life long enough to hear of it.
            for n in (a, b):
                wait_until(lambda: n.status()["dht"]["contacts"] > len(net.boots), 60, 0.2,
                           f"{n.name}'s other contact")
            a.stop()
            b.stop()
            for boot in net.boots:
                boot.kill()
            # The NATs know nobody either.
            for nat in self.nats:
                nat.forget()
            a.start()
            b.up()
            a.wait_up()
            # The dead one is not waited for after 0.2 s, the record follows after 0.05 s, and the next
            # lookup is no later than 0.1 s.
            took = a.reach("b.test", 60)
            self.say(f"first ping from saved endpoints after {took:.3f} s")
            self.assertLess(took, 0.35 + BUSY)
            self.settle(a, b, "direct")
            self.check_beside("real_i_boot_nodes_dead", a, b)


def show_table():
    if not TABLE:
        return
    rows = [("case", "real", "simulated", "outage"), *TABLE]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        print("  ".join(word.ljust(width) for word, width in zip(row, widths)).rstrip())
    sys.stdout.flush()


if __name__ == "__main__":
    isolate_lab("iperf3")
    PROGRAMS = Programs(sys.argv.pop(1))
    DELAY_LINK, SCENARIOS = os.path.abspath(sys.argv.pop(1)), sys.argv.pop(1)
    result = unittest.main(exit=False).result
    show_table()
    sys.exit(not result.wasSuccessful())
