#!/usr/bin/env python3
"""What the pairs of one run or of many came to, with pandas (Debian: python3-pandas).

    wh-sim run churn_1k --seeds 1-5 --data --out /tmp/churn
    python3 analyse.py /tmp/churn
"""

import math
import sqlite3
import sys
from pathlib import Path

import pandas as pd


def read(table, folder):
    """A table of every run below a folder, as one."""
    parts = []
    for file in sorted(Path(folder).rglob("run.sqlite")):
        with sqlite3.connect(file) as db:
            parts.append(pd.read_sql(f"SELECT * FROM {table}", db))
    if not parts:
        sys.exit(f"{folder}: no run.sqlite here or below; `wh-sim run ... --data` writes it")
    return pd.concat(parts, ignore_index=True)


def quantile(times, q):
    """By nearest rank. A time that never came has no value, and ranks last."""
    ranked = times.fillna(math.inf).sort_values(ignore_index=True)
    return ranked[max(0, math.ceil(q * len(ranked)) - 1)] if len(ranked) else math.nan


def say(what, value):
    word = "none" if math.isnan(value) else "never" if math.isinf(value) else format(value, ".4f")
    print(f"{what:32}{word:>10}")


if len(sys.argv) != 2:
    sys.exit("usage: analyse.py FOLDER")
folder = sys.argv[1]
pairs, lookups, steps = (read(t, folder) for t in ("pairs", "lookups", "steps"))
pairs = pairs[pairs.asked_s.notna()]  # the others are in no metric

possible = pairs[pairs.o1 == 1]
say("direct, of those possible", (possible.path == "direct").mean())

# Pairs of one run share hosts, so they are not independent: seeds are.
by_seed = (pairs.path == "direct").groupby([pairs.scenario, pairs.seed]).mean()
say("direct, mean of seeds", by_seed.mean())
say("direct, lowest seed", by_seed.min())

asked = pairs[pairs.udp_when_asked == 1]
say("first payload p50 (s)", quantile(asked.first_payload_s, 0.50))
say("first payload p95 (s)", quantile(asked.first_payload_s, 0.95))
say("first payload never", asked.first_payload_s.isna().mean())

judged = lookups[lookups.sought_host.notna() & (lookups.outcome != "left")]
say("lookups that found", (judged.outcome == "found").mean())
say("lookup p95 (s)", quantile(judged.took_s.where(judged.outcome == "found"), 0.95))

spans = steps.groupby(["scenario", "seed"]).at_s.diff().fillna(steps.at_s)
say("most bytes a second", (steps.bytes / spans).max())

print()
ends = pairs.from_class + " to " + pairs.to_class
shares = pd.DataFrame({"pairs": pairs.groupby(ends).size(),
                       "direct": (pairs.path == "direct").groupby(ends).sum(),
                       "possible": (pairs.o1 == 1).groupby(ends).sum()})
for name, row in shares.sort_index().iterrows():
    print(f"{name:20}{row.pairs:6}{row.direct:6}{row.possible:6}")
