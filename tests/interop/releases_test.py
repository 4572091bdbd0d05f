#!/usr/bin/env python3
"""The last release's programs and today's in one network: they connect, relay and look up.

    releases_test.py FOLDER-OF-PROGRAMS SOURCE FOLDER-TO-BUILD-IN [TEST...]
"""

import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../real/lab"))
sys.path.insert(0, os.path.join(HERE, "../real/e2e"))

from isolation import isolate_lab, skip
from lab import Lab
from overlay import Overlay, Programs

NEW = OLD = None


def last_release(source):
    """Number and commit."""
    with open(os.path.join(source, "tools/releases.txt"), encoding="ascii") as f:
        lines = [line.split() for line in f if line.strip() and not line.startswith("#")]
    return lines[-1]


def git(source, *words, **how):
    return subprocess.run(["git", "-C", source, "-c", f"safe.directory={source}", *words], **how)


def build(source, number, commit, folder):
    """The release's programs, built from its commit; the folder that they are in."""
    if git(source, "cat-file", "-e", commit + "^{commit}", stderr=subprocess.DEVNULL).returncode != 0:
        skip(f"release {number} is commit {commit}, which this clone does not have")
    tree, made = f"{folder}/{commit}/source", f"{folder}/{commit}/build"
    if not os.path.exists(tree):
        os.makedirs(tree + ".part", exist_ok=True)
        archive = git(source, "archive", commit, stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "-x", "-C", tree + ".part"], input=archive.stdout, check=True)
        os.rename(tree + ".part", tree)
    subprocess.run(["cmake", "-S", tree, "-B", made, "-G", "Ninja"],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", made, "--target", "wh", "wh-real"], check=True,
                   stdout=subprocess.DEVNULL)
    return made + "/bin"


class Releases(unittest.TestCase):
    def network(self, boots, members, nat):
        """A network of `boots` and two `members`, each of them a pair of programs, behind NATs of this
        kind; returns when payload passes both ways."""
        lab = self.enterContext(Lab())
        net = self.enterContext(Overlay(NEW))
        for i, programs in enumerate(boots):
            net.node(f"boot{i}", lab.host(f"boot{i}"), boot=True, programs=programs)
        a, b = (net.member(f"{name}.test", lab.host(name, behind=lab.nat("nat-" + name, nat)),
                           programs=programs)
                for name, programs in zip("ab", members))
        net.up()
        print(f"{self._testMethodName}: first ping after {a.reach('b.test'):.3f} s", flush=True)
        b.reach("a.test")
        return a, b

    def check(self, boots, members):
        for nat, path in (("restricted", "direct"), ("fully-random", "relayed")):
            with self.subTest(nat):
                a, b = self.network(boots, members, nat)
                a.wait_path("b.test", path, 40)
                b.wait_path("a.test", path, 40)
                self.assertTrue(a.ping_once("b.test", 5))
                self.assertTrue(b.ping_once("a.test", 5))
                self.doCleanups()

    def test_the_programs_are_of_two_releases(self):
        versions = [subprocess.run([p.real, "--version"], capture_output=True, text=True,
                                   check=True).stdout for p in (OLD, NEW)]
        self.assertNotEqual(*versions)

    def test_members_of_both_meet_among_nodes_of_both(self):
        self.check([OLD, NEW], [OLD, NEW])

    def test_new_members_look_up_and_meet_at_old_nodes(self):
        self.check([OLD, OLD], [NEW, NEW])

    def test_an_old_and_a_new_member_meet_at_old_nodes(self):
        self.check([OLD, OLD], [NEW, OLD])

    def test_old_members_look_up_and_meet_at_new_nodes(self):
        self.check([NEW, NEW], [OLD, OLD])

    def test_an_old_and_a_new_member_meet_at_new_nodes(self):
        self.check([NEW, NEW], [OLD, NEW])


if __name__ == "__main__":
    isolate_lab()
    NEW = Programs(sys.argv.pop(1))
    SOURCE, FOLDER = sys.argv.pop(1), sys.argv.pop(1)
    OLD = Programs(build(SOURCE, *last_release(SOURCE), FOLDER))
    unittest.main()
