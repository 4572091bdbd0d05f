"""A WireHub network on the hosts of a laboratory.

    from isolation import isolate
    isolate()
    programs = Programs(folder)                       # where wh and wh-real are
    with Lab() as lab, Overlay(programs) as net:
        boot = net.node("boot", lab.host("boot"), boot=True)
        a = net.member("a.test", lab.host("a", behind=lab.nat("na", "restricted")))
        b = net.member("b.test", lab.host("b"))
        net.up()                                      # all, the boot nodes first
        took = a.reach("b.test")                      # seconds until a ping by name is answered
        assert a.path("b.test") == "direct"
        b.kill(); b.up()                              # kill -9, and a new start

A daemon runs as in a service: in the foreground, its log in a file, which is shown when a test fails.
Every host has its own run directory, state directory and hosts file.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time

WAIT = 20  # for what must come; the machine may be busy with other tests


def wait_until(what, seconds=WAIT, every=0.02, about="it"):
    """Calls until the result is true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        result = what()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"{about} did not come in {seconds} s")
        time.sleep(every)


class Programs:
    def __init__(self, folder):
        self.wh, self.real, self.sim = (os.path.join(folder, name)
                                        for name in ("wh", "wh-real", "wh-sim"))

    def genkey(self, workbit=8):
        secret = subprocess.run([self.wh, "genkey", "workbit", str(workbit)], capture_output=True,
                                text=True, check=True).stdout
        public = subprocess.run([self.wh, "pubkey"], input=secret, capture_output=True, text=True,
                                check=True).stdout.strip()
        return secret, public


class Flow:
    """What iperf3 reported at both ends."""
    report = there = None

    def received_after(self, seconds):
        """Bytes that came to the server later than that."""
        return sum(i["sum"]["bytes"] for i in self.there["intervals"] if i["sum"]["start"] >= seconds)


class Node:
    """A host with its key, and the daemon on it when it is up."""

    def __init__(self, net, name, host, words, programs):
        self.net, self.name, self.host, self.words = net, name, host, words
        self.programs = programs or net.programs
        self.secret, self.key = self.programs.genkey(net.workbit)
        self.interface = f"wh{len(net.nodes)}"
        self.folder = f"{net.folder}/{name}"
        os.makedirs(self.folder + "/run")
        self.log = self.folder + "/log"
        # LOG=2 is log-level debug, unless a word says otherwise.
        self.environment = {**os.environ, "WH_RUN_DIR": self.folder + "/run", "LOG": "2"}
        with open(self.folder + "/sk", "w", encoding="ascii",
                  opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
            f.write(self.secret)
        host.hosts_file()
        self.process = None

    # --- the daemon

    def start(self, *more):
        """Starts the daemon and returns at once."""
        self.process = self.host.spawn(
            self.programs.real, "up", self.net.file, "private-key", self.folder + "/sk",
            "interface", self.interface, "state-dir", self.folder + "/state", "foreground",
            *self.words, *more, log=self.log, env=self.environment)
        return self

    def up(self, *more):
        """Starts the daemon and returns when it is up."""
        self.start(*more)
        return self.wait_up()

    def wait_up(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name}: the daemon ended: exit {self.process.returncode}")
            return os.path.exists(f"{self.folder}/run/{self.interface}.sock")
        wait_until(ready, about=f"{self.name}'s daemon")
        return self

    def stop(self, how=signal.SIGTERM, code=0):
        self.process.send_signal(how)
        if self.process.wait(WAIT) != code:
            raise AssertionError(f"{self.name}: exit {self.process.returncode}, not {code}")

    def kill(self):
        """kill -9: nothing is cleaned up."""
        self.process.kill()
        self.process.wait()

    def running(self):
        return self.process is not None and self.process.poll() is None

    # --- what a person asks

    def wh(self, *words, check=True):
        return self.host.run(self.programs.wh, *words, check=check, env=self.environment)

    def status(self):
        return json.loads(self.wh("show", self.interface, "--json").stdout)

    def peer(self, name):
        return next(p for p in self.status()["peers"] if p["name"] == name)

    def path(self, name):
        return self.peer(name)["path"]

    def wait_path(self, name, kind, seconds=WAIT):
        wait_until(lambda: self.path(name) == kind, seconds, 0.1,
                   f"a {kind} path from {self.name} to {name}")

    def wait_settled(self, name, seconds=WAIT):
        """Until WireGuard itself sends straight to the peer, and would without its daemon."""
        def settled():
            p = self.peer(name)
            return p["path"] == "direct" and p["wireguard_endpoint"] == p["endpoint"]
        wait_until(settled, seconds, 0.05, f"a settled path from {self.name} to {name}")

    def resident_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))

    # --- payload

    def ping_once(self, name, wait=0.25):
        return self.host.run("ping", "-n", "-c1", f"-W{wait}", name, check=False).returncode == 0

    def reach(self, name, seconds=WAIT):
        """Pings by name every 50 ms until an answer comes, and returns how long that took."""
        start = time.monotonic()
        ping = subprocess.Popen(["ip", "netns", "exec", self.host.name, "ping", "-n", "-i0.05", "-c1",
                                 f"-w{seconds}", name],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # -c1 with -w: ping goes on sending until one answer is there.
        output = ping.communicate()[0]
        if ping.returncode != 0:
            raise AssertionError(f"{self.name}: no answer of {name} in {seconds} s\n{output}")
        return time.monotonic() - start

    def outage(self, name, until, seconds=WAIT):
        """Pings every 50 ms while `until` runs and until an answer comes after it; returns the longest
        time without an answer."""
        ping = subprocess.Popen(["ip", "netns", "exec", self.host.name, "ping", "-n", "-D", "-i0.05",
                                 name], stdout=subprocess.PIPE, text=True)
        answers = []
        try:
            first = ping.stdout.readline()  # PING ...
            assert first, f"{self.name}: ping of {name} does not run"
            answers.append(self._answer(ping, time.time() + seconds))
            until()
            done = time.time()
            while answers[-1] < done + 1:
                answers.append(self._answer(ping, done + seconds))
        finally:
            ping.kill()
            ping.communicate()
        return max(b - a for a, b in zip(answers, answers[1:]))

    def iperf3(self, name, seconds=2):
        """Mbit/s of TCP to a member, as it says it received them."""
        with self.iperf3_in_background(name, seconds) as flow:
            pass
        return flow.report["end"]["sum_received"]["bits_per_second"] / 1e6

    @contextlib.contextmanager
    def iperf3_in_background(self, name, seconds, rate="0"):
        """TCP to a member while the block runs, and to its end; the report is in what is given."""
        there = next(n for n in self.net.nodes if n.name == name)
        server = there.host.spawn("iperf3", "-s", "-1", "-J", log=there.folder + "/iperf3")
        wait_until(lambda: ":5201" in there.host.run("ss", "-Htln").stdout, about="iperf3's server")
        client = subprocess.Popen(["ip", "netns", "exec", self.host.name, "iperf3", "-c", name, "-J",
                                   "-b", rate, "-t", str(seconds)], stdout=subprocess.PIPE, text=True)
        flow = Flow()
        try:
            yield flow
            output = client.communicate(timeout=seconds + WAIT)[0]
            flow.report = json.loads(output)
            if client.returncode != 0:
                raise AssertionError(f"{self.name}: iperf3: {flow.report.get('error', output)}")
            server.wait(WAIT)
            with open(there.folder + "/iperf3", encoding="ascii") as f:
                flow.there = json.load(f)
        finally:
            for process in (client, server):
                if process.poll() is None:
                    process.kill()
                    process.wait()

    def _answer(self, ping, end):
        os.set_blocking(ping.stdout.fileno(), True)
        while True:
            line = self._line(ping, end)
            at = re.match(r"\[([\d.]+)\] \d+ bytes from", line)
            if at:
                return float(at.group(1))

    def _line(self, ping, end):
        import select
        ready, _, _ = select.select([ping.stdout], [], [], max(0, end - time.time()))
        if not ready:
            raise AssertionError(f"{self.name}: no answer any more")
        return ping.stdout.readline()

    def links(self):
        return re.findall(r"^\d+: ([^:@]+)", self.host.run("ip", "link").stdout, re.M)


class Overlay:
    def __init__(self, programs, workbit=8, subnet="10.0.42.0/24"):
        self.programs, self.workbit, self.subnet = programs, workbit, subnet
        self.folder = tempfile.mkdtemp(prefix="e2e-", dir="/run")
        self.nodes, self.members, self.boots = [], [], []
        self.file = self.folder + "/network"
        self._port = 62096

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        with contextlib.suppress(Exception):
            self.end()
        if kind:
            self.show_logs()

    def node(self, name, host, *words, boot=False, programs=None):
        """A host that is no member: it serves the DHT and relays. `boot`: others ask it first. `programs`:
        others than the network's."""
        n = Node(self, name, host, words, programs)
        self.nodes.append(n)
        if boot:
            self.boots.append(n)
        return n

    def member(self, name, host, *words, programs=None):
        n = Node(self, name, host, words, programs)
        self.nodes.append(n)
        self.members.append(n)
        return n

    def write(self, members=None):
        lines = ["name e2e", f"workbit {self.workbit}", f"subnet {self.subnet}"]
        lines += [f"boot {b.name} {b.key} {b.host.address}:{self._port}" for b in self.boots]
        lines += [f"trust {m.name} {m.key}" for m in (self.members if members is None else members)]
        with open(self.file + ".new", "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")
        os.rename(self.file + ".new", self.file)
        return self.file

    def up(self):
        """Writes the network file and brings everybody up, the boot nodes before the others."""
        self.write()
        for n in self.boots:
            n.up()
        others = [n for n in self.nodes if n not in self.boots]
        for n in others:
            n.start()
        for n in others:
            n.wait_up()
        return self

    def end(self):
        running = [n for n in self.nodes if n.running()]
        for n in running:
            n.process.terminate()
        for n in running:
            n.process.wait(WAIT)
        # What a killed daemon left behind would be found by the next laboratory's of the same names.
        for n in self.nodes:
            pids = subprocess.run(["ip", "netns", "pids", n.host.name], capture_output=True, text=True)
            for pid in pids.stdout.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"/run/wireguard/{n.interface}.sock")

    def show_logs(self, lines=60):
        for n in self.nodes:
            if os.path.exists(n.log):
                with open(n.log, encoding="utf-8", errors="replace") as f:
                    print(f"--- log of {n.name}\n" + "".join(f.readlines()[-lines:]), flush=True)
