#!/usr/bin/env python3
"""The simulator as scripts see it, with the world that ships.

    tests/tools/wh_sim_test.py PATH-TO-WH-SIM SOURCE-DIR
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

WH_SIM, SOURCE = sys.argv[1:3]
SCENARIO = os.path.join(SOURCE, "scenarios/pair_symmetric.toml")


def run(*args):
    with tempfile.TemporaryDirectory() as elsewhere:
        p = subprocess.run([WH_SIM, "run", *args], capture_output=True, text=True, cwd=elsewhere,
                           timeout=100)
    return p.returncode, p.stdout, p.stderr


def trace_hash(*args):
    code, out, errors = run(*args, "--trace-hash")
    assert code == 0, errors
    return out.split()[1]


class Determinism(unittest.TestCase):
    def test_the_same_seed_gives_the_same_trace_hash_and_another_seed_another(self):
        first = trace_hash(SCENARIO, "--seed", "7")
        self.assertEqual(first, trace_hash(SCENARIO, "--seed", "7"))
        self.assertNotEqual(first, trace_hash(SCENARIO, "--seed", "8"))

    def test_the_level_packets_repeats_itself_too(self):
        packets = [SCENARIO, "--seed", "7", "--set", "network.detail=packets"]
        self.assertEqual(trace_hash(*packets), trace_hash(*packets))

    def test_a_seed_does_the_same_alone_and_among_others(self):
        alone = trace_hash(SCENARIO, "--seed", "7")
        code, out, errors = run(SCENARIO, "--seed", "6", "--seed", "7", "--trace-hash")
        self.assertEqual(code, 0, errors)
        self.assertIn(f"7 {alone}", out.splitlines())


class Reports(unittest.TestCase):
    def test_two_reports_of_one_seed_differ_only_in_what_depends_on_the_machine(self):
        reports = []
        for _ in range(2):
            code, out, errors = run(SCENARIO, "--seed", "7", "--json")
            self.assertEqual(code, 0, errors)
            reports.append(json.loads(out))
        for r in reports:
            del r["host"]
        self.assertEqual(reports[0], reports[1])

    def test_a_broken_expectation_ends_with_1_and_prints_what_replays_it(self):
        code, out, _ = run(SCENARIO, "--seed", "7", "--set", "expect.0.path=direct")
        self.assertEqual(code, 1)
        self.assertIn("BROKEN", out)
        self.assertIn("replay wh-sim run " + SCENARIO, out)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
