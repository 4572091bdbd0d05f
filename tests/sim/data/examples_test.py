#!/usr/bin/env python3
"""The examples that analyse a run's tables, against the run's report. An example whose language is not
installed is skipped; without both this ends with 77.

    tests/sim/data/examples_test.py PATH-TO-WH-SIM SOURCE-DIR
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

WH_SIM, SOURCE = (os.path.abspath(p) for p in sys.argv[1:3])
EXAMPLES = os.path.join(SOURCE, "sim/data/examples")
SKIPPED = 77


def python_with_pandas():
    """Debian's package belongs to Debian's Python, which may not be the one that runs this."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run([python, "-c", "import pandas"],
                                                     capture_output=True).returncode == 0:
            return python
    return None


PYTHON, RSCRIPT = python_with_pandas(), shutil.which("Rscript")


def said(text):
    """What an example prints before its table."""
    head = text.split("\n\n")[0]
    return {line[:32].strip(): line[32:].strip() for line in head.splitlines()}


class Examples(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.folder = cls.place.name
        scenario = os.path.join(SOURCE, "tests/sim/page/everything.toml")
        p = subprocess.run([WH_SIM, "run", scenario, "--seeds", "1-2", "--data", "--out", cls.folder],
                           capture_output=True, text=True, timeout=100)
        assert p.returncode == 1, p.stdout + p.stderr  # one expectation is broken on purpose
        cls.metrics = []
        for seed in (1, 2):
            with open(os.path.join(cls.folder, f"seed-{seed}/report.json"), encoding="utf-8") as f:
                cls.metrics.append(json.load(f)["metrics"])

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def run_example(self, *command):
        p = subprocess.run(command, capture_output=True, text=True, timeout=100)
        self.assertEqual((p.returncode, p.stderr), (0, ""))
        return p.stdout

    def hold_to_report(self, command):
        one = self.metrics[0]
        alone = said(self.run_example(*command, os.path.join(self.folder, "seed-1")))
        first, lookup = one["paths.time_to_first_payload_s"], one["dht.lookup_time_s"]
        for what, value in (
                ("direct, of those possible", one["traversal.direct_ratio_of_o1"]["value"]),
                ("direct, mean of seeds", one["paths.direct_ratio"]["value"]),
                ("first payload p50 (s)", first["p50"]), ("first payload p95 (s)", first["p95"]),
                ("first payload never", first["censored"] / first["n"]),
                ("lookups that found", one["dht.lookup_success_ratio"]["value"]),
                ("lookup p95 (s)", lookup["p95"])):
            self.assertEqual(alone[what], "never" if value is None else f"{value:.4f}", what)
        both = said(self.run_example(*command, self.folder))
        ratios = [m["paths.direct_ratio"]["value"] for m in self.metrics]
        self.assertEqual(both["direct, mean of seeds"], f"{sum(ratios) / 2:.4f}")
        self.assertEqual(both["direct, lowest seed"], f"{min(ratios):.4f}")

    @unittest.skipUnless(PYTHON, "no pandas here; Debian's package is python3-pandas")
    def test_what_pandas_finds_is_what_the_report_says(self):
        self.hold_to_report([PYTHON, os.path.join(EXAMPLES, "analyse.py")])

    @unittest.skipUnless(RSCRIPT, "no R here; Debian's package is r-base-core")
    def test_what_r_finds_is_what_the_report_says(self):
        self.hold_to_report([RSCRIPT, os.path.join(EXAMPLES, "analyse.R")])

    def test_a_folder_without_tables_is_named_with_what_writes_them(self):
        with tempfile.TemporaryDirectory() as empty:
            for program, example in ((PYTHON, "analyse.py"), (RSCRIPT, "analyse.R")):
                if not program:
                    continue
                with self.subTest(example):
                    p = subprocess.run([program, os.path.join(EXAMPLES, example), empty],
                                       capture_output=True, text=True, timeout=100)
                    self.assertEqual(p.returncode, 1)
                    self.assertIn(empty, p.stderr)
                    self.assertIn("--data", p.stderr.splitlines()[0])

    @unittest.skipUnless(PYTHON and RSCRIPT, "both are needed")
    def test_both_say_the_same(self):
        self.assertEqual(self.run_example(PYTHON, os.path.join(EXAMPLES, "analyse.py"), self.folder),
                         self.run_example(RSCRIPT, os.path.join(EXAMPLES, "analyse.R"), self.folder))


if __name__ == "__main__":
    if not PYTHON and not RSCRIPT:
        print("SKIPPED: neither pandas nor R is here; Debian's packages are python3-pandas and r-base-core")
        sys.exit(SKIPPED)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
