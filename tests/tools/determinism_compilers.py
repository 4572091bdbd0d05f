#!/usr/bin/env python3
"""Do g++ and clang++ build the same world? Builds wh-sim with the other compiler and compares what
happens in a few scenarios, event by event through the trace's hash.

    tests/tools/determinism_compilers.py PATH-TO-WH-SIM SOURCE-DIR COMPILER-ID FOLDER-OF-OTHER-BUILD

COMPILER-ID is CMake's name of the compiler that built PATH-TO-WH-SIM. Exit code 0: the same; 1: not;
77: there is no other compiler here. The other build is kept, so that a second run is quick.
"""

import os
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
# Real and modelled cryptography, both levels of detail, the king-like latencies (floating point),
# populations, losses, churn and lookups (logarithms and powers).
RUNS = [
    ["pair_cone", "--seed", "3"],
    ["pair_symmetric", "--seed", "2", "--set", "network.detail=packets"],
    ["nat_reboot", "--seed", "1"],
    ["seed_network", "--seed", "1"],
    ["churn_1k", "--seed", "1", "--set", "duration_s=300"],
]


def main():
    wh_sim, source, compiler, folder = sys.argv[1:5]
    other = "g++" if "Clang" in compiler else "clang++"
    if shutil.which(other) is None:
        print(f"SKIPPED: this build is of {compiler} and there is no {other} to compare it with")
        return SKIPPED
    subprocess.run(["cmake", "-G", "Ninja", "-S", source, "-B", folder,
                    f"-DCMAKE_CXX_COMPILER={other}"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "--target", "wh-sim"], check=True)
    programs = {compiler: wh_sim, other: os.path.join(folder, "bin", "wh-sim")}
    same = True
    for run in RUNS:
        hashes = {name: trace_hash(path, source, run) for name, path in programs.items()}
        equal = len(set(hashes.values())) == 1
        print("same  " if equal else "DIFFER", " ".join(run), hashes)
        if not equal:
            same = False
            show_difference(programs, source, run)
    return 0 if same else 1


def command(program, source, run):
    return [os.path.abspath(program), "run", os.path.join(source, "scenarios", run[0] + ".toml"),
            *run[1:]]


def trace_hash(program, source, run):
    with tempfile.TemporaryDirectory() as elsewhere:
        # Exit code 1 is an expectation that does not hold, which is not the question here.
        p = subprocess.run([*command(program, source, run), "--trace-hash"], capture_output=True,
                           text=True, cwd=elsewhere)
    if p.returncode not in (0, 1) or len(p.stdout.split()) != 2:
        sys.exit(f"{program} {' '.join(run)}: exit code {p.returncode}\n{p.stderr}")
    return p.stdout.split()[1]


def show_difference(programs, source, run):
    """The first lines that are not the same, where the search for the reason begins."""
    with tempfile.TemporaryDirectory() as elsewhere:
        traces = []
        for i, program in enumerate(programs.values()):
            out = os.path.join(elsewhere, str(i))
            subprocess.run([*command(program, source, run), "--trace", "--out", out],
                           capture_output=True, cwd=elsewhere)
            traces.append(open(os.path.join(out, "trace"), encoding="utf-8"))
        for number, lines in enumerate(zip(*traces), 1):
            if lines[0] != lines[1]:
                print(f"  line {number} of the trace:")
                for name, line in zip(programs, lines):
                    print(f"    {name:8} {line.rstrip()}")
                break
        else:
            print("  the traces' lines are the same: parts that are only hashed differ, or the length")
        for trace in traces:
            trace.close()


if __name__ == "__main__":
    sys.exit(main())
