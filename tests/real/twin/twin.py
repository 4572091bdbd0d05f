#!/usr/bin/env python3
"""Real daemons and their simulated twin: the same arrivals, kills and restarts, and what both sent.

    twin.py FOLDER-OF-PROGRAMS [--peers N] [--minutes M] [--seed S] [--twins N]

Prints a table in Markdown, kind of packet by kind. Exit code 1: the two differ by more than is said
below (TOTAL, KIND).
"""

import argparse
import collections
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../lab"), os.path.join(HERE, "../e2e")]

from isolation import isolate
from overlay import Programs

from daemons import Daemons
from schedule import Schedule

TOTAL = (0.95, 1.05)  # of all packets
KIND = (0.9, 1.1)     # of each kind that is more than SHARE of them
SHARE = 0.01


def simulate(programs, schedule, twins):
    """What the twin of each seed sent, by kind."""
    with tempfile.TemporaryDirectory(prefix="twin-", dir="/run") as folder:
        with open(folder + "/lives.csv", "w", encoding="ascii") as f:
            f.write(schedule.lives_csv())
        with open(folder + "/twin.toml", "w", encoding="ascii") as f:
            f.write(schedule.scenario("lives.csv", twins))
        all = []
        for seed in range(1, twins + 1):
            done = subprocess.run([programs.sim, "run", folder + "/twin.toml", "--seed", str(seed),
                                   "--json"], stdout=subprocess.PIPE, text=True, check=True, cwd=folder)
            all.append(collections.Counter(json.loads(done.stdout)["sent_packets"]))
        return all


def rows(real, twins):
    """(kind, real, mean of the twins, least of them, most, whether it is judged), most sent first."""
    kinds = set(real).union(*twins)
    total = max(real.total(), statistics.mean(t.total() for t in twins))
    for kind in sorted(kinds, key=lambda k: (-sum(t[k] for t in twins), k)):
        there = [t[kind] for t in twins]
        mean = statistics.mean(there)
        yield kind, real[kind], mean, min(there), max(there), max(real[kind], mean) > SHARE * total
    there = [t.total() for t in twins]
    yield "all", real.total(), statistics.mean(there), min(there), max(there), True


def table(all):
    """The table, and what in it lies outside of the bounds."""
    lines = ["| packet | real | simulated | least to most | ratio |", "|---|---|---|---|---|"]
    wrong = []
    for kind, real, mean, least, most, judged in all:
        ratio = real / mean if mean else float("inf")
        low, high = TOTAL if kind == "all" else KIND
        if judged and not low <= ratio <= high:
            wrong.append(f"{kind}: {ratio:.3f} is not within {low} to {high}")
        lines.append(f"| {kind} | {real} | {mean:.0f} | {least} to {most} | "
                     f"{ratio:.2f}{'' if judged else ' (few)'} |")
    return "\n".join(lines), wrong


def main():
    words = argparse.ArgumentParser()
    words.add_argument("folder")
    words.add_argument("--peers", type=int, default=150)
    words.add_argument("--minutes", type=float, default=18)
    words.add_argument("--seed", type=int, default=1, help="of arrivals, kills and restarts")
    words.add_argument("--twins", type=int, default=16, help="simulated runs, of seeds 1 to this")
    given = words.parse_args()
    if given.peers < 10 or given.minutes < 1 or given.twins < 1:
        words.error("at least 10 peers, a minute and a twin")
    isolate()
    # The first process of a process namespace has no default for it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    programs = Programs(os.path.abspath(given.folder))
    schedule = Schedule(given.peers, given.minutes, given.seed)
    simulated = simulate(programs, schedule, given.twins)
    daemons = Daemons(programs, schedule)
    daemons.play(lambda text: print(text, file=sys.stderr, flush=True))
    starts, kills, again = schedule.counts()
    print(f"{given.peers} peers, {given.minutes:g} min, seed {given.seed}: {starts} arrivals, of which {again} "
          f"after a kill, and {kills} kills. {given.twins} twins. Load average "
          f"{min(daemons.loads):.1f} to {max(daemons.loads):.1f} on {os.cpu_count()} cores; what was due came at "
          f"most {1000 * daemons.late_s:.0f} ms late; the daemons used {daemons.cpu_s:.0f} s of CPU.\n")
    text, wrong = table(list(rows(daemons.sent, simulated)))
    print(text, flush=True)
    if daemons.sent.total() != daemons.datagrams:
        wrong.append(f"the ports sent {daemons.datagrams} datagrams, by kind there are {daemons.sent.total()}")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
