#!/usr/bin/env python3
"""A test that is killed leaves nothing behind.

    isolation_test.py [PROGRAM...]      also those made with tests/support/isolated_main.cpp
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from isolation import need, search_path, SKIPPED

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = []


def mine(mark):
    """Processes with the mark in their environment."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            try:
                with open(f"/proc/{entry}/environ", "rb") as f:
                    if mark.encode() in f.read():
                        found.append(int(entry))
            except OSError:
                pass
    return found


class Killed(unittest.TestCase):
    def check(self, command, processes):
        mark = f"WH_KILLED_TEST={os.getpid()}.{time.monotonic_ns()}"
        namespaces = len(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else 0
        name, value = mark.split("=")
        test = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env={**os.environ, name: value})
        end = time.monotonic() + 20
        # Counted once: a process that begins another program has no environment for a moment.
        seen = mine(mark)
        while len(seen) < processes and test.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
            seen = mine(mark)
        if test.poll() == SKIPPED:
            self.skipTest("no namespaces here")
        self.assertGreaterEqual(len(seen), processes, "it never got so far")
        test.send_signal(signal.SIGKILL)
        test.wait()
        end = time.monotonic() + 20
        while mine(mark) and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(mine(mark), [])
        now = len(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else 0
        self.assertEqual(now, namespaces)

    def test_a_script_takes_its_processes_with_it(self):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
            script.write(f"import sys\nsys.path.insert(0, {HERE!r})\n"
                         "from isolation import isolate\nisolate()\nimport subprocess, time\n"
                         "subprocess.Popen(['setsid', 'sleep', '600'])\ntime.sleep(600)\n")
            script.flush()
            self.check([sys.executable, script.name], 3)

    def test_a_program_takes_its_processes_with_it(self):
        if not PROGRAMS:
            self.skipTest("no program given")
        for program in PROGRAMS:
            with self.subTest(program):
                self.check([program], 2)


if __name__ == "__main__":
    os.environ["PATH"] = search_path()
    need("unshare", "ip", "nft")
    while len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        PROGRAMS.append(sys.argv.pop(1))
    unittest.main()
