#!/usr/bin/env python3
"""Two members behind NATs, with the kernel's WireGuard and real latency, in a virtual machine.

    pairs_test.py CACHE-FOLDER FOLDER-OF-PROGRAMS

Inside it is run again with --inside: the laboratory and the network of ../lab and ../e2e, on another kernel.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../lab"), os.path.join(HERE, "../e2e")]

ONE_WAY_MS = 20  # on each NAT's way out, and on its way back none: a round trip of 40 ms
TIMEOUT_S = 400


def outside(cache, folder):
    import vm
    machine = vm.Machine(cache, vm.WIREGUARD_MODULES,
                         ["ip", "nft", "tc", "unshare", "mount", "ping", "conntrack", "ss"], memory_mib=1024)
    for program in ("wh", "wh-real"):
        machine.add(os.path.join(folder, program))
    python = machine.add_python()
    machine.add_tree(os.path.dirname(HERE), "/real", skip={"__pycache__"})
    result = machine.run(f"{python} /real/vm/pairs_test.py --inside /bin\n", TIMEOUT_S)
    print(result.console)
    print(f"the machine ran for {result.seconds:.1f} s")
    sys.exit(0 if result.code == 0 else 1)


def inside(folder):
    import time
    from isolation import isolate
    from lab import Lab
    from overlay import Overlay, Programs
    isolate()
    with Lab() as lab, Overlay(Programs(folder)) as net:
        net.node("boot", lab.host("boot"), boot=True)
        members = []
        for name in ("a", "b"):
            nat = lab.nat(f"nat-{name}", "restricted")
            nat.run("tc", "qdisc", "add", "dev", "wan", "root", "netem", "delay", f"{ONE_WAY_MS}ms")
            members.append(net.member(f"{name}.test", lab.host(name, behind=nat)))
        a, b = members
        began = time.monotonic()
        net.up()
        up = time.monotonic()
        took = a.reach("b.test", 60)
        print(f"up after {up - began:.1f} s, first ping {took:.2f} s later", flush=True)
        a.wait_path("b.test", "direct", 60)
        b.wait_path("a.test", "direct", 60)
        for member in members:
            assert "kernel" in str(member.status()["device"]), member.status()["device"]
        # The direct path has two NATs on its way, each with its delay.
        answers = a.host.run("ping", "-n", "-c5", "-i0.2", "b.test").stdout
        print(answers, flush=True)
        least = float(answers.rsplit("=", 1)[1].split("/")[0])
        assert least >= 2 * ONE_WAY_MS, f"{least} ms: the way is not the one that was built"
        links = a.host.run("ip", "-d", "link", "show", a.interface).stdout
        assert "wireguard" in links, links


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if sys.argv[1] == "--inside":
        inside(sys.argv[2])
    else:
        outside(*sys.argv[1:])
