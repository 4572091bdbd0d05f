#!/usr/bin/env python3
"""How often `wh-sim check` cries wolf, and how often it finds what is there.

    tests/sim/compare/power.py PATH-TO-WH-SIM [--variants N] [--trials N] [--jobs N] [--report FILE]

False alarms: variants that only rename the streams of chance (--salt), against one baseline of
seeds 1 to 20. Power: in each trial a baseline of 20 seeds of its own, 1000 pairs each, and the same
seeds with a few members' routers changed for symmetric ones. Ends with 1 when more than 1 of 100
variants is an alarm, or fewer than 18 of 20 trials find that the direct rate is worse.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIO = os.path.join(HERE, "power.toml")
# A tenth of the pairs: false alarms are about chance, not about size.
SMALL = ["--set", "peers.mixed.count=40", "--set", "workload.0.connect.pairs=100"]
WORSE = ["--set", "peers.movers.nat=symmetric"]
SEEDS = 20


class Bench:
    def __init__(self, wh_sim, folder, jobs):
        self.wh_sim, self.folder, self.jobs = wh_sim, folder, jobs

    def check(self, name, *options):
        """The exit code and check.json."""
        out = os.path.join(self.folder, "out")
        command = [self.wh_sim, "check", SCENARIO, "--out", out, "--jobs", str(self.jobs),
                   "--baseline", os.path.join(self.folder, name + ".json"), *options]
        p = subprocess.run(command, capture_output=True, text=True)
        if p.returncode == 2 or (p.returncode != 0 and "--update" in options):
            sys.exit(f"{' '.join(command)}\n{p.stdout}{p.stderr}")
        with open(os.path.join(out, "check.json")) as f:
            return p.returncode, json.load(f)


def of_verdict(result, *verdicts):
    return [s for c in result["scenarios"] for s in c["statistics"]
            if s["verdict"] in verdicts and s["same_as"] is None]


def false_alarms(bench, variants):
    bench.check("salted", "--update", "--seeds", f"1-{SEEDS}", *SMALL)
    alarms, other, looked_at = [], 0, 0
    for i in range(1, variants + 1):
        code, result = bench.check("salted", "--salt", f"variant {i}")
        families = result["families"]
        looked_at = families["directed"]["statistics"] + families["undirected"]["statistics"]
        worse = [s["metric"] + "." + s["statistic"] for s in of_verdict(result, "worse")]
        other += bool(of_verdict(result, "better", "moved"))
        if code == 1:
            alarms.append(f"variant {i}: {', '.join(worse) or 'a run'}")
        print(f"variant {i}: {'ALARM ' + ', '.join(worse) if code else 'none'}", flush=True)
    return {"alarms": alarms, "other": other, "statistics": looked_at}


def power(bench, trials):
    rows = []
    for t in range(trials):
        seeds = ["--seeds", f"{t * SEEDS + 1}-{(t + 1) * SEEDS}"]
        bench.check("before", "--update", *seeds)
        _, result = bench.check("before", *WORSE)
        os.remove(os.path.join(bench.folder, "before.json"))
        direct = next(s for s in result["scenarios"][0]["statistics"]
                      if s["metric"] == "paths.direct_ratio")
        rows.append({"seeds": seeds[1], "before": direct["before"]["mean"],
                     "now": direct["now"]["mean"], "difference": direct["difference"],
                     "p": direct["p_corrected"], "found": direct["verdict"] == "worse"})
        print(rows[-1], flush=True)
    return rows


def report(version, variants, alarms, trials):
    lines = ["# How well `wh-sim check` tells", "",
             f"Written by `tests/sim/compare/power.py` with {version}.", "",
             "| | asked for | measured |", "|---|---|---|"]
    if variants:
        lines.append(f"| alarms in {variants} variants that only rename the streams of chance, "
                     f"{SEEDS} seeds, {alarms['statistics']} statistics | 1 of 100 at most | "
                     f"{len(alarms['alarms'])} |")
    if trials:
        found = sum(r["found"] for r in trials)
        mean = 100 * sum(r["now"] - r["before"] for r in trials) / len(trials)
        lines.append(f"| trials that find a direct rate {-mean:.1f} points worse (on average), "
                     f"{SEEDS} seeds of 1000 pairs | 18 of 20 at least | "
                     f"{found} of {len(trials)} |")
    if variants:
        lines += ["", f"Variants told to be better, or to have moved where no direction is good: "
                      f"{alarms['other']}. Alarms: {'; '.join(alarms['alarms']) or 'none'}."]
    if trials:
        lines += ["", "| seeds | direct before | now | difference (Hodges-Lehmann) | corrected p | |",
                  "|---|--:|--:|--:|--:|---|"]
        for r in trials:
            lines.append(f"| {r['seeds']} | {r['before']:.4f} | {r['now']:.4f} | "
                         f"{r['difference']:+.4f} | {r['p']:.2g} | "
                         f"{'found' if r['found'] else 'missed'} |")
    return "\n".join(lines) + "\n"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("wh_sim")
    options.add_argument("--variants", type=int, default=100)
    options.add_argument("--trials", type=int, default=20)
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("--report")
    o = options.parse_args()
    version = subprocess.run([o.wh_sim, "--version"], capture_output=True, text=True,
                             check=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(o.wh_sim, folder, o.jobs)
        trials = power(bench, o.trials)
        alarms = false_alarms(bench, o.variants) if o.variants else None
    text = report(version, o.variants, alarms, trials)
    print(text)
    if o.report:
        with open(o.report, "w") as f:
            f.write(text)
    few = alarms is None or len(alarms["alarms"]) * 100 <= o.variants
    most = sum(r["found"] for r in trials) * 20 >= 18 * len(trials)
    return 0 if few and most else 1


if __name__ == "__main__":
    sys.exit(main())
