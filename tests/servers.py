"""Debian's own servers as tests start them: on free loopback ports, in a folder of their own, ended by their pid."""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cli.broker import free_port

INFLUXD_CONFIG = """\
reporting-enabled = false
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{store}/meta"
[data]
  dir = "{store}/data"
  wal-dir = "{store}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  auth-enabled = {auth}
"""


class Server:
    """A server process of the test's own."""

    def __init__(self, command: list[str], port: int, log_file: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command, self._port, self._log = command, port, log_file
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)
        self.kill()
        pytest.fail(self._log.read_text(errors="replace")[-1000:])

    def freeze(self) -> None:
        """It keeps its socket open and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Servers:
    """Starts Debian's own servers on free loopback ports; each is ended by its pid."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[Server] = []

    def influxd(self, *, auth: bool = False) -> Server:
        binary = shutil.which("influxd")
        if binary is None:
            pytest.skip("no influxd on this machine (apt install influxdb)")
        port, config = free_port(), self._folder / "influxdb.conf"
        config.write_text(
            INFLUXD_CONFIG.format(rpc=free_port(), http=port, store=self._folder, auth=str(auth).lower())
        )
        return self._start([binary, "-config", str(config)], port)

    def victoria_metrics(self) -> Server:
        binary = shutil.which("victoria-metrics")
        if binary is None:
            pytest.skip("no victoria-metrics on this machine (apt install victoria-metrics)")
        port = free_port()
        store, address = self._folder / "metrics", f"127.0.0.1:{port}"
        command = [binary, f"-storageDataPath={store}", f"-httpListenAddr={address}", "-retentionPeriod=100y"]
        return self._start(command, port)

    def _start(self, command: list[str], port: int) -> Server:
        self._running.append(Server(command, port, self._folder / "server.log"))
        return self._running[-1]

    def end(self) -> None:
        for server in self._running:
            server.kill()
