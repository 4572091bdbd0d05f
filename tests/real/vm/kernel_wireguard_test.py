#!/usr/bin/env python3
"""The kernel's WireGuard, in a virtual machine: runs test programs in there that this machine's kernel
cannot run.

    kernel_wireguard_test.py CACHE-FOLDER PROGRAM...
"""

import os
import sys

import vm

# Booting takes 5 to 15 s of a core, each program some more; on a busy machine several times as long.
TIMEOUT_S = 400


def main(cache, programs):
    machine = vm.Machine(cache, vm.WIREGUARD_MODULES, ["ip", "nft"])
    for program in programs:
        machine.add(program)
    # Skipped counts as failed: the machine is made so that they can run.
    script = "\n".join(f"/bin/{os.path.basename(p)} -d yes || exit 1" for p in programs)
    result = machine.run(script + "\n", TIMEOUT_S)
    print(result.console)
    print(f"the machine ran for {result.seconds:.1f} s")
    if result.code != 0:
        sys.exit(1)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
