"""One world of the swarm, made of namespaces and daemons: who is there, behind what, what goes wrong; and its judge."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time

from lab import Lab
from overlay import Overlay, Programs, wait_until
from pinger import Pinger

HOSTS_MOST = 9  # of one laboratory: each is a daemon, and each member a WireGuard besides
BEFORE = 20  # seconds for all to find each other before the first fault
LATE = 5  # seconds without an answer that are an outage, long after the last fault

# Profiles of the simulator, and the rules of nftables that do the same (tests/real/lab/nat_kinds.py).
KINDS = {
    "linux_masquerade": "restricted", "openwrt": "restricted", "linux_input_accept": "plain",
    "fullcone": "fullcone", "cone_restricted_old": "restcone", "cone_restricted": "restcone",
    "symmetric": "fully-random", "mobile_sequential": "sequential",
}


class CannotBeMade(Exception):
    """What of a drawn world namespaces do not give."""


def _kinds_of(group):
    nat = group.get("nat", [])
    chain = [nat] if isinstance(nat, str) else nat
    for profile in chain:
        if profile not in KINDS:
            raise CannotBeMade(f"a NAT `{profile}`")
    if group.get("carrier"):
        raise CannotBeMade("a carrier's box in front of several homes")
    if group.get("family", "ipv4") != "ipv4":
        raise CannotBeMade("two families behind one box")
    if group.get("population") or group.get("churn"):
        raise CannotBeMade("a population, or churn")
    return [KINDS[p] for p in chain]


FILLING = "filling"


def _own_disk(folder):
    """A small one. Mounted here and before the daemon starts, whose view of mounts is a copy of this one."""
    os.makedirs(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "state", folder], check=True)


def _fill(folder):
    """To the last byte; the daemon sees the same disk."""
    with open(f"{folder}/{FILLING}", "wb", buffering=0) as f:
        for size in (4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    f.write(b"x" * size)
    if os.statvfs(folder).f_bfree:
        raise RuntimeError(f"{folder} has room still")


class Episode:
    """`world`: a drawn scenario as a dictionary. Of lines and latency nothing is made: links here are short."""

    def __init__(self, number, world, binaries, watch):
        self.number, self.world, self.binaries, self.watch = number, world, binaries, watch
        self.random = random.Random(number)
        self.groups = {g["group"]: g for g in world["peers"]}
        for g in self.groups.values():
            _kinds_of(g)
        if sum(g.get("count", 1) for g in self.groups.values()) > HOSTS_MOST:
            raise CannotBeMade(f"more than {HOSTS_MOST} hosts")
        self.faults = sorted(self._faults(), key=lambda f: f[0])
        if sum(g.get("count", 1) for g in self.groups.values() if g.get("role", "member") == "member") < 2:
            raise CannotBeMade("fewer than two members")
        if not self.faults:
            raise CannotBeMade("nothing that goes wrong here")

    # ---- what goes wrong

    def _faults(self):
        """(seconds after all is up, what, group, share, seconds, words)."""
        known = {"partition", "restart", "kill", "nat_reboot", "address_change", "nat_change"}
        first = min((e["at_s"] for e in self.world.get("events", [])), default=0)
        for e in self.world.get("events", []):
            what = next(k for k in e if k in known or isinstance(e[k], dict))
            words = e[what]
            if what not in known or "every_s" in e:
                continue  # lines, clocks, rooms: not made here
            if what == "kill" and self.groups.get(words.get("group"), {}).get("boot"):
                continue  # the judge would have nobody to be judged by
            yield (e["at_s"] - first, what, words["group"], words.get("ratio", 1), words.get("lasts_s", 0), words)
        # What only a real host has: a process that stands still, a disk that is full.
        for what in ("stop", "full_disk"):
            if self.random.random() < 0.4:
                group = self.random.choice(sorted(self.groups))
                yield (self.random.uniform(0, 30), what, group, self.random.choice((0.5, 1)),
                       self.random.uniform(1, 25), {})

    def _hit(self, group, share):
        nodes = self.nodes[group]
        return self.random.sample(nodes, max(1, round(share * len(nodes))))

    def _begin(self, what, node, words):
        if what == "partition":
            node.host.nft("add table inet cut\n"
                          "add chain inet cut i { type filter hook input priority -50; }\n"
                          "add chain inet cut o { type filter hook output priority -50; }\n"
                          "add rule inet cut i meta l4proto udp iifname eth0 drop\n"
                          "add rule inet cut o meta l4proto udp oifname eth0 drop\n")
        elif what in ("restart", "kill") and node.running():
            node.kill()
            if words.get("state") == "none":
                shutil.rmtree(node.folder + "/state", ignore_errors=True)
        elif what == "stop" and node.running():
            node.process.send_signal(signal.SIGSTOP)
        elif what == "full_disk":
            _fill(node.folder + "/state")
        elif what == "nat_reboot":
            for nat in self.nats[node.name]:
                nat.forget()
        elif what == "nat_change":
            profiles = words["nat"] if isinstance(words["nat"], list) else [words["nat"]]
            for nat, profile in zip(self.nats[node.name], profiles):
                if profile in KINDS:
                    nat.become(KINDS[profile])
        elif what == "address_change":
            if self.nats[node.name]:
                self.nats[node.name][-1].readdress()
            else:
                node.host.move()

    def _end(self, what, node):
        if what == "partition":
            node.host.nft("delete table inet cut\n")
        elif what == "restart" and not node.running():
            node.start()
        elif what == "stop" and node.running():
            node.process.send_signal(signal.SIGCONT)
        elif what == "full_disk":
            with contextlib.suppress(FileNotFoundError):
                os.unlink(node.folder + "/state/" + FILLING)

    def _do_faults(self, begin):
        """Carries them out; the moment at which the last one is over."""
        todo = []
        for at, what, group, share, lasts, words in self.faults:
            for node in self._hit(group, share):
                todo.append((at, lambda w=what, n=node, x=words: self._begin(w, n, x)))
                if lasts:
                    todo.append((at + lasts, lambda w=what, n=node: self._end(w, n)))
        for at, act in sorted(todo, key=lambda t: t[0]):
            time.sleep(max(0, begin + at - time.monotonic()))
            act()
        return time.monotonic()

    # ---- the world

    def _build(self, lab, net):
        self.nodes, self.nats = {}, {}
        for group in self.world["peers"]:
            count, member = group.get("count", 1), group.get("role", "member") == "member"
            self.nodes[group["group"]] = []
            shared = None
            for i in range(count):
                name = group["group"] + (f"-{i}" if count > 1 else "")
                boxes = shared
                if boxes is None:
                    boxes, outer = [], None
                    for level, kind in enumerate(reversed(_kinds_of(group))):
                        outer = lab.nat(f"{name}n{level}", kind, behind=outer)
                        boxes.insert(0, outer)
                if group.get("shared_nat"):
                    shared = boxes
                host = lab.host(name, behind=boxes[0] if boxes else None, ipv6=False)
                relays = [] if group.get("relay") else ["relay-rate", "0"]
                make = net.member if member else net.node
                node = make(name, host, *relays, **({"boot": True} if group.get("boot") else {}))
                _own_disk(node.folder + "/state")
                self.nats[node.name] = boxes
                self.nodes[group["group"]].append(node)

    def run(self):
        with Lab() as lab, Overlay(Programs(self.binaries), workbit=4) as net:
            self._build(lab, net)
            net.up()
            addresses = {m.name: m.status()["address"].split("/")[0] for m in net.members}
            pinger = Pinger({m.name: m.host for m in net.members}, addresses)
            paths = _Paths(net.members)
            try:
                with contextlib.suppress(AssertionError):
                    wait_until(lambda: all(pinger.answered.values()), BEFORE, 0.2)
                time.sleep(2)
                calm = self._do_faults(time.monotonic())
                time.sleep(self.watch)
                end = time.monotonic()
            finally:
                paths.stop()
                pinger.stop()
            alive = {m.name for m in net.members if m.running()}
            return self._judge(pinger, paths, alive, calm, end)

    def _judge(self, pinger, paths, alive, calm, end):
        pairs = []
        for (a, b), answered in pinger.answered.items():
            if a not in alive or b not in alive:
                continue
            after = [t for t in answered if t >= calm]
            gaps = [(x, y) for x, y in zip(after, after[1:] + [end]) if y - x > LATE]
            pairs.append({
                "from": a, "to": b,
                "before": any(t < calm for t in answered),
                "connected_s": round(after[0] - calm, 2) if after else None,
                "direct_s": paths.direct_since(a, b, calm),
                "late": [[round(x - calm, 1), round(y - x, 1)] for x, y in gaps],
            })
        return {"episode": self.number, "faults": [[round(f[0], 1), f[1], f[2]] for f in self.faults], "pairs": pairs}


class _Paths:
    """Asks every member each second or so by which way it reaches the others."""

    def __init__(self, members):
        self.seen = {}  # (from, to): [(moment, path)]
        self._ends = False
        self._thread = threading.Thread(target=self._go, args=(members,), daemon=True)
        self._thread.start()

    def stop(self):
        self._ends = True
        self._thread.join()

    def _go(self, members):
        while not self._ends:
            for m in members:
                with contextlib.suppress(Exception):  # it does not run, or stands still
                    now = time.monotonic()
                    shown = m.host.run(m.programs.wh, "show", m.interface, "--json", timeout=1, env=m.environment)
                    for p in json.loads(shown.stdout)["peers"]:
                        self.seen.setdefault((m.name, p["name"]), []).append((now, p["path"]))
            time.sleep(0.7)

    def direct_since(self, a, b, calm):
        """Seconds after `calm` from which on it said direct to the end; None: it does not."""
        seen = [(t, p) for t, p in self.seen.get((a, b), []) if t >= calm]
        since = None
        for t, path in seen:
            since = (since or t) if path == "direct" else None
        return round(since - calm, 2) if since else None


def simulated(program, path, out):
    """{(a, b): (could be direct, path at the end)} of the simulated twin, both ways."""
    subprocess.run([program, "run", path, "--out", out], capture_output=True, check=False)
    with open(os.path.join(out, "report.json"), encoding="utf-8") as f:
        report = json.load(f)
    found = {}
    for p in report["pairs"]:
        found[p["from"], p["to"]] = found[p["to"], p["from"]] = (p["oracle"]["o1"], p["path"])
    return found
