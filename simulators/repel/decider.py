"""The victim of a proof: a process that has switched an output on and lives on, ``python -m simulators.repel.decider``.

Arguments: BCM number, maximum on-time in s. Prints the process id of the owner of the pin once it is on.
"""

import sys
import time

from edge.repel.output_settings import OutputSettings
from edge.repel.outputs import Outputs


def main() -> None:
    """Ask for far longer than is allowed, and keep asking for nothing else."""
    pin, max_on_s = int(sys.argv[1]), float(sys.argv[2])
    outputs = Outputs([OutputSettings(name="horn", stimulus="horn", pin=pin, max_on_s=max_on_s)])
    outputs.open()
    outputs.switch_on("horn", 10 * max_on_s)
    sys.stdout.write(f"{outputs.pid}\n")
    sys.stdout.flush()
    while True:
        outputs.tend()
        time.sleep(0.05)


if __name__ == "__main__":
    main()
