#!/usr/bin/env python3
"""What scripts rely on: exit codes, what goes to stdout and what to stderr.

    tests/tools/wh_cli_test.py PATH-TO-WH SOURCE-DIR
"""

import base64
import csv
import json
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

WH, SOURCE = map(os.path.abspath, sys.argv[1:3])
ANNOUNCEMENT = os.path.join(SOURCE, "scenarios/networks/announcement.wh")
KEY = "KJ7YGrBeqLLm_JJ1huIS26OnqAVFy57z5UJqjyMagW4"
SECRET = "MFaqLuutFvNs79Xc9zhOUofIbL3xSLz1uo+RB1xB73s="
PUBLIC = "4IkUOwMS-XJcd5AEVeC-gdYlq5CWkWfBQhEMnCG4fG0"


# Where no daemon is.
NOWHERE = {**os.environ, "WH_RUN_DIR": "/nonexistent/wirehub"}
COMMANDS = ("genkey", "pubkey", "workbit", "orchid", "check", "bench", "up", "down", "show", "why",
            "ping", "lookup", "resolve", "reload", "forget")


def run(*args, text="", raw=None):
    p = subprocess.run([WH, *args], env=NOWHERE, input=text.encode() if raw is None else raw,
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
            for name in COMMANDS:
                self.assertIn(f"  {name} ", out)

    def test_every_command_has_its_help(self):
        for name in COMMANDS:
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

    def test_a_slip_of_the_fingers_is_told_what_was_meant(self):
        for wrong, meant in (("chek", "check"), ("gnekey", "genkey"), ("Show", "show"), ("looukp", "lookup")):
            message = f"wh: there is no command `{wrong}`; did you mean `{meant}`?\n"
            self.assertEqual(run(wrong), (2, "", message))
            self.assertEqual(run("help", wrong), (2, "", message))
        self.assertEqual(run("frobnicate"), (2, "", "wh: there is no command `frobnicate`; `wh help` lists them\n"))

    def test_where_no_daemon_runs_nothing_holds(self):
        for args in (["show"], ["show", "wg0"], ["down"], ["down", "wg0"], ["why", "b.test"],
                     ["ping", "wg0", "b.test"], ["lookup", "b.test"], ["resolve", "b.test"],
                     ["reload"], ["reload", "all"], ["forget", "b.test"]):
            code, out, err = run(*args)
            self.assertEqual((code, out), (1, ""), args)
            self.assertIn("no daemon", err)
        self.assertEqual(run("show", "interfaces"), (0, "", ""))

    def test_words_for_the_daemon_that_make_no_sense(self):
        for args in (["show", "a", "b"], ["down", "a", "b"], ["why"], ["ping", "a", "b", "c"],
                     ["why", "../x", "b"], ["show", "sixteen-letters1"], ["resolve"],
                     ["up"], ["up", "net", "nonsense"], ["up", "net", "listen-port", "x"],
                     ["up", "/nonexistent/network"]):
            code, out, err = run(*args)
            self.assertEqual((code, out), (2, ""), args)
            self.assertIn("wh", err)

    def test_a_full_disk_is_not_success(self):
        for args in (["pubkey"], ["genkey"]):
            with open("/dev/full", "wb") as full:
                p = subprocess.run([WH, *args], input=SECRET.encode(), stdout=full,
                                   stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(p.returncode, 2)
            self.assertIn(b"standard output", p.stderr)


class GarbledAnswers(unittest.TestCase):
    """A socket where a daemon's would be, whose answers are no daemon's."""

    def asked(self, answer, *args):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
            listening.bind(folder + "/wg9.sock")
            listening.listen()

            def serve():
                while True:
                    with listening.accept()[0] as s:
                        # Whoever only wants to know whether a daemon runs says nothing.
                        if s.recv(10000):
                            return s.sendall(answer + b"\n")
            server = threading.Thread(target=serve)
            server.start()
            done = subprocess.run([WH, *args], capture_output=True, text=True, timeout=60,
                                  env={**os.environ, "WH_RUN_DIR": folder})
            server.join()
            return done

    def test_an_answer_that_is_none_is_an_error_that_says_so(self):
        whole = (b'', b'\xff\xfe', b'{"ok": true', b'7', b'[]', b'{}', b'{"ok": "yes"}', b'{"ok": true}',
                 b'{"ok": false, "error": "no", "code": "x"}')
        status = (b'7', b'[]', b'{}', b'{"interface": 1}', b'{"interface": "wg9"}',
                  b'{"interface": "wg9", "peers": 7}', b'{"interface": "wg9", "peers": [[]]}',
                  b'{"interface": "wg9", "dht": 1, "peers": []}')
        for words, answers in (
                (("show",), whole + tuple(b'{"ok": true, "status": %s}' % s for s in status)),
                (("why", "b"), whole + (b'{"ok": true, "why": {"key": "a", "mine": {}}}',)),
                (("lookup", "b"),
                 whole + (b'{"ok": true, "record": {"endpoints": [1], "relays": []}}',)),
                (("ping", "b"), whole + (b'{"ok": true, "path": 1}',))):
            for answer in answers:
                with self.subTest(words=words, answer=answer):
                    done = self.asked(answer, words[0], "wg9", *words[1:])
                    self.assertEqual(done.returncode, 1)
                    self.assertRegex(done.stderr, r"\Awh: the daemon's answer is no.*\n\Z")

    def test_what_a_daemon_does_answer_is_shown(self):
        done = self.asked(b'{"ok": true, "status": {"interface": "wg9", "listen_port": 1e300, "peers": '
                          b'[{"key": "k", "latest_handshake_s": 1e300}]}}', "show", "wg9")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("peer: k", done.stdout)


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
                     ["genkey", "--frobnicate"], ["workbit", "workbit"],
                     ["workbit", "workbit", "8", ANNOUNCEMENT], ["workbit", "--yaml"],
                     ["workbit", "keys", "/nonexistent"], ["bench"], ["bench", "keys", "x"],
                     ["bench", "cpu"], ["genkey", "keep", "x"], ["pubkey", "--json"],
                     ["genkey", "--delegate-request", "--delegate-serve"],
                     ["genkey", "--delegate-serve", "workbit", "8"],
                     ["genkey", "--delegate-combine", ANNOUNCEMENT],
                     ["genkey", "--delegate-request", "namespace", "x" * 1025],
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
        search = [WH, "genkey", "workbit", "200", "threads", "1", "force"]
        try:
            master, slave = pty.openpty()
        except OSError as e:
            self.skipTest(f"no pseudo terminal here: {e}")
        quiet = subprocess.Popen(search, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        p = subprocess.Popen(search, stderr=slave, stdout=subprocess.PIPE)
        os.close(slave)
        shown = b""
        while b"on average" not in shown:
            shown += os.read(master, 1000)
        self.assertRegex(shown, rb"^\r\x1b\[K[\d.]+[kM] keys tried, [\d.]+[kM]/s, "
                                rb"found by now with 0 %, \S+ years more on average")
        self.assertLess(len(shown.split(b"\r\x1b[K")[1]), 80)
        for process in (p, quiet):
            process.send_signal(signal.SIGINT)
        self.assertEqual(p.communicate(timeout=30)[0], b"")
        # It ran longer than the one that showed progress.
        self.assertEqual(quiet.communicate(timeout=30), (b"", b""))
        self.assertEqual((p.returncode, quiet.returncode), (-signal.SIGINT, -signal.SIGINT))
        os.close(master)


class Search(unittest.TestCase):
    def test_twenty_bits_are_found_at_once(self):
        # A million tries: minutes by the method of 2019.
        code, out, err = run("genkey", "workbit", "20")
        self.assertEqual((code, err), (0, ""))
        self.assertGreaterEqual(int(run("workbit", text=run("pubkey", text=out)[1])[1]), 20)

    def test_interrupting_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                # A shell sees 128 and the signal's number. One that runs a script makes its
                # background processes ignore SIGINT; who sends it all the same means it.
                p = subprocess.run(
                    ["bash", "-c", f"'{WH}' genkey workbit 200 force > out & sleep 0.3; "
                     f"kill -{number.value} $!; wait $!; echo $?"],
                    cwd=folder, capture_output=True, timeout=60)
                self.assertEqual(p.stdout.decode().split(), [str(128 + number)])
                self.assertEqual(os.listdir(folder), ["out"])
                self.assertEqual(os.path.getsize(os.path.join(folder, "out")), 0)

    def test_what_takes_years_is_refused_with_the_arithmetic_unless_forced(self):
        code, out, err = run("genkey", "workbit", "70", "threads", "1")
        self.assertEqual((code, out), (2, ""))
        self.assertRegex(err, r"workbit 70 takes 2\^70 = 1\.2e\+21 tries on average; this machine makes "
                              r"[\d.]+M a second with 1 thread, so it would take [\d.]+[MG] years")
        within = int(re.search(r"up to workbit (\d+) takes less than two years", err)[1])
        self.assertTrue(40 <= within <= 60, err)
        self.assertEqual(run("genkey", "workbit", "200")[0], 2)
        for force in ("force", "--force"):
            p = subprocess.Popen([WH, "genkey", "workbit", "70", force],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            with self.assertRaises(subprocess.TimeoutExpired):
                p.wait(timeout=0.3)
            p.send_signal(signal.SIGINT)
            self.assertEqual(p.communicate(timeout=30), (None, b""))

    def test_a_network_file_that_asks_for_little_work_brings_one_sentence_with_a_figure(self):
        for bits, warns in (("8", True), ("0", True), ("19", True), ("20", False)):
            with File(f"workbit {bits}\n") as path:
                code, out, err = run("genkey", path)
            self.assertEqual((code, len(out)), (0, 45))
            self.assertEqual(bool(re.fullmatch(
                rf"wh: warning: workbit {bits} stops nobody, since this machine alone finds a "
                r"thousand such keys in [\d.]+ (us|ms|s|min); see `wh bench keys`\n", err)), warns, err)
            if not warns:
                self.assertEqual(err, "")
        self.assertEqual(run("genkey", "workbit", "8")[2], "")

    def test_the_benchmark_agrees_with_itself(self):
        code, out, err = run("bench", "keys", "--json")
        self.assertEqual((code, err), (0, ""))
        b = json.loads(out)
        rate, original = b["candidates_per_core_s"], b["original_candidates_per_core_s"]
        self.assertEqual(b["processors"][-1]["name"], b["processor"])
        self.assertEqual(b["processors"][0]["name"], "portable")
        for p in b["processors"]:
            # The median of rounds, and the quotient of sums.
            self.assertTrue(0.5 < p["ratio"] / (p["candidates_per_core_s"] / original) < 2)
            self.assertTrue(1 < p["ratio_min"] <= p["ratio"] <= p["ratio_max"])
        self.assertAlmostEqual(b["curve_ratio"] + b["hash_ratio"], 1)
        self.assertTrue(0 < b["curve_ratio"] < 1)
        table = {row["workbit"]: row for row in b["workbits"]}
        for bits in range(16, 33):
            row = table[bits]
            self.assertEqual(row["tries"], 2 ** bits)
            self.assertAlmostEqual(row["expected_one_core_s"], 2 ** bits / rate)
            self.assertAlmostEqual(row["expected_s"], 2 ** bits / rate / b["cores"])
            self.assertAlmostEqual(row["expected_original_one_core_s"], 2 ** bits / original)


class Delegation(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def wh(self, *args, text=""):
        p = subprocess.run([WH, "genkey", *args], input=text.encode(), cwd=self.folder.name,
                           capture_output=True, timeout=60)
        return p.returncode, p.stdout.decode(), p.stderr.decode()

    def files(self):
        return sorted(os.listdir(self.folder.name))

    def test_the_weak_machine_gets_its_key_and_the_strong_one_does_not(self):
        code, request, err = self.wh("--delegate-request", "workbit", "12", "namespace", "a b")
        self.assertEqual(code, 0)
        self.assertRegex(request, r"^wh-request-1 [\w-]{43} 12 YSBi\n$")
        [name] = self.files()
        self.assertIn(name, err)
        path = os.path.join(self.folder.name, name)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path) as f:
            kept = f.read()
        self.assertIn(request, kept)
        start = re.search(r"(?m)^start (\S{44})$", kept)[1]
        code, answer, err = self.wh("--delegate-serve", "threads", "2", text=request)
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(answer, r"^wh-answer-1 [\w-]{43} \d+\n$")
        code, key, err = self.wh("--delegate-combine", text=answer)
        self.assertEqual((code, err), (0, ""))
        public = run("pubkey", text=key)[1]
        self.assertGreaterEqual(int(run("workbit", "namespace", "a b", text=public)[1]), 12)
        # The point is the public key of the private part, and nothing else is said of either.
        point = list(base64.urlsafe_b64decode(request.split()[1] + "="))
        point[31] &= 0x7f
        self.assertEqual(list(base64.urlsafe_b64decode(run("pubkey", text=start)[1].strip() + "=")),
                         point)
        for secret in (start, key.strip()):
            raw = base64.b64decode(secret)
            for public in (request, answer):
                self.assertNotIn(secret[4:20], public.replace("-", "+").replace("_", "/"))
                self.assertNotIn(raw.hex()[4:20], public)
        # One request, one key.
        self.assertEqual(self.files(), [])
        code, out, err = self.wh("--delegate-combine", text=answer)
        self.assertEqual((code, out), (2, ""))
        self.assertIn("keep FILE", err)

    def test_wrong_answers_are_refused_and_the_private_part_stays(self):
        for k in ("one", "two"):
            code, request, _ = self.wh("--delegate-request", "workbit", "10", "keep", k)
            self.assertEqual(code, 0)
            with open(os.path.join(self.folder.name, k + ".answer"), "w") as f:
                f.write(self.wh("--delegate-serve", text=request)[1])
        files = self.files()
        with open(os.path.join(self.folder.name, "one.answer")) as f:
            answer = f.read()
        word, point, steps = answer.split()
        for wrong, code in ((f"{word} {point} {int(steps) + 1}", 1),
                            (f"{word} {point} {2 ** 60 - 1}", 1), (f"{word} {point} {2 ** 60}", 2),
                            (f"{word} {point} -1", 2), (f"{word} {point}", 2), ("", 2), ("x" * 5000, 2),
                            (f"wh-answer-2 {point} {steps}", 2)):
            got, out, err = self.wh("--delegate-combine", "keep", "one", text=wrong)
            self.assertEqual((got, out), (code, ""), wrong[:100])
            self.assertTrue(err.startswith("wh: "), err)
        # One's answer is none for two.
        got, out, err = self.wh("--delegate-combine", "keep", "two", text=answer)
        self.assertEqual((got, out), (1, ""))
        self.assertIn("another request", err)
        self.assertEqual(self.files(), files)
        self.assertEqual(self.wh("--delegate-combine", "keep", "one", text=answer)[0], 0)

    def test_what_is_no_request_is_not_served(self):
        self.assertEqual(self.wh("--delegate-request", "keep", "k")[0], 0)
        for wrong in ("", "x", "wh-request-1", "wh-request-1 " + "A" * 42 + "B 8 -",
                      "wh-request-1 " + "_" * 42 + "8 8 -", "y" * 100000,
                      # u = 2 belongs to the twist.
                      "wh-request-1 Ag" + "A" * 41 + " 8 -"):
            code, out, err = self.wh("--delegate-serve", text=wrong)
            self.assertEqual((code, out), (2, ""), wrong[:100])
            self.assertEqual(err.count("\n"), 1)
        code, _, err = self.wh("--delegate-serve", text=self.wh(
            "--delegate-request", "workbit", "90", "keep", "l")[1])
        self.assertEqual(code, 2)
        self.assertIn("2^90", err)

    def test_the_private_part_is_never_overwritten_and_not_left_behind(self):
        self.assertEqual(self.wh("--delegate-request", "keep", "k")[0], 0)
        with open(os.path.join(self.folder.name, "k")) as f:
            before = f.read()
        code, out, err = self.wh("--delegate-request", "keep", "k")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("exists", err)
        with open(os.path.join(self.folder.name, "k")) as f:
            self.assertEqual(f.read(), before)
        with open("/dev/full", "wb") as full:
            p = subprocess.run([WH, "genkey", "--delegate-request"], cwd=self.folder.name, stdout=full,
                               stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(p.returncode, 2)
        self.assertEqual(self.files(), ["k"])
        # Nor deleted before the key is out.
        answer = self.wh("--delegate-serve", text=before.splitlines()[2])[1]
        with open("/dev/full", "wb") as full:
            p = subprocess.run([WH, "genkey", "--delegate-combine", "keep", "k"], input=answer.encode(),
                               cwd=self.folder.name, stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(p.returncode, 2)
        self.assertEqual(self.files(), ["k"])


class ManyKeys(unittest.TestCase):
    def test_a_list_is_judged_line_by_line(self):
        with open(os.path.join(SOURCE, "tests/vectors/original_keys.csv"), newline="") as f:
            rows = [r for r in csv.DictReader(f) if r["namespace"] == "public"]
        lines = "".join(r["public_wh_b64url"] + "\n" for r in rows)
        numbers = "".join(r["workbit"] + "\n" for r in rows)
        self.assertGreater(len(rows), 10)
        for text in (lines, lines.rstrip("\n"), lines.replace("\n", "\r\n"), lines + "\n \n"):
            self.assertEqual(run("workbit", text=text), (0, numbers, ""))
        with File(lines) as path:
            self.assertEqual(run("workbit", "keys", path), (0, numbers, ""))
            code, out, err = run("workbit", "workbit", "9", "keys", path, "--json")
        judged = json.loads(out)
        weak = sum(int(r["workbit"]) < 9 for r in rows)
        self.assertTrue(0 < weak < len(rows))
        self.assertEqual((code, judged["weak"], judged["workbit"], judged["namespace"]),
                         (1, weak, 9, "public"))
        self.assertEqual(err, f"wh: {weak} of {len(rows)} keys have less than 9 bits of proof of work\n")
        self.assertEqual(judged["keys"], [
            {"key": r["public_wh_b64url"], "workbit": int(r["workbit"]),
             "enough": int(r["workbit"]) >= 9} for r in rows])
        self.assertEqual(run("workbit", "workbit", "0", text=lines)[0], 0)
        unjudged = json.loads(run("workbit", "--json", text=KEY)[1])
        self.assertEqual(unjudged, {"namespace": "public", "workbit": None, "weak": None,
                                    "keys": [{"key": KEY, "workbit": 8}]})
        self.assertEqual(json.loads(run("workbit", "--json", "namespace", '"\\\n', text=KEY)[1])
                         ["namespace"], '"\\\n')

    def test_the_network_file_s_workbit_is_what_json_judges_by(self):
        with File("workbit 9\nnamespace public\n") as path:
            code, out, _ = run("workbit", path, "--json", text=KEY)
        self.assertEqual((code, json.loads(out)["keys"][0]["enough"]), (0, False))

    def test_a_mistake_in_a_list_is_named_by_its_line_and_nothing_is_printed(self):
        for text, line in ((f"{KEY}\nx\n{KEY}\n", 2), (f"{KEY}\n\n{KEY}\n", 2), (f"\n{KEY}\n", 1)):
            code, out, err = run("workbit", text=text)
            self.assertEqual((code, out), (2, ""))
            self.assertIn(f"line {line} of standard input", err)

    def test_thousands_of_keys_take_no_time(self):
        text = (KEY + "\n") * 100000
        start = os.times()
        code, out, _ = run("workbit", "--json", text=text)
        end = os.times()
        self.assertEqual((code, len(json.loads(out)["keys"])), (0, 100000))
        # A tenth of a second here; a second would be ten microseconds a key.
        self.assertLess(end.children_user - start.children_user, 1)


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
