#!/usr/bin/env python3
"""Shows a network on hosts: `tools/demo real` builds the programs and runs this.

    demo_real.py FOLDER-OF-PROGRAMS

Six hosts in network namespaces of this machine, which nobody outside sees and which end with the
demonstration, however it ends: a boot node, a relay and a stranger on the internet, two members at homes behind
NATs that a direct path can be opened through, and a third one behind a NAT where it cannot.
"""

import os
import subprocess
import sys
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tests/real/lab"))

from isolation import isolate_lab
from lab import Lab

FOLDER = "/run/demo"


def say(text):
    print(f"\n== {text}", flush=True)


class Person:
    """Types commands on a host, and shows them."""

    def __init__(self, programs, host, name):
        self.host, self.name = host, name
        os.makedirs(f"{FOLDER}/{name}/run")
        host.hosts_file()
        self.environment = {**os.environ, "PATH": programs + ":" + os.environ["PATH"],
                            "WH_RUN_DIR": f"{FOLDER}/{name}/run"}

    def type(self, command, check=True):
        print(f"{self.name}$ {command}", flush=True)
        done = self.host.run("sh", "-c", command, check=False, env=self.environment, cwd=FOLDER)
        print(done.stdout, end="", flush=True)
        if check and done.returncode != 0:
            sys.exit(f"exit code {done.returncode}")
        return done


def main(programs):
    os.makedirs(FOLDER)
    os.environ["PATH"] = programs + ":" + os.environ["PATH"]
    with Lab() as lab:
        homes = {"a": "restricted", "b": "restricted", "c": "fully-random"}
        boot = Person(programs, lab.host("boot"), "boot")
        relay = Person(programs, lab.host("relay"), "relay")
        members = [Person(programs, lab.host(n, behind=lab.nat(f"nat-{n}", kind)), n)
                   for n, kind in homes.items()]
        stranger = Person(programs, lab.host("stranger"), "stranger")
        a, b, c = members
        everybody = [boot, relay, *members]

        say("every host makes a key; the public keys make the network file")
        lines = ["name demo", "workbit 20", "subnet 10.7.0.0/24", ""]
        with open(f"{FOLDER}/network", "w", encoding="ascii") as f:
            f.write("\n".join(lines))
        for person in everybody:
            person.type(f"(umask 077; wh genkey ./network > {person.name}.sk)")
            key = subprocess.run(f"wh pubkey < {FOLDER}/{person.name}.sk", shell=True, check=True,
                                 capture_output=True, text=True).stdout.strip()
            lines.append(f"boot {person.name} {key} {person.host.address}" if person in (boot, relay)
                         else f"trust {person.name}.test {key}")
        with open(f"{FOLDER}/network", "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")
        a.type("cat ./network")

        say("everybody comes up with the same file; a and b are behind home routers, c behind a NAT\n"
            "   that takes another port for every destination")
        for person in everybody:
            person.type(f"wh up ./network private-key ./{person.name}.sk interface wh-{person.name} "
                        f"state-dir ./{person.name}/state log ./{person.name}/log")

        stranger.type("wh up ./network mode direct interface wh-stranger log ./stranger/log  # no key: "
                      "a node that serves others")

        say("ping by name: from a to b, and from a to c")
        start = time.monotonic()
        a.type("ping -n -c 3 -i 0.2 b.test")
        a.type("ping -n -c 3 -i 0.2 c.test")
        print(f"({time.monotonic() - start:.1f} s)")

        say("what a's daemon says")
        # A direct path to c is tried before it is given up.
        end = time.monotonic() + 20
        while time.monotonic() < end:
            why = a.host.run("wh", "why", "c.test", env=a.environment).stdout
            if "mapping_varies" in why:
                break
            time.sleep(0.2)
        a.type("wh show")
        a.type("wh why c.test")
        a.type("wh ping b.test")

        say("everybody goes down; nothing is left")
        for person in [*everybody, stranger]:
            person.type("wh down")
        a.type("ip -brief link; nft list tables; cat /etc/hosts")


if __name__ == "__main__":
    isolate_lab()
    main(os.path.abspath(sys.argv[1]))
