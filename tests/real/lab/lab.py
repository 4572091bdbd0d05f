"""An internet of network namespaces: public hosts, NATs and hosts behind them.

    from isolation import isolate
    isolate()                                  # first of all: nothing below is seen outside
    with Lab() as lab:
        boot = lab.host("boot")                # on the internet: 203.0.113.2, 2001:db8::2
        home = lab.nat("home", "restricted")   # a router; its kinds are nat_kinds.NAMES
        alice = lab.host("alice", behind=home) # 192.168.1.2, by way of home
        alice.run("ping", "-c1", boot.address)
        daemon = boot.spawn("some-daemon", "--foreground", log="/run/boot.log")
        home.forget()                          # the NAT loses its table
        home.become("fully-random")            # and becomes another
        alice.move(lab.internet)               # pulled out here, plugged in there

The namespace that the test runs in is the internet: a bridge, where everything public hangs, and the
router of last resort (203.0.113.1). Every interface to it is named `wan` in a NAT, `eth0` in a host.
"""

import contextlib
import ctypes
import itertools
import os
import subprocess
import time

import nat_kinds

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
# Of all laboratories: an interface stays for a while after its other end's namespace is gone.
_link_numbers = itertools.count(1)


def _run(*command, stdin=None):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{stdin or ''}")
    return done.stdout


def _ip(lines, namespace=None):
    where = ["-n", namespace] if namespace else []
    _run("ip", *where, "-batch", "-", stdin="\n".join(lines) + "\n")


def _sysctl(values):
    """In the namespace this runs in. What a kernel does not have is left out."""
    for name, value in values.items():
        with contextlib.suppress(FileNotFoundError):
            with open("/proc/sys/" + name.replace(".", "/"), "w", encoding="ascii") as f:
                f.write(str(value))


# A bridge would send what it carries through the NAT's rules, and an address waits a second before it
# may be used.
_SANE = {"net.bridge.bridge-nf-call-iptables": 0, "net.bridge.bridge-nf-call-ip6tables": 0,
         "net.ipv6.conf.all.accept_dad": 0, "net.ipv6.conf.default.accept_dad": 0}


class Node:
    """A network namespace. `address` is its IPv4 address, where it has one."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.address = self.address_v6 = None
        self.processes = []
        _run("ip", "netns", "add", name)
        lab.nodes[name] = self
        self._ip("link set lo up")
        with self.inside():
            _sysctl(_SANE)

    def _ip(self, *lines):
        _ip(lines, self.name)

    @contextlib.contextmanager
    def inside(self):
        """Within it, sockets are made and files of /proc/sys/net opened in this namespace."""
        with open("/proc/self/ns/net", "rb") as before, \
                open(f"/run/netns/{self.name}", "rb") as there:
            _enter(there)
            try:
                yield self
            finally:
                _enter(before)

    def run(self, *command, check=True, timeout=30, **options):
        """Runs a program here to its end. Its output is in what is returned, as text."""
        done = subprocess.run(["ip", "netns", "exec", self.name, *map(str, command)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                              **options)
        if check and done.returncode != 0:
            raise RuntimeError(f"{self.name}: {' '.join(map(str, command))}: exit {done.returncode}\n"
                               f"{done.stdout}")
        return done

    def spawn(self, *command, log=os.devnull, **options):
        """Starts a program here; it ends with the lab. `log` gets what it prints."""
        with open(log, "ab") as out:
            # ip becomes the program: the process's number is the program's own.
            process = subprocess.Popen(["ip", "netns", "exec", self.name, *map(str, command)],
                                       stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, **options)
        self.processes.append(process)
        return process

    def sysctl(self, **values):
        """node.sysctl(**{"net.netfilter.nf_conntrack_udp_timeout": 3})"""
        with self.inside():
            _sysctl(values)

    def nft(self, rules):
        with self.inside():
            _run("nft", "-f", "-", stdin=rules)

    def lose(self, per_mille, interface="eth0"):
        """Loses that much of what comes in by an interface; 0: nothing any more."""
        self.nft("add table netdev loss\ndelete table netdev loss\n" + (
            "add table netdev loss\nadd chain netdev loss in { type filter hook ingress "
            f"device {interface} priority 0; }}\n"
            f"add rule netdev loss in numgen random mod 1000 < {per_mille} drop\n"
            if per_mille else ""))

    def hosts_file(self):
        """Where a program here finds /etc/hosts; made with the line of localhost."""
        folder = f"/etc/netns/{self.name}"
        os.makedirs(folder, exist_ok=True)
        path = folder + "/hosts"
        if not os.path.exists(path):
            with open(path, "w", encoding="ascii") as f:
                f.write("127.0.0.1 localhost\n")
        return path


class Host(Node):
    """A machine with one interface, `eth0`."""

    def __init__(self, lab, name, where, ipv6, delay_ms):
        super().__init__(lab, name)
        self.ipv6, self.delay_ms, self.where = ipv6, delay_ms, None
        self._plug(where)

    def move(self, where=None):
        """To another network, or to another address in the same one."""
        if self.link:
            self.link.kill()
            self.link.wait()
        else:
            self._ip("link del eth0")
        self._plug(where or self.where)

    def _plug(self, where):
        self.where = where
        self.link = where._attach(self, "eth0", self.delay_ms)
        self.address, self.address_v6, routers = where._lease(self.ipv6)
        lines = ["link set eth0 up", f"addr add {self.address}/24 dev eth0",
                 f"route add default via {routers[0]}"]
        if self.address_v6:
            lines += [f"addr add {self.address_v6}/64 dev eth0 nodad",
                      f"route add default via {routers[1]}"]
        self._ip(*lines)


class Nat(Node):
    """A router between a network of its own (`lan`) and another one (`wan`). `address` is its outer
    address."""

    def __init__(self, lab, name, kind, where, number, delay_ms):
        super().__init__(lab, name)
        self.lan, self._next = f"192.168.{number}", 2
        self.where = where
        where._attach(self, "wan", delay_ms)
        self.address, _, routers = where._lease(False)
        self._ip("link set wan up", f"addr add {self.address}/24 dev wan",
                 f"route add default via {routers[0]}", "link add lan type bridge",
                 "link set lan up", f"addr add {self.lan}.1/24 dev lan")
        with self.inside():
            _sysctl({"net.ipv4.ip_forward": 1})
        self.become(kind)

    def become(self, kind):
        """Another kind of NAT, with an empty table."""
        self.kind = kind
        self.forget()

    def forget(self):
        """As after a restart: no flow is known any more."""
        self.nft(nat_kinds.rules(self.kind, self.address))
        self.run("conntrack", "-F")

    def readdress(self):
        """The provider gives it another outer address; its table is void."""
        old = self.address
        self.address, _, routers = self.where._lease(False)
        self._ip(f"addr del {old}/24 dev wan", f"addr add {self.address}/24 dev wan",
                 f"route replace default via {routers[0]}")
        self.forget()

    def _lease(self, ipv6):
        if ipv6:
            raise ValueError(f"{self.name} translates IPv4 only")
        self._next += 1
        return f"{self.lan}.{self._next - 1}", None, (f"{self.lan}.1", None)

    def _attach(self, node, interface, delay_ms):
        return self.lab._link(self.name, "lan", node, interface, delay_ms)


class Internet:
    """The namespace the test itself runs in."""

    def __init__(self, lab):
        self.lab, self._next = lab, 2
        _sysctl(_SANE)
        _ip(["link add inet type bridge", "link set inet up", "addr add 203.0.113.1/24 dev inet",
             "addr add 2001:db8::1/64 dev inet nodad"])
        _sysctl({"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1})

    def _lease(self, ipv6):
        n = self._next
        if n > 254:
            raise RuntimeError("the internet has no address left")
        self._next += 1
        return (f"203.0.113.{n}", f"2001:db8::{n:x}" if ipv6 else None,
                ("203.0.113.1", "2001:db8::1"))

    def _attach(self, node, interface, delay_ms):
        return self.lab._link(None, "inet", node, interface, delay_ms)


class Lab:
    """`delay_link`: the program of that name, needed where a link is to take time."""

    def __init__(self, delay_link=None):
        self.delay_link, self.nodes, self._nats = delay_link, {}, 0
        self.internet = Internet(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def host(self, name, behind=None, ipv6=None, delay_ms=0):
        """On the internet, with IPv6, unless `behind` a NAT. `delay_ms`: one way, to its network."""
        ipv6 = behind is None if ipv6 is None else ipv6
        return Host(self, name, behind or self.internet, ipv6, delay_ms)

    def nat(self, name, kind, behind=None, delay_ms=0):
        """`behind` another NAT: a home whose provider translates too."""
        self._nats += 1
        return Nat(self, name, kind, behind or self.internet, self._nats, delay_ms)

    def close(self):
        """Ends what was started, and makes room for another one."""
        running = [p for n in self.nodes.values() for p in n.processes if p.poll() is None]
        for process in running:
            process.terminate()
        end = time.monotonic() + 3
        for process in running:
            try:
                process.wait(max(0.01, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for name in self.nodes:
            _run("ip", "netns", "del", name)
        _ip(["link del inet"])

    def _link(self, namespace, bridge, node, interface, delay_ms):
        """Between a bridge and a node. What carries it is returned where it is a process."""
        end = f"l{next(_link_numbers)}"
        if not delay_ms:
            _ip([f"link add {end} type veth peer name {interface} netns {node.name}",
                 f"link set {end} master {bridge} up"], namespace)
            return None
        if not self.delay_link:
            raise ValueError("a link that takes time needs the program delay_link")
        process = subprocess.Popen(
            [self.delay_link, f"/run/netns/{namespace}" if namespace else "/proc/self/ns/net", end,
             f"/run/netns/{node.name}", interface, str(delay_ms)], stdout=subprocess.PIPE, text=True)
        node.processes.append(process)
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{self.delay_link} does not work")
        _ip([f"link set {end} master {bridge} up"], namespace)
        return process


def _enter(namespace):
    if _libc.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
