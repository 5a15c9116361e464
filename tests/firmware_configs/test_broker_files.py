"""mosquitto.conf and its access list, loaded by the real mosquitto, with both listeners as they are shipped."""

import getpass
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from cli.broker import free_port, mosquitto_path
from contract.topics import FROM_DEVICE, TO_DEVICE, Lane, topic

FILES = Path(__file__).parents[2] / "firmware_configs" / "mosquitto"
USERS = ("gateway", "radar-0001", "radar-0002", "technician")
PATIENCE_S = 10.0

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(mosquitto_path() is None, reason="no mosquitto (apt install mosquitto)"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make certificates with"),
]


class ShippedBroker:
    """mosquitto on the shipped files, their paths and ports put into a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plain, self.encrypted = free_port(), free_port()
        (folder / "certs").mkdir(parents=True)
        (folder / "store").mkdir()
        shutil.copy(FILES / "acl", folder / "acl")
        (folder / "acl").chmod(0o600)
        _certificates(folder / "certs")
        passwords = folder / "passwd"
        for user in USERS:
            create = [] if passwords.exists() else ["-c"]
            _run("mosquitto_passwd", "-b", *create, str(passwords), user, f"password of {user}")
        text = (FILES / "mosquitto.conf").read_text(encoding="utf-8")
        for shipped, ours in (
            ("/etc/mosquitto", str(folder)),
            ("/var/lib/mosquitto", str(folder / "store")),
            ("listener 1883 ", f"listener {self.plain} "),
            ("listener 8883\n", f"listener {self.encrypted} 127.0.0.1\n"),
        ):
            assert shipped in text
            text = text.replace(shipped, ours)
        (folder / "mosquitto.conf").write_text(text + f"user {getpass.getuser()}\n", encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            binary = str(mosquitto_path())
            self.process = subprocess.Popen(
                [binary, "-c", str(self.folder / "mosquitto.conf")], stdout=log, stderr=log
            )
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.encrypted)) == 0:
                    return
            time.sleep(0.05)
        pytest.fail((self.folder / "log").read_text())

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @contextmanager
    def client(
        self, user: str, *, name: str = "", device: bool = True, kept: bool = False
    ) -> Iterator["Client"]:
        made = Client(user, name, kept=kept)
        if device:
            made.paho.tls_set(
                ca_certs=str(self.folder / "certs" / "ca.crt"), tls_version=ssl.PROTOCOL_TLS_CLIENT
            )
        made.paho.connect("127.0.0.1", self.encrypted if device else self.plain)
        made.paho.loop_start()
        try:
            made.until(lambda: made.reasons)
            yield made
        finally:
            made.paho.disconnect()
            made.paho.loop_stop()


class Client:
    """A plain paho client that remembers what came."""

    def __init__(self, user: str, name: str, *, kept: bool) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.reasons: list[str] = []
        self.hung_up = 0
        self._granted = 0
        self.paho = mqtt.Client(CallbackAPIVersion.VERSION2, name, clean_session=not kept)
        self.paho.username_pw_set(user, f"password of {user}")
        self.paho.on_message = lambda _c, _d, message: self.heard.append((message.topic, message.payload))
        self.paho.on_connect = lambda _c, _d, _f, reason, _p: self.reasons.append(str(reason))
        self.paho.on_subscribe = self._subscribed
        self.paho.on_disconnect = self._disconnected

    def _subscribed(self, *_: object) -> None:
        self._granted += 1

    def _disconnected(self, *_: object) -> None:
        self.hung_up += 1

    def until(self, ready) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while not ready():
            assert time.monotonic() < until_s, f"heard {self.heard}, reasons {self.reasons}"
            time.sleep(0.02)

    def hear(self, *names: str) -> "Client":
        wanted = self._granted + len(names)
        for name in names:
            self.paho.subscribe(name, 1)
        self.until(lambda: self._granted >= wanted)
        return self

    def say(self, name: str, payload: bytes = b"x") -> None:
        self.paho.publish(name, payload, 1).wait_for_publish(PATIENCE_S)


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


def _certificates(folder: Path) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    ca = (str(folder / "ca.crt"), str(folder / "ca.key"))
    _run(
        "openssl",
        "req",
        "-x509",
        *key,
        "-subj",
        "/CN=test authority",
        "-days",
        "2",
        "-out",
        ca[0],
        "-keyout",
        ca[1],
    )
    _run(
        "openssl", "req", *key, "-subj", "/CN=127.0.0.1", "-keyout", str(folder / "server.key"),
        "-out", str(folder / "server.csr"),
    )  # fmt: skip
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    _run(
        "openssl", "x509", "-req", "-in", str(folder / "server.csr"), "-CA", ca[0], "-CAkey", ca[1],
        "-CAcreateserial", "-days", "2", "-extfile", str(folder / "san"), "-out", str(folder / "server.crt"),
    )  # fmt: skip


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ShippedBroker]:
    running = ShippedBroker(tmp_path / "etc")
    running.start()
    yield running
    running.kill()


def test_the_gateway_hears_every_device_and_every_device_hears_the_gateway(broker: ShippedBroker):
    with broker.client("gateway", device=False) as gateway, broker.client("radar-0001") as device:
        gateway.hear(*(f"mimamori/1/+/{lane}" for lane in FROM_DEVICE))
        device.hear(*(topic("radar-0001", lane) for lane in TO_DEVICE))
        for lane in FROM_DEVICE:
            device.say(topic("radar-0001", lane))
        for lane in TO_DEVICE:
            gateway.say(topic("radar-0001", lane))
        gateway.until(lambda: len(gateway.heard) == len(FROM_DEVICE))
        device.until(lambda: len(device.heard) == len(TO_DEVICE))


@pytest.mark.parametrize("lane", FROM_DEVICE)
def test_a_device_cannot_speak_for_another(broker: ShippedBroker, lane: Lane):
    with broker.client("gateway", device=False) as gateway, broker.client("radar-0001") as device:
        gateway.hear(f"mimamori/1/+/{lane}")
        device.say(topic("radar-0002", lane), b"forged")
        device.say(topic("radar-0001", lane), b"own")
        gateway.until(lambda: gateway.heard)
        assert gateway.heard == [(topic("radar-0001", lane), b"own")]


def test_a_device_cannot_read_what_others_say_or_are_told(broker: ShippedBroker):
    with (
        broker.client("gateway", device=False) as gateway,
        broker.client("radar-0001") as device,
        broker.client("radar-0002") as curious,
    ):
        curious.hear("mimamori/1/#", "#", "mimamori/1/radar-0001/event")
        for lane in FROM_DEVICE:
            device.say(topic("radar-0001", lane))
        for lane in TO_DEVICE:
            gateway.say(topic("radar-0001", lane))
        gateway.say(topic("radar-0002", Lane.COMMAND), b"for you")
        curious.until(lambda: curious.heard)
        assert {name for name, _ in curious.heard} == {topic("radar-0002", Lane.COMMAND)}


@pytest.mark.parametrize("lane", TO_DEVICE)
def test_a_device_cannot_command_or_confirm(broker: ShippedBroker, lane: Lane):
    with (
        broker.client("gateway", device=False) as gateway,
        broker.client("radar-0001") as device,
        broker.client("radar-0002") as other,
    ):
        other.hear(topic("radar-0002", lane))
        device.say(topic("radar-0002", lane), b"forged")
        gateway.say(topic("radar-0002", lane), b"real")
        other.until(lambda: other.heard)
        assert other.heard == [(topic("radar-0002", lane), b"real")]


def test_a_technician_reads_everything_and_changes_nothing(broker: ShippedBroker):
    with (
        broker.client("technician", device=False) as technician,
        broker.client("gateway", device=False) as gateway,
        broker.client("radar-0001") as device,
    ):
        technician.hear("mimamori/1/#")
        device.hear(topic("radar-0001", Lane.COMMAND))
        technician.say(topic("radar-0001", Lane.COMMAND), b"forged")
        gateway.say(topic("radar-0001", Lane.COMMAND), b"real")
        device.until(lambda: device.heard)
        technician.until(lambda: technician.heard)
        assert device.heard == technician.heard == [(topic("radar-0001", Lane.COMMAND), b"real")]


def test_nobody_comes_in_without_a_password_or_with_a_wrong_one(broker: ShippedBroker):
    with broker.client("gateway", device=False) as known:
        assert known.reasons == ["Success"]
    for user, password in ((None, None), ("gateway", "guessed")):
        refused = Client("gateway", "", kept=False)
        refused.paho.username_pw_set(user, password)
        refused.paho.connect("127.0.0.1", broker.plain)
        refused.paho.loop_start()
        refused.until(lambda client=refused: client.reasons)
        refused.paho.disconnect()
        refused.paho.loop_stop()
        assert "Not authorized" in refused.reasons[0]


def test_a_device_cannot_take_over_the_session_of_the_gateway(broker: ShippedBroker):
    with broker.client("gateway", name="the-session", device=False, kept=True) as gateway:
        gateway.hear("mimamori/1/+/event")
        with broker.client("radar-0001", name="the-session", kept=True) as thief:
            thief.say(topic("radar-0001", Lane.EVENT), b"own")
            gateway.until(lambda: gateway.heard)
            assert gateway.hung_up == 0
            assert not thief.heard


def test_what_waits_for_the_gateway_survives_kill_9(broker: ShippedBroker):
    waiting = [b"%d" % n for n in range(100)]
    with broker.client("gateway", name="the-session", device=False, kept=True) as gateway:
        gateway.hear("mimamori/1/+/event")
    with broker.client("radar-0001") as device:
        for payload in waiting:
            device.say(topic("radar-0001", Lane.EVENT), payload)
        # The store is written between two rounds of the broker, and this answer comes in a later one.
        device.say(topic("radar-0001", Lane.STATE))
        broker.kill()
    broker.start()
    with broker.client("gateway", name="the-session", device=False, kept=True) as gateway:
        gateway.until(lambda: len(gateway.heard) >= len(waiting))
        assert [payload for _, payload in gateway.heard] == waiting
