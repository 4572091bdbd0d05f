#!/usr/bin/env python3
"""What scripts rely on: exit codes, what goes to stdout and what to stderr.

    tests/tools/wh_cli_test.py PATH-TO-WH SOURCE-DIR
"""

import csv
import json
import os
import pty
import re
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

WH, SOURCE = sys.argv[1:3]
ANNOUNCEMENT = os.path.join(SOURCE, "scenarios/networks/announcement.wh")
KEY = "KJ7YGrBeqLLm_JJ1huIS26OnqAVFy57z5UJqjyMagW4"
SECRET = "MFaqLuutFvNs79Xc9zhOUofIbL3xSLz1uo+RB1xB73s="
PUBLIC = "4IkUOwMS-XJcd5AEVeC-gdYlq5CWkWfBQhEMnCG4fG0"


def run(*args, text="", raw=None):
    p = subprocess.run([WH, *args], input=text.encode() if raw is None else raw,
                       capture_output=True, timeout=60)
    return p.returncode, p.stdout.decode(errors="replace"), p.stderr.decode(errors="replace")


class File:
    """A network file that goes away."""

    def __init__(self, text):
        self.text = text

    def __enter__(self):
        handle, self.path = tempfile.mkstemp()
        with os.fdopen(handle, "wb") as f:
            f.write(self.text.encode() if isinstance(self.text, str) else self.text)
        return self.path

    def __exit__(self, *_):
        os.unlink(self.path)


class Program(unittest.TestCase):
    def test_help_goes_to_stdout_and_names_every_command(self):
        for args in (["help"], ["--help"], ["-h"]):
            code, out, err = run(*args)
            self.assertEqual((code, err), (0, ""))
            for name in ("genkey", "pubkey", "workbit", "orchid", "check"):
                self.assertIn(name, out)

    def test_every_command_has_its_help(self):
        for name in ("genkey", "pubkey", "workbit", "orchid", "check"):
            code, out, err = run(name, "--help")
            self.assertEqual((code, err), (0, ""))
            self.assertTrue(out.startswith(f"usage: wh {name}"))
            self.assertEqual(run("help", name)[1], out)
            self.assertLessEqual(max(map(len, out.splitlines())), 80)

    def test_version(self):
        code, out, _ = run("--version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^wh \d+\.\d+\.\d+\n$")

    def test_no_and_unknown_commands_are_usage_errors(self):
        for args in ([], ["gnekey"], ["--frobnicate"], ["help", "gnekey"]):
            code, out, err = run(*args)
            self.assertEqual((code, out), (2, ""))
            self.assertIn("wh", err)

    def test_a_full_disk_is_not_success(self):
        with open("/dev/full", "wb") as full:
            p = subprocess.run([WH, "pubkey"], input=SECRET.encode(), stdout=full,
                               stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(p.returncode, 2)
        self.assertIn(b"standard output", p.stderr)


class Keys(unittest.TestCase):
    def test_the_original_s_keys(self):
        with open(os.path.join(SOURCE, "tests/vectors/original_keys.csv"), newline="") as f:
            rows = list(csv.DictReader(f))
        self.assertGreater(len(rows), 20)
        for r in rows:
            public, ns = r["public_wh_b64url"], r["namespace"]
            if r["private_std_b64"]:
                self.assertEqual(run("pubkey", text=r["private_std_b64"] + "\n"),
                                 (0, public + "\n", ""))
            self.assertEqual(run("workbit", "namespace", ns, text=public), (0, r["workbit"] + "\n", ""))
            self.assertEqual(run("orchid", "namespace", ns, text=r["public_wg_std_b64"]),
                             (0, r["orchid"] + "\n", ""))

    def test_the_pipeline_of_the_announcement(self):
        p = subprocess.run(f"'{WH}' genkey workbit 10 | '{WH}' pubkey | '{WH}' workbit", shell=True,
                           capture_output=True, timeout=60)
        self.assertEqual((p.returncode, p.stderr), (0, b""))
        self.assertGreaterEqual(int(p.stdout), 10)

    def test_genkey_s_form_and_defaults(self):
        code, out, err = run("genkey")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^[A-Za-z0-9+/]{43}=\n$")
        public = run("pubkey", text=out)[1]
        self.assertRegex(public, r"^[A-Za-z0-9_-]{43}\n$")
        self.assertGreaterEqual(int(run("workbit", text=public)[1]), 8)
        self.assertNotEqual(run("genkey", "workbit", "0")[1], run("genkey", "workbit", "0")[1])

    def test_genkey_takes_its_words_in_any_order(self):
        for args in (["workbit", "4", "namespace", "x", "threads", "3"],
                     ["threads", "1", "namespace", "x", "workbit", "4"]):
            code, out, _ = run("genkey", *args)
            self.assertEqual(code, 0)
            public = run("pubkey", text=out)[1]
            self.assertGreaterEqual(int(run("workbit", "namespace", "x", text=public)[1]), 4)

    def test_a_network_file_says_workbit_and_namespace(self):
        with File("namespace x\nworkbit 5\n") as path:
            public = run("pubkey", text=run("genkey", path, "threads", "1")[1])[1]
            self.assertGreaterEqual(int(run("workbit", path, text=public)[1]), 5)
            self.assertEqual(run("workbit", path, text=KEY),
                             run("workbit", "namespace", "x", text=KEY))
            self.assertEqual(run("orchid", path, text=KEY), run("orchid", "namespace", "x", text=KEY))

    def test_wrong_words_are_usage_errors(self):
        for args in (["genkey", "workbit"], ["genkey", "workbit", "x"], ["genkey", "workbit", "257"],
                     ["genkey", "workbit", "-1"], ["genkey", "workbit", "8", "8"],
                     ["genkey", "workbit", "8", "workbit", "8"], ["genkey", "threads", "0"],
                     ["genkey", ANNOUNCEMENT, "workbit", "8"], ["genkey", ANNOUNCEMENT, "x"],
                     ["genkey", "--frobnicate"], ["workbit", "workbit", "8"],
                     ["workbit", "namespace"], ["orchid", "threads", "8"], ["pubkey", "x"],
                     ["genkey", "/nonexistent"], ["genkey", "/"]):
            code, out, err = run(*args, text=KEY)
            self.assertEqual((code, out), (2, ""), args)
            self.assertTrue(err.startswith("wh"), args)

    def test_stdin_needs_no_newline_and_may_have_blanks_around(self):
        for form in (SECRET, SECRET + "\n", SECRET + "\r\n", "  " + SECRET + " \t\n", SECRET[:-1],
                     SECRET.replace("+", "-"), SECRET + "\nanother line"):
            self.assertEqual(run("pubkey", text=form), (0, PUBLIC + "\n", ""), repr(form))

    def test_what_is_no_key_is_refused(self):
        for garbage in (b"", b"\n", b"   \n", b"x", SECRET.encode()[1:], SECRET.encode() + b"A",
                        SECRET.encode() + b" A", b"A" * 45, b"A" * 100000, bytes(range(256)),
                        b"\0" * 44, SECRET.encode() + b"\0", b"\n" + SECRET.encode()):
            for command in ("pubkey", "workbit", "orchid"):
                code, out, err = run(command, raw=garbage)
                self.assertEqual((code, out), (2, ""), (command, garbage[:60]))
                self.assertEqual(err.count("\n"), 1)
                self.assertIn("standard input", err)
                self.assertNotIn(SECRET[1:40], err)

    def test_a_key_file_that_others_may_read_brings_a_warning(self):
        with tempfile.TemporaryDirectory() as folder:
            for mode, warns in ((0o600, False), (0o644, True)):
                path = os.path.join(folder, oct(mode))
                with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as f:
                    os.chmod(path, mode)
                    p = subprocess.run([WH, "genkey", "workbit", "0"], stdout=f,
                                       stderr=subprocess.PIPE, timeout=60)
                self.assertEqual(p.returncode, 0)
                self.assertEqual(b"warning" in p.stderr, warns)
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode)

    def test_progress_shows_on_a_terminal_only_and_interrupting_ends_it(self):
        search = [WH, "genkey", "workbit", "200", "threads", "1"]
        quiet = subprocess.Popen(search, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        master, slave = pty.openpty()
        p = subprocess.Popen(search, stderr=slave, stdout=subprocess.PIPE)
        os.close(slave)
        shown = b""
        while b"keys tried" not in shown:
            shown += os.read(master, 1000)
        for process in (p, quiet):
            process.send_signal(signal.SIGINT)
        self.assertEqual(p.communicate(timeout=30)[0], b"")
        # It ran longer than the one that showed progress.
        self.assertEqual(quiet.communicate(timeout=30), (b"", b""))
        self.assertEqual((p.returncode, quiet.returncode), (-signal.SIGINT, -signal.SIGINT))
        os.close(master)


class Check(unittest.TestCase):
    def test_the_announcement(self):
        code, out, err = run("check", ANNOUNCEMENT)
        self.assertEqual((code, err), (0, ""))
        for line in (r"network +test", r"namespace +public", r"workbit +8", r"subnet +10\.0\.42\.0/24",
                     r"boot +- +P17z\S+ +workbit 11 +bootstrap\.wirehub\.io:62096",
                     r"trust +a\.test +10\.0\.42\.2 +KJ7Y\S+ +workbit 8",
                     r"trust +b\.test +10\.0\.42\.3 +eIix\S+ +workbit 8 +12\.34\.56\.78:62096",
                     r"trust +c\.test +10\.0\.42\.254 \(fixed\) +kKZz\S+ +workbit 8"):
            self.assertRegex(out, r"(?m)^ *" + line + "$")

    def test_json(self):
        code, out, err = run("check", ANNOUNCEMENT, "--json")
        self.assertEqual((code, err), (0, ""))
        n = json.loads(out)
        self.assertEqual((n["name"], n["namespace"], n["workbit"], n["subnet"], n["holds"]),
                         ("test", "public", 8, "10.0.42.0/24", True))
        self.assertEqual([e["address"] for e in n["entries"]],
                         [None, "10.0.42.2", "10.0.42.3", "10.0.42.254"])
        self.assertEqual([e["workbit"] for e in n["entries"]], [11, 8, 8, 8])
        self.assertEqual([e["line"] for e in n["entries"]], [4, 5, 6, 7])
        self.assertEqual(n["entries"][0]["endpoint"], "bootstrap.wirehub.io:62096")
        self.assertEqual(n["entries"][3], {
            "line": 7, "role": "trust", "hostname": "c.test", "address": "10.0.42.254",
            "address_fixed": True, "key": "kKZzuIm11zkBSHL9ETRwEthIBbLTvz840F_k4mhI_Hs",
            "endpoint": None, "workbit": 8, "workbit_enough": True})

    def test_weak_keys_do_not_hold(self):
        with File(f"workbit 9\npeer {KEY}\n") as path:
            code, out, err = run("check", path)
            self.assertEqual(code, 1)
            self.assertIn("workbit 8 < 9!", out)
            self.assertIn("1 of 1 keys", err)
            code, out, _ = run("check", path, "--json")
            self.assertEqual(code, 1)
            n = json.loads(out)
            self.assertEqual((n["holds"], n["entries"][0]["workbit_enough"]), (False, False))

    def test_a_wrong_file_is_shown_underlined(self):
        with File(f"subnet 10.0.42.0/24\ntrsut a {KEY}\nworkbit x\n") as path:
            self.assertEqual(run("check", path), (2, "", (
                f"{path}:2:1: error: unknown word; did you mean `trust`?\n"
                f"    trsut a {KEY}\n"
                f"    ^~~~~\n"
                f"{path}:3:9: error: workbit is not a number from 0 to 256\n"
                f"    workbit x\n"
                f"            ^\n")))
            self.assertEqual(run("genkey", path)[0], 2)

    def test_hostile_files_end_with_two_and_no_orders_to_the_terminal(self):
        for hostile in (b"\0", bytes(range(256)), b"\xff\xfe", b"name \x1b[31m", b"x" * 100000,
                        b"x\n" * 100000, b"\n" * (4 << 20) + b"\n", b"subnet /\n"):
            with File(hostile) as path:
                code, out, err = run("check", path)
            self.assertEqual((code, out), (2, ""), hostile[:20])
            self.assertLess(len(err), 20000)
            self.assertIsNone(re.search(r"[\x00-\x09\x0b-\x1f\x7f]", err))

    def test_standard_input_and_an_empty_file(self):
        code, out, _ = run("check", "-", text="name x")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"(?m)^network +x$")
        self.assertEqual(run("check", "-", text="")[0], 0)
        self.assertTrue(run("check", "-", text="bad")[2].startswith("<stdin>:1:1: error:"))

    def test_usage(self):
        for args in ([], [ANNOUNCEMENT, ANNOUNCEMENT], [ANNOUNCEMENT, "--xml"], ["/nonexistent"], ["/"]):
            code, out, err = run("check", *args)
            self.assertEqual((code, out), (2, ""), args)
            self.assertTrue(err.startswith("wh"), err)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
