"""``mimamori tail``: the wire, readable, as it happens."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from cli.broker_options import CaFile, Host, PasswordFile, Port, User, broker_at
from cli.listening import Heard, Listener
from contract.messages import Live, NotOfTheContractError, Receipt
from contract.schema import decode_lane
from contract.topics import ROOT, Lane, parse

_COLOURS = {
    Lane.EVENT: "bold red",
    Lane.TELEMETRY: "cyan",
    Lane.LIVE: "dim",
    Lane.STATE: "green",
    Lane.COMMAND: "bold magenta",
    Lane.RECEIPT: "dim green",
}


def tail(
    host: Host = "127.0.0.1",
    port: Port = 1883,
    user: User = None,
    password_file: PasswordFile = None,
    ca_file: CaFile = None,
    device: Annotated[str, typer.Option(help="Only this device.")] = "+",
    live: Annotated[bool, typer.Option("--live", help="Also the live lane: several lines a second.")] = False,
    seconds: Annotated[float, typer.Option(help="End after so long; 0 = never.")] = 0.0,
) -> None:
    """Print messages as they pass: events, telemetry, states, commands, receipts."""
    console = Console(soft_wrap=True)
    lanes = [lane for lane in Lane if live or lane is not Lane.LIVE]
    broker = broker_at(host, port, user, password_file, ca_file)
    end = datetime.now(UTC).timestamp() + seconds if seconds else float("inf")
    with Listener(broker, [f"{ROOT}/{device}/{lane}" for lane in lanes]) as listener:
        if not listener.wait_connected(10.0):
            raise ConnectionError(
                f"no MQTT broker takes us at {host}:{port}: start one, or mend --host, --port, --user"
            )
        try:
            while (now := datetime.now(UTC).timestamp()) < end:
                heard = listener.next(min(1.0, end - now))
                if heard is not None:
                    console.print(line(heard))
        except KeyboardInterrupt:
            return


def line(heard: Heard) -> Text:
    """One message as one line: time, device, lane, what it says; pictures and points are only counted."""
    clock = datetime.now(UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
    try:
        address = parse(heard.topic)
        message = decode_lane(heard.payload, address.lane)
    except (ValueError, NotOfTheContractError) as error:
        return Text(f"{clock} {heard.topic} NOT OF THE CONTRACT: {error}", style="bold yellow")
    if isinstance(message, Receipt):
        words = f"{len(message.ids)} received"
    else:
        told = getattr(message, "body", message)
        words = " ".join(f"{name}={_short(value)}" for name, value in _facts(told).items())
    kept = " (retained)" if heard.retained and not isinstance(message, Live) else ""
    return Text(f"{clock} {address.device:14} {address.lane:9} {words}{kept}", style=_COLOURS[address.lane])


def _facts(told: object) -> dict[str, object]:
    facts: dict[str, object] = msgspec.to_builtins(told, builtin_types=(bytes,))
    facts.pop("stamp", None)
    facts.pop("schema", None)
    return {name: value for name, value in facts.items() if value not in (None, [], "")}


def _short(value: object) -> str:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return f"<{len(value)}>"
    if isinstance(value, dict):
        return "{" + " ".join(f"{k}={_short(v)}" for k, v in value.items()) + "}"
    return str(value)
