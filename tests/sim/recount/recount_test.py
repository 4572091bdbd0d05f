#!/usr/bin/env python3
"""Runs scenarios with a trace and recounts them.

    recount_test.py PATH-TO-WH-SIM OUT SCENARIO [--set KEY=VALUE ...]    no number differs
    recount_test.py PATH-TO-WH-SIM OUT SCENARIO --planted                a changed number is found
"""

import copy
import json
import os
import subprocess
import sys

from eventlog import EventLog
from recount import compare, recount


def run(wh_sim, out, scenario, options):
    """The folder of a run with seed 1. Expectations are other tests' business."""
    command = [wh_sim, "run", scenario, "--trace", "--seed", "1", "--out", out, *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    with open(os.path.join(out, "report.json"), encoding="utf-8") as f:
        return EventLog(os.path.join(out, "trace")), json.load(f)


def listed(wh_sim):
    command = [wh_sim, "metrics", "--json"]
    return set(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def numbers(report):
    """(place, fields, field) of every number of the whole run's and the slices' metrics."""
    parts = [("", report["metrics"])]
    parts += [(f"slice {s['name']}: ", s["metrics"]) for s in report["slices"]]
    for place, metrics in parts:
        for name, fields in metrics.items():
            for field, value in fields.items():
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    yield f"{place}{name}.{field}", fields, field


def planted(log, counted, report):
    """Changes each number of the report by itself, and takes each metric away."""
    missed, count = [], 0
    for place, fields, field in numbers(report):
        true = fields[field]
        fields[field] = true + max(1e-6, abs(true) * 1e-6)
        if not any(line.startswith(place + ":") for line in compare(log, counted, report)):
            missed.append(place)
        fields[field] = true
        count += 1
    for name in list(report["metrics"]):
        without = copy.deepcopy(report)
        value = without["metrics"].pop(name)
        empty = not (value.get("value") or value.get("whole") or value.get("n"))
        if not empty and not compare(log, counted, without):
            missed.append(f"{name}, taken away")
    report["metrics"]["paths.invented"] = {"value": 1}
    if not compare(log, counted, report):
        missed.append("a metric without a recount")
    print(f"{count} numbers changed, {len(missed)} not found: {missed}")
    return missed


def main(wh_sim, out, scenario, *options):
    plant = "--planted" in options
    log, report = run(wh_sim, out, scenario, [o for o in options if o != "--planted"])
    counted = recount(log)
    found = compare(log, counted, report)
    known = listed(wh_sim)
    found += [f"{name}: is listed and not recounted" for name in known - counted.names()]
    found += [f"{name}: is recounted and not listed" for name in counted.names() - known]
    if plant and not found:
        return 1 if planted(log, counted, report) else 0
    for line in found:
        print(line)
    print(f"{len(counted.names())} metrics, {len(log.slices)} slices, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
