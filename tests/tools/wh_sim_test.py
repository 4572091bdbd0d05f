#!/usr/bin/env python3
"""The simulator as scripts see it, with the world that ships.

    tests/tools/wh_sim_test.py PATH-TO-WH-SIM SOURCE-DIR
"""

import json
import os
import subprocess
import sys
import tempfile
import time
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

    def test_a_salt_renames_the_streams_and_repeats_itself_too(self):
        salted = trace_hash(SCENARIO, "--seed", "7", "--salt", "one")
        self.assertEqual(salted, trace_hash(SCENARIO, "--seed", "7", "--salt", "one"))
        self.assertNotEqual(salted, trace_hash(SCENARIO, "--seed", "7", "--salt", "two"))
        self.assertNotEqual(salted, trace_hash(SCENARIO, "--seed", "7"))

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

    def test_a_replay_writes_the_tables_that_the_run_had_left_out(self):
        with tempfile.TemporaryDirectory() as d:
            first, second = (os.path.join(d, name) for name in ("first", "second"))
            self.assertEqual(run(SCENARIO, "--seed", "7", "--data", "--out", first)[0], 0)
            p = subprocess.run([WH_SIM, "replay", first, "--data", "--out", second],
                               capture_output=True, text=True, timeout=100)
            self.assertEqual(p.returncode, 0, p.stderr)
            tables = sorted(f for f in os.listdir(first) if f.endswith((".csv", ".sqlite")))
            self.assertIn("pairs.csv", tables)
            with open(os.path.join(first, "report.html"), encoding="utf-8") as f:
                self.assertIn("pairs.csv", f.read())  # the page leads to them
            for name in tables:
                with open(os.path.join(first, name), "rb") as a, open(os.path.join(second, name), "rb") as b:
                    self.assertEqual(a.read(), b.read(), name)

    def test_a_broken_expectation_ends_with_1_and_prints_what_replays_it(self):
        code, out, _ = run(SCENARIO, "--seed", "7", "--set", "expect.0.path=direct")
        self.assertEqual(code, 1)
        self.assertIn("BROKEN", out)
        self.assertIn("replay wh-sim run " + SCENARIO, out)


class Endings(unittest.TestCase):
    """However a run ends, its output can be read."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def start(self, *args):
        return subprocess.Popen([WH_SIM, "run", *args], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, cwd=self.folder.name)

    LONG = [SCENARIO, "--set", "duration_s=8000000", "--json", "--out", "out"]

    def test_a_run_that_is_told_to_stop_leaves_a_report_that_says_it_is_partial(self):
        for seeds in (["--seed", "1"], ["--seeds", "1-3", "--jobs", "2"]):
            with self.subTest(seeds=seeds):
                p = self.start(*self.LONG, *seeds)
                time.sleep(1.5)
                p.terminate()
                out, _ = p.communicate(timeout=30)
                self.assertEqual(p.returncode, 1)
                reports = json.loads(out)
                reports = reports if isinstance(reports, list) else [reports]
                self.assertTrue(reports[0]["partial"])
                self.assertFalse(reports[0]["held"])
                replay = subprocess.run(
                    [WH_SIM, "replay", "out" if len(reports) == 1 else "out/seed-1"],
                    capture_output=True, text=True, cwd=self.folder.name, timeout=30)
                self.assertEqual(replay.returncode, 2)
                self.assertIn("stopped before its end", replay.stderr)
                if len(reports) > 1:
                    self.assertIn("was not begun", reports[2]["error"])
                    replay = subprocess.run([WH_SIM, "replay", "out"], capture_output=True, text=True,
                                            cwd=self.folder.name, timeout=30)
                    self.assertEqual(replay.returncode, 2)
                    self.assertIn("name that of one seed", replay.stderr)

    def test_two_runs_do_not_write_into_one_folder(self):
        first = self.start(*self.LONG, "--seed", "1")
        try:
            time.sleep(1)
            second = self.start(*self.LONG, "--seed", "2")
            out, errors = second.communicate(timeout=30)
            self.assertEqual(second.returncode, 2)
            self.assertIn("another run writes into out", errors)
            self.assertIn("another run", json.loads(out)["error"])
        finally:
            first.terminate()
            first.communicate(timeout=30)

    def test_nothing_of_an_earlier_run_is_left_and_nothing_of_others_goes(self):
        out = os.path.join(self.folder.name, "out")
        self.start(SCENARIO, "--out", "out", "--seeds", "1-2", "--trace").communicate(timeout=60)
        self.assertTrue(os.path.exists(os.path.join(out, "seed-2", "trace")))
        for name in ("mine.txt", "seed-2/mine.txt"):
            with open(os.path.join(out, name), "w", encoding="utf-8") as f:
                f.write("keep")
        self.start(SCENARIO, "--out", "out", "--seed", "1").communicate(timeout=60)
        self.assertTrue(os.path.exists(os.path.join(out, "report.json")))
        self.assertFalse(os.path.exists(os.path.join(out, "seed-1")))
        self.assertEqual(os.listdir(os.path.join(out, "seed-2")), ["mine.txt"])
        self.assertTrue(os.path.exists(os.path.join(out, "mine.txt")))

    def test_a_scenario_that_cannot_be_run_is_an_error_in_json_too(self):
        p = self.start("no_such", "--json")
        out, _ = p.communicate(timeout=30)
        self.assertEqual(p.returncode, 2)
        self.assertFalse(json.loads(out)["held"])

    def test_output_that_finds_no_room_is_an_error(self):
        for args in (["metrics"], ["run", SCENARIO, "--seed", "1", "--json"]):
            with self.subTest(args), open("/dev/full", "wb") as full:
                p = subprocess.run([WH_SIM, *args], stdout=full, stderr=subprocess.PIPE, text=True,
                                   cwd=self.folder.name, timeout=100)
                self.assertEqual(p.returncode, 2)
                self.assertIn("cannot write to standard output", p.stderr)

    def test_what_fits_no_memory_is_refused_with_an_estimate(self):
        p = self.start(SCENARIO, "--set", "peers.nodes.count=3900000")
        _, errors = p.communicate(timeout=30)
        self.assertEqual(p.returncode, 2)
        self.assertIn("this needs about 312 GB of memory", errors)


class Lists(unittest.TestCase):
    def test_every_class_of_nat_is_explained(self):
        p = subprocess.run([WH_SIM, "nats"], capture_output=True, text=True, timeout=30)
        profiles, classes = p.stdout.split("\n\n")[:2]
        explained = {line.split()[0] for line in classes.splitlines()[2:] if len(line.split()) > 3}
        self.assertLessEqual({line.split()[1] for line in profiles.splitlines()[2:]}, explained)


class Replay(unittest.TestCase):
    def test_a_report_is_enough_to_run_it_again(self):
        with tempfile.TemporaryDirectory() as folder:
            scenario = os.path.join(folder, "mine.toml")
            with open(SCENARIO, encoding="utf-8") as f:
                text = f.read()
            with open(scenario, "w", encoding="utf-8") as f:
                f.write(text)
            subprocess.run([WH_SIM, "run", "mine.toml", "--seed", "4", "--set", "duration_s=40", "--out",
                            "a"], cwd=folder, capture_output=True, timeout=60)
            os.remove(scenario)
            p = subprocess.run([WH_SIM, "replay", "a"], cwd=folder, capture_output=True, text=True,
                               timeout=60)
            self.assertEqual(p.returncode, 0, p.stderr)
            self.assertIn("the same: every event", p.stdout)

    def test_a_run_that_went_otherwise_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([WH_SIM, "run", SCENARIO, "--seed", "4", "--set", "duration_s=40", "--out",
                            "a"], cwd=folder, capture_output=True, timeout=60)
            report = os.path.join(folder, "a", "report.json")
            with open(report, encoding="utf-8") as f:
                r = json.load(f)
            r["trace_hash"] = "0" * 16
            with open(report, "w", encoding="utf-8") as f:
                json.dump(r, f)
            p = subprocess.run([WH_SIM, "replay", report], cwd=folder, capture_output=True, text=True,
                               timeout=60)
            self.assertEqual(p.returncode, 1)
            self.assertIn("NOT the same", p.stdout)


class Oracle(unittest.TestCase):
    def test_the_oracle_names_the_pairs_that_the_run_has(self):
        args = [os.path.join(SOURCE, "scenarios/churn_1k.toml"), "--seed", "1"]
        p = subprocess.run([WH_SIM, "oracle", *args, "--json"], capture_output=True, text=True,
                           timeout=60)
        rows = json.loads(p.stdout)
        self.assertEqual(len(rows), 100)
        _, out, _ = run(*args, "--json", "--set", "duration_s=241")
        pairs = json.loads(out)["pairs"]
        self.assertEqual([(r["from"], r["to"]) for r in rows],
                         [(p["from"], p["to"]) for p in pairs])
        self.assertEqual([r["oracle"] for r in rows], [p["oracle"] for p in pairs])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
