"""Keeps a handful of our own processes running, as a service manager would, and ends every one of them."""

import logging
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from cli.broker import ending_with_parent

log = logging.getLogger(__name__)

STOP_PATIENCE_S = 3.0
"""All processes together; Ctrl-C promises an end within 5 s."""
RESTART_AFTER_S = 0.5


@dataclass(slots=True)
class _Kept:
    argv: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    starts: int = 1
    restart_at_s: float | None = field(default=None)


class Processes:
    """Starts ``mimamori`` verbs as processes of their own, restarts what dies, ends all by pid.

    One thread calls it; each process writes to ``{directory}/{name}.log``.
    """

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self._directory = directory
        self._environment = environment
        self._kept: dict[str, _Kept] = {}
        directory.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, *verb: str, environment: dict[str, str] | None = None) -> None:
        """Run ``mimamori verb...`` under a name until ``stop_all``."""
        argv = [*ending_with_parent(), sys.executable, "-m", "cli.main", *verb]
        merged = {**self._environment, **(environment or {})}
        self._kept[name] = _Kept(argv, merged, self._spawn(name, argv, merged))

    def keep(self) -> list[str]:
        """Restart what has died; returns the names that had."""
        died = []
        now_s = time.monotonic()
        for name, kept in self._kept.items():
            if kept.process.poll() is None:
                continue
            if kept.restart_at_s is None:
                died.append(name)
                log.warning("%s ended with status %s: starting it again", name, kept.process.returncode)
                kept.restart_at_s = now_s + RESTART_AFTER_S
            elif now_s >= kept.restart_at_s:
                kept.process = self._spawn(name, kept.argv, kept.environment)
                kept.starts += 1
                kept.restart_at_s = None
        return died

    def pid(self, name: str) -> int:
        """The process id now; another after a restart."""
        return self._kept[name].process.pid

    def kill(self, name: str) -> None:
        """End one at once, as a power cut would; ``keep`` starts it again."""
        self._kept[name].process.kill()
        self._kept[name].process.wait()

    def starts(self, name: str) -> int:
        """How often it has been started."""
        return self._kept[name].starts

    def last_words(self, name: str, lines: int = 12) -> str:
        """The end of its log."""
        text = (self._directory / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def stop_all(self) -> None:
        """Ask all to end, then make them."""
        for kept in self._kept.values():
            if kept.process.poll() is None:
                kept.process.send_signal(signal.SIGTERM)
        deadline_s = time.monotonic() + STOP_PATIENCE_S
        for name, kept in self._kept.items():
            try:
                kept.process.wait(timeout=max(0.05, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("%s did not end when asked: killed", name)
                kept.process.kill()
                kept.process.wait()
        self._kept.clear()

    def _spawn(self, name: str, argv: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self._directory / f"{name}.log").open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - our own verbs
                argv,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches only the parent, which ends the others in order.
                start_new_session=True,
            )
