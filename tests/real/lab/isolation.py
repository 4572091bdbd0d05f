"""A test in namespaces of its own: user, network, mount and process.

Nothing it makes is seen outside, and nothing survives it, however it ends: the kernel kills every
process of a process namespace with the first one, and the rest goes with the last process. So tests
run in parallel with the same names, and leave a host's interfaces and files alone.
"""

import os
import shutil
import subprocess
import sys

SKIPPED = 77  # what ctest is told to read as "skipped"
MARK = "WH_TEST_ISOLATED"
FLAGS = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
         "--propagation", "private"]
AS_USER = ["--user", "--map-root-user"]


def skip(reason):
    """Ends the test as one that could not run here, and says why."""
    print(f"SKIPPED: {reason}", flush=True)
    sys.exit(SKIPPED)


def need(*programs):
    """Skips where one of the programs is not installed."""
    for program in programs:
        if not shutil.which(program, path=search_path()):
            skip(f"no {program} on this machine")


def isolate_lab(*programs):
    """`isolate`, and skips where hosts with WireGuard and NATs, or one of the programs, cannot be had."""
    isolate()
    need("ping", "conntrack", "wireguard-go", *programs)
    if not os.path.exists("/dev/net/tun"):
        skip("no /dev/net/tun on this machine")


def search_path():
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def isolate():
    """Starts the running script again in namespaces of its own; returns there, and nowhere else."""
    os.environ["PATH"] = search_path()
    if os.environ.get(MARK):
        _furnish()
        return
    need("unshare", "ip", "nft")
    for flags in (AS_USER + FLAGS, FLAGS):  # where user namespaces are forbidden, root does without
        trial = subprocess.run(["unshare", *flags, "true"], capture_output=True, text=True)
        if trial.returncode == 0:
            os.environ[MARK] = "1"
            sys.stdout.flush()
            os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])
    skip("no namespaces here: " + trial.stderr.strip())


def _furnish():
    """/run and /etc become copies in memory, so that what is written there stays inside."""
    def mount(*arguments):
        subprocess.run(["mount", *arguments], check=True)
    mount("-t", "tmpfs", "tmpfs", "/run")
    # Some of /etc may be closed to whoever runs this; no test needs that.
    subprocess.run(["cp", "-a", "/etc", "/run/etc"], stderr=subprocess.DEVNULL)
    mount("--bind", "/run/etc", "/etc")
    # There is no name server inside; one that cannot be reached would be waited for.
    if os.path.lexists("/etc/resolv.conf"):
        os.remove("/etc/resolv.conf")
    for folder in ("/run/netns", "/run/wireguard", "/run/lock", "/etc/netns"):
        os.makedirs(folder, exist_ok=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
