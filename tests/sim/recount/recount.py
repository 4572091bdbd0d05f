#!/usr/bin/env python3
"""Recounts every metric of a run from its raw event log, and compares them with its report.

    recount.py FOLDER...

Each FOLDER is one that `wh-sim run SCENARIO --trace --out FOLDER` wrote, with one seed. Lists every
difference. Ends with 0 when there is none, with 1 when there is one or a metric of the report has no
recount.
"""

import json
import os
import sys

from eventlog import EventLog
from lookups import recount_lookups
from measured import Recount, differences, within
from paths import recount_paths
from peers import recount_joining, recount_network, recount_peers, recount_upkeep


def recount(log):
    out = Recount()
    for family in (
        recount_network,
        recount_peers,
        recount_joining,
        recount_upkeep,
        recount_lookups,
        recount_paths,
    ):
        family(log, out)
    return out


def compare(log, counted, report):
    """Lines that tell where they differ."""
    out = differences(counted, report["metrics"])
    names = [s.name for s in log.slices]
    if [s["name"] for s in report["slices"]] != names:
        out.append(f"slices: reported {[s['name'] for s in report['slices']]}, logged {names}")
        return out
    for number, (piece, reported) in enumerate(zip(log.slices, report["slices"])):
        found = differences(counted, reported["metrics"], number, within(piece, log.end))
        out += [f"slice {piece.name}: {line}" for line in found]
    return out


def main(folders):
    if not folders:
        raise SystemExit(__doc__)
    bad = 0
    for folder in folders:
        with open(os.path.join(folder, "report.json"), encoding="utf-8") as f:
            report = json.load(f)
        log = EventLog(os.path.join(folder, "trace"))
        counted = recount(log)
        found = compare(log, counted, report)
        for line in found:
            print(f"{folder}: {line}")
        bad += len(found)
        print(f"{folder}: {len(counted.names())} metrics, {len(found)} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
