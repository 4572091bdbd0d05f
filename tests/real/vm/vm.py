"""A virtual machine for what this machine's kernel lacks: Debian's cloud kernel under qemu's software
emulation, with a root file system in memory that holds what a test needs.

    machine = vm.Machine(cache="build/vm", modules=["wireguard"], programs=["ip"])
    machine.add("build/tests/test_x")              # with the libraries it needs
    result = machine.run("/bin/test_x --durations yes", timeout_s=120)
    result.code, result.console

Kernel and busybox come from apt as packages, unpacked below `cache`, and are never installed. Nothing
of the host is written to but `cache`. Python's standard library only.
"""

import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time

SKIPPED = 77  # what ctest is told to read as "skipped"
QEMU = "qemu-system-x86_64"
MARK = "VM-TEST-ENDED"
# What a Debian kernel has as modules, and tests of WireGuard behind NATs need.
WIREGUARD_MODULES = ["wireguard", "veth", "bridge", "tun", "dummy", "sch_netem", "nf_tables", "nft_chain_nat",
                     "nft_masq", "nft_nat", "nft_ct", "nft_fib_inet", "nft_reject_inet", "af_packet",
                     "nf_conntrack_netlink", "udp_diag"]

INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
for applet in $(/bin/busybox --list); do
  [ -e /bin/$applet ] || [ -e /sbin/$applet ] || /bin/busybox ln -s busybox /bin/$applet
done
export PATH=/sbin:/bin HOME=/root TERM=dumb
mount -t tmpfs run /run
mkdir -p /run/netns
cd /lib/modules
while read module; do insmod $module || echo "insmod $module failed"; done < order
cd /
ip link set lo up
echo "the test begins $(cut -d' ' -f1 /proc/uptime) s after the kernel"
/bin/sh /test
echo "VM-TEST-ENDED $?"
poweroff -f
"""


def skip(reason):
    """Ends the test as one that could not run here, and says why."""
    print(f"SKIPPED: {reason}", flush=True)
    sys.exit(SKIPPED)


class Result:
    def __init__(self, code, console, seconds):
        self.code, self.console, self.seconds = code, console, seconds


def unpacked(cache, package):
    """The folder with a package's files, fetched by apt where it is not there yet."""
    folder = os.path.join(cache, package)
    if os.path.isdir(folder):
        return folder
    os.makedirs(cache, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        # apt drops to a user of its own, which cannot write here: this spares its warning.
        got = subprocess.run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package],
                             cwd=scratch, capture_output=True, text=True, timeout=300)
        debs = glob.glob(os.path.join(scratch, "*.deb"))
        if got.returncode != 0 or not debs:
            skip(f"apt cannot fetch {package}: {got.stderr.strip().splitlines()[-1:]}")
        subprocess.run(["dpkg", "-x", debs[0], os.path.join(scratch, "files")], check=True)
        os.rename(os.path.join(scratch, "files"), folder)
    return folder


def kernel_package():
    """The package with the newest cloud kernel itself, which the one without a version names."""
    shown = subprocess.run(["apt-cache", "depends", "linux-image-cloud-amd64"], capture_output=True,
                           text=True)
    names = re.findall(r"Depends: (linux-image-\S+-cloud-amd64)", shown.stdout)
    return names[0] if names else None


class Machine:
    def __init__(self, cache, modules, programs, memory_mib=512):
        self.memory_mib = memory_mib
        if not shutil.which(QEMU):
            skip(f"no {QEMU} on this machine: apt-get install qemu-system-x86")
        for program in ("apt-get", "dpkg", "ldd"):
            if not shutil.which(program):
                skip(f"no {program} on this machine: this needs Debian")
        package = kernel_package()
        if not package:
            # Without apt's lists, one fetched before will do.
            before = sorted(glob.glob(os.path.join(cache, "linux-image-*-cloud-amd64")))
            if not before:
                skip("apt knows no linux-image-cloud-amd64: apt-get update")
            package = os.path.basename(before[-1])
        self.kernel_files = unpacked(cache, package)
        self.kernel = glob.glob(os.path.join(self.kernel_files, "boot/vmlinuz-*"))[0]
        self.entries = {}  # path in the machine: (mode, content, when it was changed)
        for folder in ("bin", "sbin", "proc", "sys", "dev", "run", "etc", "root", "tmp", "var", "lib64"):
            self.folder(folder)
        self.put("var/run", 0o120777, b"/run")
        busybox = os.path.join(unpacked(cache, "busybox-static"), "bin/busybox")
        self.put("bin/busybox", 0o100755, read(busybox))
        self.put("init", 0o100755, INIT.encode())
        self.put("etc/passwd", 0o100644, b"root:x:0:0::/root:/bin/sh\n")
        self.put("etc/hosts", 0o100644, b"127.0.0.1 localhost\n")
        self.put("etc/nsswitch.conf", 0o100644, b"hosts: files\n")
        self.add_modules(modules)
        # busybox's own shell would take its applets for the programs of the same name.
        self.add("/bin/dash", "/bin/sh")
        for program in programs:
            path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
            if not path:
                skip(f"no {program} on this machine")
            self.add(path)

    def folder(self, path):
        parts = path.split("/")
        for n in range(1, len(parts) + 1):
            self.entries.setdefault("/".join(parts[:n]), (0o040755, b"", 0))

    def put(self, path, mode, content, changed=0):
        if "/" in path:
            self.folder(os.path.dirname(path))
        self.entries[path] = (mode, content, changed)

    def add(self, source, to=None):
        """A program, with the libraries that ldd names; to /bin, without debugging symbols."""
        to = (to or "/bin/" + os.path.basename(source)).lstrip("/")
        with tempfile.NamedTemporaryFile() as small:
            content = read(source)
            if content[:4] == b"\x7fELF" and shutil.which("strip"):
                subprocess.run(["strip", "-o", small.name, source], check=True)
                content = read(small.name)
        self.put(to, 0o100755, content)
        if content[:4] == b"\x7fELF":
            self.add_libraries(source)

    def add_libraries(self, source):
        for library in re.findall(r"(/\S+\.so\S*)", subprocess.run(
                ["ldd", source], capture_output=True, text=True).stdout):
            self.put(library.lstrip("/"), 0o100755, read(library))

    def add_tree(self, source, to, skip=()):
        """A folder, but for what is below a folder of a name in `skip`."""
        for where, folders, files in os.walk(source):
            folders[:] = [f for f in folders if f not in skip]
            inside = os.path.relpath(where, source)
            for name in files:
                full = os.path.join(where, name)
                self.put(os.path.normpath(os.path.join(to, inside, name)).lstrip("/"),
                         0o100755 if os.access(full, os.X_OK) else 0o100644, read(full),
                         int(os.stat(full).st_mtime))
                if ".so" in name:
                    self.add_libraries(full)

    def add_python(self):
        """The interpreter that runs this, at the same place, with its library. Returns its path."""
        interpreter = os.path.realpath(sys.executable)
        self.add(interpreter, interpreter)
        library = sysconfig.get_path("stdlib")
        # The times of files come along, or all would be compiled again.
        self.add_tree(library, library, skip={"test", "tests", "idlelib", "tkinter", "lib2to3", "ensurepip",
                                              "site-packages", "dist-packages", "turtledemo",
                                              "pydoc_data", "distutils", "config-3.11-x86_64-linux-gnu"})
        return interpreter

    def add_modules(self, names):
        """With those they need, in the order in which they can be loaded."""
        files = {}
        for path in glob.glob(os.path.join(self.kernel_files, "lib/modules/*/kernel/**/*.ko"),
                              recursive=True):
            files[os.path.basename(path)[:-3].replace("-", "_")] = path
        order = []

        def load(name):
            name = name.replace("-", "_")
            if name in order or name not in files:  # not in: it is built in
                return
            needs = re.search(rb"\0depends=([^\0]*)\0", read(files[name]))
            for other in needs.group(1).decode().split(",") if needs else []:
                load(other)
            order.append(name)

        for name in names:
            load(name)
        for name in order:
            self.put(f"lib/modules/{name}.ko", 0o100644, read(files[name]))
        self.put("lib/modules/order", 0o100644, "".join(f"{n}.ko\n" for n in order).encode())

    def image(self):
        """The file system as a cpio archive (newc), which the kernel unpacks into memory."""
        out = bytearray()

        def pad():
            out.extend(b"\0" * (-len(out) % 4))

        entries = list(self.entries.items()) + [("TRAILER!!!", (0, b"", 0))]
        for number, (path, (mode, content, changed)) in enumerate(entries):
            name = path.encode() + b"\0"
            fields = [number, mode, 0, 0, 1, changed, len(content), 0, 0, 0, 0, len(name), 0]
            out.extend(b"070701" + b"".join(b"%08x" % f for f in fields) + name)
            pad()
            out.extend(content)
            pad()
        return bytes(out)

    def run(self, script, timeout_s):
        """Boots, runs the shell script, gives its exit code and all that was written."""
        self.put("test", 0o100755, script.encode())
        with tempfile.NamedTemporaryFile(suffix=".cpio") as image:
            image.write(self.image())
            image.flush()
            began = time.monotonic()
            # tcg: /dev/kvm, where there is one, need not work; one processor is the fastest then.
            qemu = subprocess.Popen(
                [QEMU, "-M", "pc", "-accel", "tcg", "-cpu", "max", "-m", str(self.memory_mib), "-smp", "1", "-no-reboot",
                 "-nodefaults", "-display", "none", "-serial", "stdio", "-kernel", self.kernel,
                 "-initrd", image.name, "-append", "console=ttyS0 quiet panic=-1 mitigations=off"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                preexec_fn=dies_with_us)
            try:
                console = qemu.communicate(timeout=timeout_s)[0]
            except subprocess.TimeoutExpired:
                qemu.kill()
                console = qemu.communicate()[0] + b"\nthe machine was stopped: too slow, or it hangs\n"
            seconds = time.monotonic() - began
        text = console.decode(errors="replace").replace("\r", "")
        ended = re.search(rf"^{MARK} (\d+)$", text, re.M)
        return Result(int(ended.group(1)) if ended else -1, text, seconds)


def dies_with_us():
    """A test that is killed takes the machine along (PR_SET_PDEATHSIG)."""
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def read(path):
    with open(path, "rb") as f:
        return f.read()
