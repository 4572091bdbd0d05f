"""Pings of every ordered pair of hosts, each on a raw socket in its host's namespace."""

import select
import socket
import struct
import threading
import time


def _checksum(packet):
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


class Pinger:
    """`hosts`: {name: Host of the lab}; `addresses`: {name: its address in the overlay}."""

    def __init__(self, hosts, addresses, every=0.5):
        self.every, self.addresses = every, addresses
        self.pairs = [(a, b) for a in hosts for b in hosts if a != b]
        self.answered = {p: [] for p in self.pairs}  # moments at which answered requests were sent
        self._sockets = {}
        for name, host in hosts.items():
            with host.inside():
                self._sockets[name] = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            self._sockets[name].setblocking(False)
        self._sent, self._ends = {}, False
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._thread.start()

    def stop(self):
        self._ends = True
        self._thread.join()
        for s in self._sockets.values():
            s.close()

    def _go(self):
        step, due, number, turn = self.every / len(self.pairs), time.monotonic(), 0, 0
        by_socket = {s.fileno(): s for s in self._sockets.values()}
        poll = select.poll()
        for number_of_socket in by_socket:
            poll.register(number_of_socket, select.POLLIN)
        while not self._ends:
            now = time.monotonic()
            due = max(due, now - self.every)  # a busy machine skips some, and makes no burst of them
            while now >= due:
                pair, turn, due = self.pairs[turn % len(self.pairs)], turn + 1, due + step
                number = (number + 1) & 0xFFFFFFFF
                self._request(pair, number, now)
            for ready, _ in poll.poll(max(0, (due - time.monotonic()) * 1000)):
                self._replies(by_socket[ready])

    def _request(self, pair, number, now):
        header = struct.pack("!BBHI", 8, 0, 0, number)
        packet = struct.pack("!BBHI", 8, 0, _checksum(header), number)
        self._sent[number] = (pair, now)
        self._sent.pop((number - 100000) & 0xFFFFFFFF, None)
        try:
            self._sockets[pair[0]].sendto(packet, (self.addresses[pair[1]], 0))
        except OSError:
            pass  # no interface now: its daemon does not run

    def _replies(self, s):
        while True:
            try:
                packet = s.recv(2048)
            except OSError:
                return
            icmp = packet[(packet[0] & 15) * 4:]
            if len(icmp) < 8 or icmp[0] != 0:
                continue
            got = self._sent.pop(struct.unpack("!I", icmp[4:8])[0], None)
            if got:
                self.answered[got[0]].append(got[1])
