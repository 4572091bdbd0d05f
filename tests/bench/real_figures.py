#!/usr/bin/env python3
"""Figures of the real host: daemons, wireguard-go and NATs in network namespaces, without latency.

    real_figures.py FOLDER-OF-PROGRAMS UDP_FORWARDER [--runs N] [--only PART,PART] [--json FILE]
                    [--quick]

Prints a table in Markdown. `--quick` shows that every figure comes out, and says nothing of its value.

    start       `wh up` on both hosts, at once and for the first time, to the first ping answered by
                name; what they meet is up already
    outage      the relay in use is killed with -9 while pings flow: the longest time without an answer
    throughput  iperf3 direct and relayed, beside wireguard-go alone and beside a relay that has
                nothing to decide (udp_forwarder); all ways take turns within a round
    idle        memory and processor of daemons that carry nothing
"""

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../real/lab"), os.path.join(HERE, "../real/e2e")]

from isolation import isolate_lab
from lab import Lab
from overlay import Overlay, Programs, wait_until

# Datagrams a second that iperf3 sends, one after the other; the best of what arrives counts, and the
# best of what a relay passes on. The first is more than a bare forwarder can pass on here. For what
# arrives that is no measure where all hosts share the processors: what is lost at the end was paid for on
# the way.
OFFERED = (200000, 120000, 80000, 50000)

PARTS = ("start", "outage", "throughput", "idle")


def cpu_seconds(pid):
    """All threads' time on a processor."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def sent_packets(node):
    """What left a host by its one interface."""
    with node.inside(), open("/proc/net/dev", encoding="ascii") as f:
        line = next(x for x in f if x.strip().startswith("eth0:"))
    return int(line.split(":")[1].split()[9])


class Figures:
    def __init__(self):
        self.values = {}  # name -> (samples, unit, aim)

    def add(self, name, value, unit, aim=None):
        if not math.isfinite(value) or value < 0:
            raise AssertionError(f"{name}: {value}")
        self.values.setdefault(name, ([], unit, aim))[0].append(value)

    def rows(self):
        for name, (samples, unit, aim) in self.values.items():
            yield {"name": name, "unit": unit, "aim": aim, "n": len(samples),
                   "median": statistics.median(samples), "min": min(samples), "max": max(samples)}

    def table(self):
        def number(x):
            return f"{x:.0f}" if x >= 1000 else f"{x:.3g}"
        lines = ["| figure | median | lowest to highest | n | aim |", "|---|---|---|---|---|"]
        for r in self.rows():
            lines.append(f"| {r['name']} | {number(r['median'])} {r['unit']} | {number(r['min'])} to "
                         f"{number(r['max'])} | {r['n']} | {r['aim'] or ''} |")
        return "\n".join(lines)


class Bench:
    def __init__(self, programs, forwarder, runs, quick):
        self.programs, self.forwarder, self.runs, self.quick = programs, forwarder, runs, quick
        self.figures = Figures()

    # --- members that come and go in a network that stays

    def place(self, lab, name, kind):
        return lab.host(name, behind=lab.nat(f"nat-{name}", kind) if kind else None)

    def boots(self, lab, net, count, *words):
        for i in range(count):
            name = f"boot{i}"
            host = lab.nodes.get(name) or lab.host(name)
            net.node(name, host, *words, boot=True).environment["LOG"] = "1"
        net.write()
        for b in net.boots:
            b.up()

    def fresh_pair(self, net, a, b, number):
        """New keys, new state; the NATs know nothing either."""
        for gone in net.members:
            net.nodes.remove(gone)
        net.members = []
        for host in (a, b):
            if host.where is not host.lab.internet:
                host.where.forget()
        pair = [net.member(f"a{number}.test", a), net.member(f"b{number}.test", b)]
        for m in pair:
            m.environment["LOG"] = "1"
            m.interface = f"m{number}{m.name[0]}"
        net.write()
        return pair

    def stop(self, *members):
        for m in members:
            m.process.terminate()
        for m in members:
            m.process.wait(20)

    # --- the parts

    def start(self):
        for case, kind, aim, relays in (
                ("public pair", None, 0.15, 2),
                ("both behind a port-preserving NAT", "restricted", 0.4, 2),
                ("both behind a fully-random NAT", "fully-random", 0.3, 2),
                ("both behind a fully-random NAT, one relay only", "fully-random", 0.3, 1)):
            with Lab() as lab:
                a, b = self.place(lab, "a", kind), self.place(lab, "b", kind)
                for i in range(self.runs):
                    # With boot nodes that have not met the members of earlier runs: those had these
                    # addresses too, and have not said that they go.
                    with Overlay(self.programs) as net:
                        self.boots(lab, net, relays)
                        self.one_start(net, a, b, i, case, aim, direct=kind != "fully-random")

    def one_start(self, net, host_a, host_b, number, case, aim, direct):
        a, b = self.fresh_pair(net, host_a, host_b, number)
        hosts = host_a.hosts_file()
        begin = time.monotonic()
        a.start()
        b.start()

        def named():
            with open(hosts, encoding="ascii") as f:
                return b.name in f.read()
        wait_until(named, every=0.002, about="b's name")
        name_there = time.monotonic() - begin
        ping = a.host.run("ping", "-n", "-i0.02", "-c1", "-w20", b.name)
        took = time.monotonic() - begin
        assert "bytes from" in ping.stdout, ping.stdout
        self.figures.add(f"start to first ping, {case}", took, "s", f"{aim} s")
        self.figures.add(f"start to the name in the hosts file, {case}", name_there, "s")
        if direct:
            def is_direct():
                with open(a.log, encoding="utf-8", errors="replace") as f:
                    return f"{b.name}: direct" in f.read()
            wait_until(is_direct, every=0.01, about="a direct path")
            self.figures.add(f"start to direct path, {case}", time.monotonic() - begin, "s")
        self.stop(a, b)

    def outage(self):
        with Lab() as lab, Overlay(self.programs) as net:
            self.boots(lab, net, 2)
            a, b = (self.place(lab, n, "fully-random") for n in "ab")
            for i in range(self.runs):
                self.one_outage(net, a, b, i)

    def one_outage(self, net, host_a, host_b, number):
        a, b = self.fresh_pair(net, host_a, host_b, number)
        a.start()
        b.start().wait_up()
        a.wait_up().reach(b.name)
        a.wait_path(b.name, "relayed")
        # As it is a moment after the start, and ever after: both have found both relays, and know how
        # long the one in use takes.
        for x, y in ((a, b), (b, a)):
            wait_until(lambda: self.has_two_ways(x, y.name), 40, 0.2, "an answer over both relays")
        time.sleep(random.uniform(1, 2))  # anywhere between two of their questions
        key = a.peer(b.name)["relay"]["key"]
        relay = next(n for n in net.boots if n.key == key)
        self.figures.add("outage when the relay dies", a.outage(b.name, relay.kill), "s", "2 s")
        self.stop(a, b)
        relay.up()

    def has_two_ways(self, node, name):
        all = json.loads(node.wh("why", name, "--json").stdout)["why"]["relays"]
        return len([r for r in all if r["answered"]]) == 2 and node.peer(name)["rtt_ms"] is not None

    def throughput(self):
        rounds = 1 if self.quick else max(3, self.runs // 4)
        with Lab() as lab, Overlay(self.programs) as net:
            # What it may carry is not to be what is measured.
            self.boots(lab, net, 1, "relay-rate", 10000)
            relay = net.boots[0]
            hosts = {n: self.place(lab, n, kind) for n, kind in
                     (("pa", None), ("pb", None), ("ra", "fully-random"), ("rb", "fully-random"))}
            members = {n: net.member(f"{n}.test", h) for n, h in hosts.items()}
            for m in members.values():
                m.environment["LOG"] = "1"
            net.write()
            for m in members.values():
                m.start()
            for m in members.values():
                m.wait_up()
            for n, kind in (("p", "direct"), ("r", "relayed")):
                a, b = members[n + "a"], members[n + "b"]
                a.reach(b.name)
                a.wait_path(b.name, kind)
                b.wait_path(a.name, kind)
            forwarder = relay.host.spawn(self.forwarder, 7000)
            self.wireguard_alone(hosts["pa"], hosts["pb"], "alone-p")
            self.wireguard_alone(hosts["ra"], hosts["rb"], "alone-r", f"{relay.host.address}:7000")
            for n in ("pb", "rb"):
                hosts[n].spawn("iperf3", "-s")
            ways = (("direct, wireguard-go alone", hosts["pa"], "10.9.0.2", None, None),
                    ("direct, WireHub", hosts["pa"], "pb.test", None, 0),
                    ("relayed, bare forwarder", hosts["ra"], "10.9.0.2", forwarder.pid, None),
                    ("relayed, WireHub", hosts["ra"], "rb.test", relay.process.pid, 2))
            for _ in range(rounds):
                got = []
                for way in ways:
                    got.append(self.one_way(relay.host, *way[:4]))
                for mine, (name, _, _, _, beside) in zip(got, ways):
                    for what, value in mine.items():
                        self.figures.add(f"{what}, {name}", value, what.unit)
                        if beside is not None:
                            self.figures.add(
                                f"ratio to {ways[beside][0].split(', ')[1]}: {what}, {name}",
                                value / got[beside][what], "",
                                "0.5" if "the relay itself" in what else None)

    def one_way(self, relay, _name, host, target, relay_pid):
        seconds = 1 if self.quick else 2
        got = {Metric("TCP", "Mbit/s"): self.iperf(host, target, seconds)["end"]["sum_received"][
            "bits_per_second"] / 1e6}
        for size in (200, 1280):
            cpu, packets = (cpu_seconds(relay_pid), sent_packets(relay)) if relay_pid else (0, 0)
            arrived, passed = [], []
            for offered in OFFERED[::3] if self.quick else OFFERED:
                before = sent_packets(relay)
                end = self.iperf(host, target, 1, "-u", f"-b{8 * size * offered}",
                                 f"-l{size}")["end"]["sum"]
                arrived.append((end["packets"] - end["lost_packets"]) / end["seconds"])
                passed.append((sent_packets(relay) - before) / end["seconds"])
            got[Metric(f"UDP {size} bytes", "datagrams/s")] = max(arrived)
            if relay_pid:
                cpu, packets = cpu_seconds(relay_pid) - cpu, sent_packets(relay) - packets
                got[Metric(f"UDP {size} bytes, the relay itself", "datagrams/s")] = max(passed)
                got[Metric(f"relay's CPU a datagram of {size} bytes", "us")] = 1e6 * cpu / packets
        return got

    def iperf(self, host, target, seconds, *words):
        for last in (False, False, True):
            done = host.run("iperf3", "-J", "-c", target, "-t", seconds, "--connect-timeout", 5000,
                            *words, check=False, timeout=60)
            try:
                said = json.loads(done.stdout)
            except json.JSONDecodeError:
                said = {"error": f"exit {done.returncode}: {done.stdout[:2000]}"}
            if "error" not in said:
                return said
            # The end of a flood may get lost with the flood; the server is back after a while.
            if last:
                raise AssertionError(f"iperf3 {target} {words}: {said['error']}")
            time.sleep(1)

    def wireguard_alone(self, a, b, name, by=None):
        """A tunnel between the hosts that nobody manages: 10.9.0.1 and 10.9.0.2."""
        keys = []
        for _ in (a, b):
            secret = subprocess.run(["wg", "genkey"], capture_output=True, text=True, check=True).stdout
            keys.append((secret, subprocess.run(["wg", "pubkey"], input=secret, capture_output=True,
                                                text=True, check=True).stdout.strip()))
        for i, (me, other) in enumerate(((a, b), (b, a))):
            interface = f"{name}{i}"
            path = f"/run/{interface}.key"
            with open(path, "w", encoding="ascii") as f:
                f.write(keys[i][0])
            me.spawn("wireguard-go", "-f", interface)
            wait_until(lambda: os.path.exists(f"/run/wireguard/{interface}.sock"), about=interface)
            me.run("wg", "set", interface, "listen-port", 5001, "private-key", path, "peer",
                   keys[1 - i][1], "allowed-ips", f"10.9.0.{2 - i}/32", "endpoint",
                   by or f"{other.address}:5001", "persistent-keepalive", 25)
            me.run("ip", "addr", "add", f"10.9.0.{i + 1}/24", "dev", interface)
            # As WireHub's: the same bytes in the same number of packets.
            me.run("ip", "link", "set", interface, "mtu", 1344, "up")
        a.run("ping", "-n", "-i0.2", "-c1", "-w20", "10.9.0.2")

    def idle(self):
        seconds = 2 if self.quick else 60
        with Lab() as lab, Overlay(self.programs) as net:
            self.boots(lab, net, 2)
            a, b = self.fresh_pair(net, *(self.place(lab, n, "restricted") for n in "ab"), 0)
            a.start()
            b.start().wait_up()
            a.wait_up().reach(b.name)
            a.wait_settled(b.name)
            time.sleep(0 if self.quick else 20)  # payload's pace of asking the path is over
            watched = {"a member behind a NAT": a, "a boot and relay node": net.boots[0]}
            before = {n: cpu_seconds(x.process.pid) for n, x in watched.items()}
            begin = time.monotonic()
            time.sleep(seconds)
            for n, x in watched.items():
                share = (cpu_seconds(x.process.pid) - before[n]) / (time.monotonic() - begin)
                self.figures.add(f"idle, {n}: resident memory", x.resident_kb() / 1024, "MiB")
                self.figures.add(f"idle, {n}: a core's time", 100 * share, "%")


class Metric(str):
    def __new__(cls, text, unit):
        self = super().__new__(cls, text)
        self.unit = unit
        return self


# What each part has to give: a name that is missing fails the run.
EXPECTED = {
    "start": [f"start to first ping, {c}" for c in (
        "public pair", "both behind a port-preserving NAT", "both behind a fully-random NAT")] +
             ["start to direct path, both behind a port-preserving NAT"],
    "outage": ["outage when the relay dies"],
    "throughput": [f"{what}, {way}" for what in ("TCP", "UDP 200 bytes", "UDP 1280 bytes") for way in (
        "direct, wireguard-go alone", "direct, WireHub", "relayed, bare forwarder",
        "relayed, WireHub")],
    "idle": [f"idle, {n}: {what}" for n in ("a member behind a NAT", "a boot and relay node")
             for what in ("resident memory", "a core's time")],
}


def main():
    words = argparse.ArgumentParser()
    words.add_argument("folder")
    words.add_argument("forwarder")
    words.add_argument("--runs", type=int, default=20)
    words.add_argument("--only", default=",".join(PARTS))
    words.add_argument("--json")
    words.add_argument("--quick", action="store_true")
    given = words.parse_args()
    parts = given.only.split(",")
    if not set(parts) <= set(PARTS) or given.runs < 1:
        words.error(f"the parts are {', '.join(PARTS)}; a run is one at least")
    isolate_lab("wg", "iperf3")
    bench = Bench(Programs(given.folder), os.path.abspath(given.forwarder),
                  1 if given.quick else given.runs, given.quick)
    for part in parts:
        begin = time.monotonic()
        getattr(bench, part)()
        print(f"{part}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    print(bench.figures.table(), flush=True)
    if given.json:
        with open(given.json, "w", encoding="utf-8") as f:
            json.dump(list(bench.figures.rows()), f, indent=1)
    missing = [n for p in parts for n in EXPECTED[p] if n not in bench.figures.values]
    if missing:
        sys.exit("missing: " + ", ".join(missing))


if __name__ == "__main__":
    main()
