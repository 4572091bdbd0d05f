"""The real side: a daemon a namespace, each with a /24 of its own, and what they sent."""

import collections
import itertools
import json
import os
import re
import socket
import subprocess
import time

from lab import Lab
from overlay import Overlay, wait_until

from schedule import BOOTS


class Spread:
    """Networks of one host each, between which the test's namespace routes: a daemon keeps few contacts
    of one /24, so that all in one would be another overlay."""

    def __init__(self):
        self._numbers = itertools.count(1)

    def _attach(self, node, interface, _delay_ms):
        self._net = "60.{}.{}".format(*divmod(next(self._numbers), 256))
        end = "s" + node.name
        subprocess.run(["ip", "-batch", "-"], text=True, check=True, input=(
            f"link add {end} type veth peer name {interface} netns {node.name}\n"
            f"link set {end} up\naddr add {self._net}.1/24 dev {end}\n"))

    def _lease(self, _ipv6):
        return self._net + ".2", None, (self._net + ".1", None)


def status(node):
    """What `wh show --json` prints, asked without a process."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(f"{node.folder}/run/{node.interface}.sock")
        s.sendall(b'{"command": "show"}\n')
        with s.makefile("rb") as f:
            return json.load(f)["status"]


class Daemons:
    """Plays a schedule with daemons, in real time."""

    def __init__(self, programs, schedule):
        self.programs, self.schedule = programs, schedule
        self.sent = collections.Counter()  # session packets by kind
        self.datagrams = 0                 # what the ports say that they sent
        self.late_s, self.loads, self.cpu_s = 0, [], 0

    def play(self, say):
        with Lab() as lab, Overlay(self.programs) as net:
            spread = Spread()

            def node(name, boot):
                n = net.node(name, lab.host(name, behind=spread), "hosts", "none", boot=boot)
                n.environment["LOG"] = "0"
                return n
            boots = [node(f"b{i}", True) for i in range(BOOTS)]
            peers = [node(f"p{i}", False) for i in range(len(self.schedule.lives))]
            net.write()
            say(f"{len(net.nodes)} namespaces are there")
            for b in boots:
                b.start()
            begin = time.monotonic()
            self._follow(begin, peers, say)
            for n in net.nodes:
                if n.running():
                    self._count(n)

    def _follow(self, begin, peers, say):
        duration, next_word = self.schedule.duration_s, 0
        for at, number, what in [*self.schedule.happenings(), (duration, None, "end")]:
            while (now := time.monotonic() - begin) < at:
                if now >= next_word:
                    self.loads.append(os.getloadavg()[0])
                    say(f"{now:.0f} of {duration} s, load {self.loads[-1]:.1f}")
                    next_word += 60
                time.sleep(min(at - now, max(next_word - now, 0.01)))
            self.late_s = max(self.late_s, time.monotonic() - begin - at)
            if what == "start":
                peers[number].start()
            elif what == "kill":
                peers[number].wait_up()
                self._count(peers[number])
                peers[number].kill()

    def _count(self, node):
        """Adds what the node's life up to now sent."""
        said = status(node)
        self.sent.update(said["sent_packets"])
        self.datagrams += int(re.search(r"\bsent (\d+)", said["counters"]).group(1))
        with open(f"/proc/{node.process.pid}/schedstat", encoding="ascii") as f:
            self.cpu_s += int(f.read().split()[0]) / 1e9
