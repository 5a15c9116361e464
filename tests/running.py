"""Runs the technicians' verbs as tests do: as processes of their own, with pins on paper."""

import os
import subprocess
import sys


def environment() -> dict[str, str]:
    """No network proxy, no terminal's width, one thread for the network: the same everywhere."""
    return {
        **os.environ,
        "GPIOZERO_PIN_FACTORY": "mock",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "200",
        "NO_COLOR": "1",
    }


def mimamori(*verb: str, patience_s: float = 240) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end; killed, and the test failed, after ``patience_s``."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *verb],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=patience_s,
        check=False,
    )
