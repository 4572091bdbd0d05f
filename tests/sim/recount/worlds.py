#!/usr/bin/env python3
"""Recounts worlds of chance: every metric of each is what its raw log says.

    worlds.py PATH-TO-WH-SIM OUT FIRST LAST
"""

import os
import subprocess
import sys

from recount import compare, recount
from recount_test import run


def main(wh_sim, out, first, last):
    os.makedirs(out, exist_ok=True)
    differences = 0
    for number in range(int(first), int(last) + 1):
        world = os.path.join(out, f"world-{number}.toml")
        with open(world, "w", encoding="utf-8") as f:
            subprocess.run([wh_sim, "swarm", "--seeds", str(number), "--show"], stdout=f, check=True)
        log, report = run(wh_sim, os.path.join(out, "run"), world, ["--set", "seeds=[1]"])
        for line in compare(log, recount(log), report):
            print(f"{world}: {line}")
            differences += 1
    print(f"worlds {first} to {last}: {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
