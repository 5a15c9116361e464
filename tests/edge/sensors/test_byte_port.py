"""Serial lines that come and go, played on a pty, and recordings that end."""

from pathlib import Path

import pytest

from edge.sensors.byte_port import FilePort, SerialPort
from edge.sensors.readings import SensorLostError
from simulators.home.pty_port import PtyPort

BAUD = 921_600


def read_all(port: SerialPort, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = port.read(5.0)
        assert piece, f"only {len(data)} of {length} bytes came"
        data += piece
    return data


def test_bytes_come_out_as_they_went_in_whatever_their_value() -> None:
    with PtyPort() as pty:
        port = SerialPort(pty.path, BAUD)
        port.open()
        sent = bytes(range(256)) * 4  # control characters, XON and XOFF among them
        assert pty.write(sent, timeout_s=1.0) == len(sent)
        assert read_all(port, len(sent)) == sent
        port.close()


def test_a_quiet_line_gives_no_bytes_and_no_error() -> None:
    with PtyPort() as pty:
        port = SerialPort(pty.path, BAUD)
        port.open()
        assert port.read(0.01) == b""
        port.close()
        port.close()


def test_what_waited_before_opening_is_old_and_thrown_away() -> None:
    with PtyPort() as pty:
        pty.write(b"yesterday")
        port = SerialPort(pty.path, BAUD)
        port.open()
        pty.write(b"now")
        assert read_all(port, 3) == b"now"
        port.close()


def test_an_unplugged_port_is_lost_with_the_mend_and_can_be_opened_again(tmp_path: Path) -> None:
    pty = PtyPort(tmp_path / "radar")
    pty.plug_in()
    port = SerialPort(pty.path, BAUD)
    port.open()
    pty.unplug()
    with pytest.raises(SensorLostError, match="check the USB cable"):
        port.read(1.0)
    with pytest.raises(SensorLostError, match="plug the radar in"):
        port.open()
    pty.plug_in()
    port.open()
    pty.write(b"back", timeout_s=1.0)
    assert read_all(port, 4) == b"back"
    port.close()
    pty.unplug()


def test_reading_or_writing_an_unopened_port_says_so() -> None:
    port = SerialPort("/dev/null", BAUD)
    with pytest.raises(SensorLostError, match="not open"):
        port.read(0.0)
    with pytest.raises(SensorLostError, match="not open"):
        port.write(b"x")


def test_two_programs_do_not_share_a_port() -> None:
    with PtyPort() as pty:
        first, second = SerialPort(pty.path, BAUD), SerialPort(pty.path, BAUD)
        first.open()
        with pytest.raises(SensorLostError, match="another program holds it"):
            second.open()
        first.close()
        second.open()
        second.close()


def test_something_that_is_no_serial_port_is_refused_with_a_reason(tmp_path: Path) -> None:
    plain = tmp_path / "file"
    plain.write_bytes(b"x")
    with pytest.raises(SensorLostError, match="cannot be opened as a serial port"):
        SerialPort(str(plain), BAUD).open()


def test_a_recording_comes_in_pieces_and_then_ends(tmp_path: Path) -> None:
    path = tmp_path / "recording.bin"
    path.write_bytes(b"0123456789")
    port = FilePort(path, piece=4)
    port.open()
    assert port.size == 10
    assert [port.read(0.0) for _ in range(3)] == [b"0123", b"4567", b"89"]
    with pytest.raises(EOFError):
        port.read(0.0)
    port.open()
    assert port.read(0.0) == b"0123"
    port.close()


def test_a_recording_that_is_not_there_is_named(tmp_path: Path) -> None:
    port = FilePort(tmp_path / "none.bin")
    with pytest.raises(SensorLostError, match=r"none\.bin"):
        port.open()
    with pytest.raises(SensorLostError, match=r"none\.bin"):
        _ = port.size
