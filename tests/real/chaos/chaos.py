#!/usr/bin/env python3
"""Drawn worlds (`wh-sim swarm --show`) on real sockets: daemons in namespaces, pings of every ordered pair each 0.5 s,
and the judge looks on for 150 s after the last fault, for the worst faults come late.

  chaos.py BIN [--seeds A-B] [--episodes N] [--jobs N] [--watch SECONDS] [--out DIR]

From seed A on, until there were N episodes; worlds that namespaces cannot make are counted with the reason. An episode
is DIR/N.json; the world that it was drawn from DIR/N.toml. Ends with 1 if a pair never came back, was never direct though
its boxes allow it, or was lost again; 77 where there are no namespaces.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../lab"), os.path.join(HERE, "../e2e")]


def one(args):
    """Runs one episode in this process, in namespaces of its own."""
    from isolation import isolate_lab
    isolate_lab("wireguard-go")
    from episode import CannotBeMade, Episode, simulated
    path = os.path.join(args.out, f"{args.one}.toml")
    with open(path, "rb") as f:
        world = tomllib.load(f)
    try:
        episode = Episode(args.one, world, args.bin, args.watch)
    except CannotBeMade as why:
        print(json.dumps({"episode": args.one, "cannot": str(why)}))
        return
    result = episode.run()
    twin = simulated(os.path.join(args.bin, "wh-sim"), path, os.path.join(args.out, f"{args.one}.twin"))
    for p in result["pairs"]:
        p["can_be_direct"], p["twin"] = twin.get((p["from"], p["to"]), (None, None))
    print(json.dumps(result))


def draw(args, seed):
    text = subprocess.run([os.path.join(args.bin, "wh-sim"), "swarm", "--seeds", str(seed), "--show"],
                          capture_output=True, text=True, check=True).stdout
    with open(os.path.join(args.out, f"{seed}.toml"), "w", encoding="utf-8") as f:
        f.write(text)
    sys.path[:0] = [HERE, os.path.join(HERE, "../lab"), os.path.join(HERE, "../e2e")]
    from episode import CannotBeMade, Episode
    try:
        Episode(seed, tomllib.loads(text), args.bin, args.watch)
    except CannotBeMade as why:
        return str(why)
    return None


def percentile(values, share):
    """None among the values is never, and behind all others."""
    ranked = sorted(values, key=lambda v: float("inf") if v is None else v)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0


def say(name, values):
    never = sum(v is None for v in values)
    print(f"{name:18} n {len(values):5}  p50 {percentile(values, 0.5)}  p95 {percentile(values, 0.95)}  "
          f"max {percentile(values, 1)}  never {never}")
    return never


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("bin")
    p.add_argument("--seeds", default="1-100000")
    p.add_argument("--episodes", type=int, default=5)
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--watch", type=float, default=150)
    p.add_argument("--out", default="out/chaos")
    p.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = p.parse_args()
    args.bin, args.out = os.path.abspath(args.bin), os.path.abspath(args.out)
    os.makedirs(args.out, exist_ok=True)
    if args.one is not None:
        return one(args)
    first, last = (int(x) for x in args.seeds.split("-"))
    chosen, cannot = [], collections.Counter()
    for seed in range(first, last + 1):
        if len(chosen) == args.episodes:
            break
        why = draw(args, seed)
        if why:
            cannot[why] += 1
            os.unlink(os.path.join(args.out, f"{seed}.toml"))
        else:
            chosen.append(seed)
    print(f"{len(chosen)} episodes; {sum(cannot.values())} worlds that namespaces do not make:")
    for why, n in cannot.most_common():
        print(f"  {n:5}  {why}")

    def run(seed):
        done = subprocess.run([sys.executable, os.path.abspath(__file__), args.bin, "--one", str(seed), "--out", args.out,
                               "--watch", str(args.watch)], capture_output=True, text=True, check=False)
        return seed, done

    connected, direct, late, failed = [], [], 0, 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for seed, done in pool.map(run, chosen):
            if done.returncode == 77:
                print(done.stdout + done.stderr)
                sys.exit(77)
            try:
                result = json.loads(done.stdout.splitlines()[-1])
            except (IndexError, ValueError):
                failed += 1
                print(f"episode {seed} ended with {done.returncode}:\n{done.stdout[-500:]}{done.stderr[-1500:]}")
                continue
            with open(os.path.join(args.out, f"{seed}.json"), "w", encoding="utf-8") as f:
                json.dump(result, f, indent=1)
            pairs = result["pairs"]
            connected += [x["connected_s"] for x in pairs]
            direct += [x["direct_s"] for x in pairs if x["can_be_direct"]]
            late += sum(bool(x["late"]) for x in pairs)
            odd = [x for x in pairs if x["connected_s"] is None or x["late"] or x["connected_s"] > 10
                   or (x["can_be_direct"] and x["direct_s"] is None)]
            print(f"episode {seed}: {', '.join(f[1] for f in result['faults'])}: {len(pairs)} pairs, "
                  f"again p95 {percentile([x['connected_s'] for x in pairs], 0.95)} s", flush=True)
            for x in odd:
                print(f"  {x['from']} - {x['to']}: connected {x['connected_s']}, direct {x['direct_s']}, "
                      f"late {x['late']}, twin {x['twin']}", flush=True)
    never = say("connected again", connected)
    never += say("direct again", direct)
    print(f"{'lost again later':18} {late}")
    sys.exit(1 if never or late or failed else 0)


if __name__ == "__main__":
    main()
