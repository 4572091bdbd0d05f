#!/usr/bin/env python3
"""The daemon's life on a host: what it makes, what it undoes, what it takes over, and what it answers.

    daemon_test.py FOLDER-OF-PROGRAMS [TEST...]
"""

import json
import os
import signal
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))

from isolation import isolate_lab, need
from lab import Lab
from overlay import Overlay, Programs, wait_until

PROGRAMS = None


def two_members(lab, net):
    net.node("boot", lab.host("boot"), boot=True)
    a, b = net.member("a.test", lab.host("a")), net.member("b.test", lab.host("b"))
    net.up()
    a.reach("b.test")
    return a, b


class Traces(unittest.TestCase):
    """What the daemon leaves on a host."""

    def traces(self, node):
        with open(node.host.hosts_file(), encoding="ascii") as f:
            hosts = f.read()
        return {"links": [x for x in node.links() if x.startswith("wh")],
                "rules": node.host.run("nft", "list", "tables").stdout.strip(),
                "hosts": hosts,
                "run": sorted(os.listdir(node.folder + "/run")),
                "uapi": [x for x in os.listdir("/run/wireguard") if x.startswith(node.interface)],
                "sockets": node.host.run("ss", "-Hulpn").stdout.strip()}

    def check_undone(self, end):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            net.node("boot", lab.host("boot"), boot=True)
            a = net.member("a.test", lab.host("a"))
            net.member("b.test", lab.host("b"))
            before = self.traces(a)
            net.up()
            during = self.traces(a)
            for what in ("links", "rules", "hosts", "run", "uapi", "sockets"):
                self.assertNotEqual(before[what], during[what], what)
            self.assertIn("10.0.42.3 b.test", during["hosts"])
            end(a)
            self.assertEqual(before, self.traces(a))

    def test_sigterm_undoes_everything(self):
        self.check_undone(lambda a: a.stop(signal.SIGTERM))

    def test_sigint_undoes_everything(self):
        self.check_undone(lambda a: a.stop(signal.SIGINT))

    def test_wh_down_undoes_everything_and_returns_when_it_is_done(self):
        def down(a):
            a.wh("down")
            self.assertEqual(os.listdir(a.folder + "/run"), [])
            a.process.wait(5)
        self.check_undone(down)

    def test_a_start_after_kill_9_takes_over_what_was_left(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            a, b = two_members(lab, net)
            a.wait_settled("b.test")
            b.wait_settled("a.test")
            port = a.status()["listen_port"]
            a.kill()
            # Kept before others saw what must not come again.
            self.assertLessEqual({"sequence", "timestamp"}, set(os.listdir(a.folder + "/state")))
            left = self.traces(a)
            self.assertNotEqual(left["links"], [])
            # The device goes on without its daemon.
            self.assertTrue(a.ping_once("b.test", 2))
            lost = a.outage("b.test", a.up)
            print(f"kill -9 and a new start: {lost * 1000:.0f} ms without an answer")
            self.assertLess(lost, 2)
            self.assertEqual(a.status()["listen_port"], port)
            self.assertTrue(b.ping_once("a.test", 2))
            self.assertEqual(self.traces(a)["links"], left["links"])
            a.stop()
            self.assertEqual(self.traces(a)["links"], [])

    def test_in_the_background_it_returns_when_it_is_up(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            boot = net.node("boot", lab.host("boot"), boot=True)
            net.write()
            done = boot.wh("up", net.file, "private-key", boot.folder + "/sk", "interface", "wh0",
                           "state-dir", boot.folder + "/state", "log", boot.log)
            self.assertEqual(done.stdout, "")
            self.assertEqual(boot.wh("show", "interfaces").stdout, "wh0\n")
            for path in (boot.log, boot.folder + "/run/wh0.sock"):
                self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)
            boot.wh("down", "wh0")
            again = boot.wh("down", "wh0", check=False)
            self.assertEqual(again.returncode, 1)

    def test_two_daemons_on_one_host(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            host = lab.host("boot")
            first = net.node("boot", host, boot=True)
            net.up()
            second = net.node("second", host)
            second.environment = first.environment
            second.process = host.spawn(
                PROGRAMS.real, "up", net.file, "private-key", second.folder + "/sk", "interface",
                "other", "state-dir", second.folder + "/state", "foreground", log=second.log,
                env=first.environment)
            wait_until(lambda: os.path.exists(first.folder + "/run/other.sock"))
            self.assertEqual(first.wh("show", "interfaces").stdout, "other\nwh0\n")
            self.assertEqual([s["interface"] for s in json.loads(first.wh("show", "--json").stdout)],
                             ["other", "wh0"])
            self.assertIn("interface: other", first.wh().stdout)
            which = first.wh("lookup", "boot", check=False)
            self.assertEqual(which.returncode, 2)
            self.assertIn("other wh0", which.stdout)


class Words(unittest.TestCase):
    """What a person says and is told."""

    def test_everything_that_can_be_asked_of_a_pair(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            a, b = two_members(lab, net)
            a.wait_path("b.test", "direct")
            shown = a.wh("show").stdout
            for word in (f"interface: {a.interface}", "name: b.test", "path: direct", "endpoint: ",
                         "round trip: ", "latest handshake: ", "address: 10.0.42.2/24"):
                self.assertIn(word, shown)
            self.assertEqual(a.wh().stdout.splitlines()[0], shown.splitlines()[0])
            self.assertRegex(a.wh("ping", "b.test").stdout, r"^direct \S+: time=[\d.]+ ms\n$")
            self.assertEqual(a.wh("resolve", "b.test").stdout, "10.0.42.3\n")
            self.assertEqual(a.wh("resolve", "10.0.42.3").stdout, "b.test\n")
            self.assertEqual(a.wh("resolve", "a.test").stdout, "10.0.42.2\n")
            self.assertRegex(a.wh("lookup", "b.test").stdout, r"^(nat|direct) \S+:\d+\n")
            self.assertEqual(json.loads(a.wh("lookup", b.key, "--json").stdout)["record"]["key"],
                             b.key)
            self.assertIn("path: direct", a.wh("why", b.key[:8]).stdout)
            a.wh("forget", "b.test")
            self.assertTrue(a.ping_once("b.test", 5))

    def test_what_did_not_hold_is_1_and_what_makes_no_sense_is_2(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            a, b = two_members(lab, net)
            b.stop()
            for code, words in ((1, ("ping", "b.test")), (1, ("ping", "nobody")), (1, ("why", "a.test")),
                                (1, ("resolve", "10.0.42.99")), (1, ("show", "nothere")),
                                (1, ("lookup", "nobody")), (2, ("ping",)), (2, ("show", "a", "b")),
                                (2, ("why", "../x", "b.test")), (2, ("lookup", "x", "y", "z"))):
                done = a.wh(*words, check=False)
                self.assertEqual(done.returncode, code, f"{words}: {done.stdout}")
                self.assertIn("wh", done.stdout)

    def test_why_tells_of_a_pair_that_is_relayed(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            for i in range(3):
                net.node(f"boot{i}", lab.host(f"boot{i}"), boot=True)
            a = net.member("a.test", lab.host("a", behind=lab.nat("na", "fully-random")))
            net.member("b.test", lab.host("b", behind=lab.nat("nb", "fully-random")))
            net.up()
            a.reach("b.test")
            wait_until(lambda: a.peer("b.test")["reason"] == "both_mappings_vary", 20, 0.2)
            why = a.wh("why", "b.test").stdout
            for word in ("path: relayed by boot", "why not direct: both_mappings_vary",
                         "symmetric", "next try: in"):
                self.assertIn(word, why)
            self.assertIn("not direct: ", a.wh("show").stdout)
            self.assertRegex(a.wh("ping", "b.test").stdout, "^relayed by ")


class Reload(unittest.TestCase):
    def test_members_come_and_go_while_a_session_lives_on(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            a, b = two_members(lab, net)
            c = net.member("c.test", lab.host("c"))
            net.write()
            c.up()

            def reload():
                self.assertEqual(a.wh("reload").stdout, f"{a.interface}: 1 added\n")
                c.process.send_signal(signal.SIGHUP)
                b.wh("reload", "all")
                a.reach("c.test")
            lost = a.outage("b.test", reload)
            self.assertLess(lost, 0.3)
            net.write([n for n in net.members if n is not b])

    def test_a_member_that_is_gone_is_unknown_and_its_name_too(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            net.node("boot", lab.host("boot"), boot=True)
            a, b = net.member("a.test", lab.host("a")), net.member("b.test", lab.host("b"))
            c = net.member("c.test", lab.host("c"))
            net.up()
            a.reach("c.test")
            a.reach("b.test")
            net.write([a, b])
            self.assertEqual(a.wh("reload").stdout, f"{a.interface}: 1 removed\n")
            self.assertNotEqual(a.wh("ping", "c.test", check=False).returncode, 0)
            self.assertFalse(a.ping_once("10.0.42.4", 1))
            with open(a.host.hosts_file(), encoding="ascii") as f:
                self.assertNotIn("c.test", f.read())
            self.assertTrue(a.ping_once("b.test", 2))

    def test_what_cannot_be_changed_is_refused_and_nothing_changes(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            a, b = two_members(lab, net)
            with open(net.file, encoding="ascii") as f:
                good = f.read()
            for text, word in ((good.replace("name e2e", "namespace other"), "namespace"),
                               (good.replace("workbit 8", "workbit 7"), "workbit"),
                               (good.replace("subnet 10.0.42.0/24", "subnet 10.9.0.0/24"), "10.9.0.2"),
                               (good + "nonsense\n", "nonsense"), ("", "no member")):
                with open(net.file, "w", encoding="ascii") as f:
                    f.write(text)
                done = a.wh("reload", check=False)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(word, done.stdout)
            self.assertTrue(a.ping_once("b.test", 2))


class Mistakes(unittest.TestCase):
    """An error says what is missing and what to do."""

    def start(self, node, *more, code, before=()):
        done = node.host.run(*before, PROGRAMS.real, "up", node.net.file, "private-key",
                             node.folder + "/sk", "interface", node.interface, "state-dir",
                             node.folder + "/state", *more, check=False, env=node.environment)
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def test_what_is_wrong_at_the_start(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            boot = net.node("boot", lab.host("boot"), boot=True)
            a = net.member("a.test", lab.host("a"))
            net.up()
            a.stop()
            foreground = "foreground"
            # A second daemon of the same interface.
            said = self.start(boot, foreground, code=1)
            self.assertIn(f"process {boot.process.pid}", said)
            self.assertIn("wh down wh0", said)
            # A port that somebody has.
            with a.host.inside():
                taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                taken.bind(("0.0.0.0", 7777))
            self.addCleanup(taken.close)
            for how in ((foreground,), ()):
                said = self.start(a, "listen-port", "7777", *how, code=1)
                self.assertIn("port 7777 is in use", said)
            self.assertEqual([x for x in a.links() if x.startswith("wh")], [])
            # A file that is wrong, a key that is none, one that has too little work.
            for text, word in (("sbnet 10.0.0.0/8\n", "^~~"), ("workbit 60\n", "wh genkey")):
                with open(net.file, "w", encoding="ascii") as f:
                    f.write(text)
                self.assertIn(word, self.start(a, code=2))
            net.write()
            with open(a.folder + "/sk", "w", encoding="ascii") as f:
                f.write("not a key\n")
            self.assertIn("private key", self.start(a, code=2))
            self.assertIn("unknown word", self.start(a, "nonsense", code=2))

    def test_without_capabilities_it_says_which_are_missing(self):
        need("setpriv")
        with Lab() as lab, Overlay(PROGRAMS) as net:
            net.node("boot", lab.host("boot"), boot=True)
            a = net.member("a.test", lab.host("a"))
            net.up()
            a.stop()
            said = self.start(a, "foreground", code=1,
                              before=("setpriv", "--bounding-set=-net_admin,-net_raw"))
            self.assertIn("CAP_NET_ADMIN", said)


class Control(unittest.TestCase):
    """Whoever reaches the socket cannot stop the daemon."""

    def test_hostile_clients_do_not_matter(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            a, b = two_members(lab, net)
            path = f"{a.folder}/run/{a.interface}.sock"

            def connect():
                s = socket.socket(socket.AF_UNIX)
                s.settimeout(10)
                s.connect(path)
                return s
            lines = [b"\n", b"x\n", b"[]\n", b"{}\n", b'{"command":1}\n', b'{"command":"x"}\n',
                     b'{"command":"ping"}\n', b'{"command":"ping","who":{}}\n', b"\xff\xfe\x00\n",
                     b'{"command":"why","who":"' + b"\\u0000" * 100 + b'"}\n',
                     b'{"command":"lookup","who":"%s%n\xc3\x28"}\n', b"[" * 10000 + b"\n",
                     b"x" * 100_000]
            for line in lines:
                with connect() as s:
                    try:
                        s.sendall(line)
                    except BrokenPipeError:
                        pass
                    answer = b""
                    while not answer.endswith(b"\n"):
                        got = s.recv(65536)
                        self.assertTrue(got, line[:40])
                        answer += got
                    self.assertFalse(json.loads(answer)["ok"], line[:40])
            idle = [connect() for _ in range(20)]
            for s in idle[:10]:
                s.sendall(b'{"command":"show"}\n')  # and never reads
            for s in idle[10:15]:
                s.sendall(b'{"command":"ping","who":"b.test"}\n')
                s.close()
            start = time.monotonic()
            a.status()
            self.assertLess(time.monotonic() - start, 2)
            self.assertTrue(a.ping_once("b.test", 2))
            for s in idle:
                s.close()


class Names(unittest.TestCase):
    def test_a_boot_node_given_by_name_is_found_as_soon_as_the_name_is(self):
        with Lab() as lab, Overlay(PROGRAMS) as net:
            boot = net.node("boot", lab.host("boot"), boot=True)
            a = net.node("stranger", lab.host("a"))
            net.write()
            boot.up()
            with open(net.file, encoding="ascii") as f:
                text = f.read()
            with open(net.file, "w", encoding="ascii") as f:
                f.write(text.replace(boot.host.address + ":", "boot.example:"))
            a.up()
            self.assertFalse(a.status()["dht"]["joined"])
            with open(a.host.hosts_file(), "a", encoding="ascii") as f:
                f.write(f"{boot.host.address} boot.example\n")
            wait_until(lambda: a.status()["dht"]["joined"], 20, 0.2)


if __name__ == "__main__":
    isolate_lab()
    PROGRAMS = Programs(sys.argv.pop(1))
    unittest.main()
