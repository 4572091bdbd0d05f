#!/usr/bin/env python3
"""Hostile datagrams change nothing: not what a daemon knows, not what it needs, not what others hear.

    hostile_test.py FOLDER-OF-PROGRAMS DATAGRAMS [TEST...]

Somebody on the way has recorded what came to a daemon and went from it. He sends it random bytes, pieces of the
recording, the recording with bits flipped, and the recording itself; half of it in the name of a third
host, which hears nothing of it.
"""

import os
import random
import re
import socket
import struct
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))

from isolation import isolate_lab
from lab import Lab
from overlay import Overlay, Programs

PROGRAMS = None
DATAGRAMS = 0
MARK = 0xFF  # the first byte of every datagram of ours
BURST = 32  # less than any socket's buffer holds
# Resident memory may grow by this much: with a million datagrams two bytes of each would be seen.
# AddressSanitizer keeps books of its own.
FLAT_KB = 2048 if "WH_SANITIZED" not in os.environ else 65536
# What a log says when a path, a session's way or a table entry is another one.
MOVED = re.compile(r"dht\.contact_|session\.roamed|punch\.|info +\S+: (direct|relayed|no path)")


class Recording:
    """The datagrams of ours that a host gets and sends, from now on."""

    def __init__(self, host):
        with host.inside():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self._socket.settimeout(0.1)
        self._seen, self._ended = set(), False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        while not self._ended:
            try:
                packet = self._socket.recv(2048)
            except TimeoutError:
                continue
            if packet[0] == 0x45 and packet[9] == socket.IPPROTO_UDP and packet[28:29] == b"\xff":
                self._seen.add(packet[28:])

    def end(self):
        self._ended = True
        self._thread.join()
        self._socket.close()
        return sorted(self._seen)


class Sender:
    """Sends to a daemon from any address, not faster than it takes what comes."""

    def __init__(self, host, pid, to, port):
        with host.inside():
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._to, self._port, self._pid = to, port, pid

    def close(self):
        self._socket.close()

    def send(self, source, port, payload):
        length = 8 + len(payload)
        # The kernel fills in the header's checksum; UDP's may be left out.
        self._socket.sendto(struct.pack("!BBHHHBBH4s4sHHHH", 0x45, 0, 20 + length, 0, 0, 64, 17, 0,
                                        socket.inet_aton(source), socket.inet_aton(self._to), port,
                                        self._port, length, 0) + payload, (self._to, 0))

    def sockets(self):
        """Bytes that wait in the sockets there, and datagrams that found no room."""
        with open(f"/proc/{self._pid}/net/udp", encoding="ascii") as f:
            lines = [line.split() for line in f.readlines()[1:]]
        return (sum(int(x[4].split(":")[1], 16) for x in lines), sum(int(x[-1]) for x in lines))

    def wait_taken(self, seconds=30):
        end = time.monotonic() + seconds
        while self.sockets()[0]:
            if time.monotonic() > end:
                raise AssertionError(f"the daemon did not take what came for {seconds} s")
            time.sleep(0)


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Kinds:
    """Datagrams of each kind; the same ones for the same recording."""

    def __init__(self, recorded):
        self.recorded = recorded
        self.chance = random.Random(1)

    def random(self):
        r = self.chance
        some = bytes([MARK]) + r.randbytes(r.randrange(1, 600))
        # Half of them a version and a type that there are.
        return r.choice(self.recorded)[:4] + some[4:] if r.random() < 0.5 else some

    def truncated(self):
        whole = self.chance.choice(self.recorded)
        return whole[:self.chance.randrange(1, len(whole))]

    def flipped(self):
        data = bytearray(self.chance.choice(self.recorded))
        for _ in range(self.chance.randrange(1, 4)):
            # The first byte stays, or it is WireGuard's.
            at = self.chance.randrange(8, 8 * len(data))
            data[at // 8] ^= 1 << at % 8
        return bytes(data)

    def replayed(self):
        return self.chance.choice(self.recorded)


KINDS = ("random", "truncated", "flipped", "replayed")


class Hostile(unittest.TestCase):
    def counter(self, host, source):
        """Counts what comes to a host from an address."""
        host.nft("add table ip heard\nadd chain ip heard in { type filter hook prerouting priority -300; }\n"
                 f"add rule ip heard in ip saddr {source} counter\n")

    def heard(self, host):
        got = re.search(r"packets (\d+) bytes (\d+)", host.run("nft", "list", "table", "ip", "heard").stdout)
        return int(got.group(1)), int(got.group(2))

    def facts(self, node):
        """What is not to move."""
        s = node.status()
        return {"peers": [(p["name"], p["path"], p["endpoint"], p["relay"], p["wireguard_endpoint"])
                          for p in s["peers"]],
                "contacts": s["dht"]["contacts"], "nat": s["nat"], "sessions": s["sessions"],
                "guests": s["guests"], "relays": sorted(r["key"] for r in s["relays"])}

    def received(self, node):
        """Datagrams that the daemon was given, hostile or not."""
        return int(re.match(r"received (\d+)", node.status()["counters"]).group(1))

    def moves(self, node):
        with open(node.log, encoding="utf-8", errors="replace") as f:
            return [line for line in f if MOVED.search(line)]

    def attack(self, which):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            # Two: of a third one in their /24 a member's table may have no room, and it would hear little.
            for i in range(2):
                net.node(f"boot{i}", lab.host(f"boot{i}"), boot=True)
            # Anybody reaches it; if it found that out meanwhile, it would serve the DHT from then on.
            a = net.member("a.test", lab.host("a"), "mode", "nat")
            b = net.member("b.test", lab.host("b", behind=lab.nat("nb", "restricted")))
            mallory, third = lab.host("mallory"), lab.host("third")
            target = a if which == "member" else net.boots[0]
            recording = Recording(target.host)
            net.up()
            a.reach("b.test")
            a.wait_settled("b.test")
            b.wait_settled("a.test")
            for _ in range(20):
                self.assertTrue(a.ping_once("b.test", 5))
                a.wh("lookup", "b.test")
            recorded = recording.end()
            self.assertGreater(len(recorded), 50)
            for host in (mallory, third):
                self.counter(host, target.host.address)
            sender = Sender(mallory, target.process.pid, target.host.address,
                            target.status()["listen_port"])
            self.addCleanup(sender.close)
            kinds = Kinds(recorded)
            print(f"{which}: {len(recorded)} datagrams recorded", flush=True)

            def flood(kind, count):
                make = getattr(kinds, kind)
                for at in range(count):
                    forged = at % 2
                    sender.send((third if forged else mallory).address, 1024 + at % 60000, make())
                    if at % BURST == BURST - 1:
                        sender.wait_taken()
                sender.wait_taken()

            # What a first attack of each kind makes it allocate is there for good.
            for kind in KINDS:
                flood(kind, max(500, DATAGRAMS // 100))
            before, moved, memory = self.facts(target), self.moves(target), target.resident_kb()
            dropped, received = sender.sockets()[1], self.received(target)
            for kind in KINDS:
                used, sent = cpu_s(target.process.pid), self.heard(mallory)
                flood(kind, DATAGRAMS // 4)
                used = cpu_s(target.process.pid) - used
                back = self.heard(mallory)[0] - sent[0]
                print(f"{which}: {kind}: {used * 4e6 / DATAGRAMS:.2f} us of CPU a datagram, "
                      f"{back} packets back to who sent them", flush=True)
                self.assertTrue(a.ping_once("b.test", 5), kind)
            print(f"{which}: resident memory {memory} kB before, {target.resident_kb()} kB after, "
                  f"{self.heard(third)[0]} packets to the third host", flush=True)
            self.assertEqual(sender.sockets()[1], dropped, "not every datagram was looked at")
            self.assertGreaterEqual(self.received(target) - received, DATAGRAMS // 4 * len(KINDS))
            self.assertIsNone(target.process.poll())
            self.assertEqual(self.heard(third), (0, 0))
            self.assertEqual(self.facts(target), before)
            self.assertEqual(self.moves(target), moved)
            self.assertLess(target.resident_kb(), memory + FLAT_KB)
            self.assertTrue(b.ping_once("a.test", 5))

    def test_a_member_does_not_care(self):
        self.attack("member")

    def test_a_boot_node_does_not_care(self):
        self.attack("boot")


if __name__ == "__main__":
    isolate_lab()
    PROGRAMS = Programs(sys.argv.pop(1))
    DATAGRAMS = int(sys.argv.pop(1))
    unittest.main()
