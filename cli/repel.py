"""``mimamori repel``: try a repeller's outputs, fire one from afar, run a box, and prove what keeps it safe."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True, help="A field's repeller: test, secrets, boxes, fire from afar, proofs."
)

FieldFile = Annotated[Path, typer.Argument(help="field.toml")]


@app.command("test")
def try_output(
    file: FieldFile,
    output: Annotated[str, typer.Option(help="Name of the output.")],
    seconds: Annotated[float, typer.Option(help="How long; its max_on_s is never passed.")] = 1.0,
    countdown: Annotated[int, typer.Option(min=3, max=60, help="Seconds in which anybody may veto.")] = 10,
) -> None:
    """Fire one output after a countdown; Enter or Ctrl-C vetoes. Stop the device's service first: it owns the pins.

    Hours, mute, houses, dose and emergency stop hold as always. Exit 1 if it was vetoed or did not fire.
    """
    from cli.files import read_device
    from cli.repel_test import fire_one
    from edge.field_settings import FieldSettings

    settings = read_device(file)
    if not isinstance(settings, FieldSettings):
        raise typer.BadParameter("give the file of a field: a home has no repeller")
    if not fire_one(settings, output, seconds, countdown, typer.echo):
        raise typer.Exit(1)


@app.command()
def key(file: Annotated[Path, typer.Argument(help="the key file to make")]) -> None:
    """Make a secret for a box or for fire from afar, readable by this user alone; copy it to the other end by hand."""
    import os
    import secrets

    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as there:
        raise ValueError(
            f"{file}: is there already: give another name, or remove it if nobody uses it"
        ) from there
    with os.fdopen(handle, "w") as made:
        made.write(secrets.token_hex(32) + "\n")
    typer.echo(f"{file}: made; copy it to the other end by hand, never by mail")


@app.command()
def box(file: Annotated[Path, typer.Argument(help="box.toml")]) -> None:
    """Run a box whose outputs a field uses over MQTT, until Ctrl-C or SIGTERM; off at every way out."""
    from cli.service import stop_on_signals
    from contract.configuration import parse
    from edge.repel.order_line import OrderLine
    from edge.repel.outputs import Outputs
    from edge.repel.remote_box import BoxSettings, RemoteBox
    from edge.repel.signed_words import read_key, topic

    settings = parse(file.read_text(encoding="utf-8"), BoxSettings, str(file))
    stop = stop_on_signals()
    outputs = Outputs(settings.outputs, settings.timeline_file, stop_pin=settings.stop_pin)
    line = OrderLine(settings.broker, [topic(settings.box, "order")])
    here = RemoteBox(settings.box, read_key(settings.key_file), outputs, line)
    try:
        here.open()
        while not stop.is_set():
            here.turn(0.05)
    finally:
        here.close()


@app.command()
def fire(
    device: Annotated[str, typer.Argument(help="the field's opaque name")],
    output: Annotated[str, typer.Argument(help="name of the output")],
    key_file: Annotated[Path, typer.Option(help="The secret shared with that field.")],
    seconds: Annotated[float, typer.Option(help="How long; the field's own limits hold.")] = 2.0,
    host: Annotated[str, typer.Option(help="Broker of the field's [repel.line].")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its port.")] = 1883,
    username: Annotated[str | None, typer.Option(help="User at the broker.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with that user's password.")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="The broker's certificate authority: TLS.")] = None,
) -> None:
    """Fire from afar in two signed steps: ask, look at the field, then type its name within 30 s.

    The field's own rules hold: people, bears, hours, mute, dose, gap. Exit 1 if it did not fire, with the reason.
    """
    from cli.repel_fire import fire_from_afar
    from contract.broker import BrokerSettings
    from edge.repel.safety import Shot
    from edge.repel.signed_words import read_key

    broker = BrokerSettings(
        host=host, port=port, username=username, password_file=password_file, ca_file=ca_file
    )
    words = fire_from_afar(
        device,
        Shot(output, seconds),
        read_key(key_file),
        broker,
        lambda: typer.prompt("to fire, type its name"),
    )
    typer.echo(f"{device}: {words}")
    if words != "fired":
        raise typer.Exit(1)


@app.command()
def prove(
    histories: Annotated[int, typer.Option(min=0, help="Random histories for the safety kernel.")] = 100_000,
    kills: Annotated[int, typer.Option(min=0, help="Kills while an output is on, for each victim.")] = 50,
    victim: Annotated[
        list[str] | None, typer.Option(help="decider, owner, both or stuck-owner; left out, all.")
    ] = None,
    max_on: Annotated[float, typer.Option(min=0.5, max=10, help="The maximum on-time, s.")] = 1.0,
    pin: Annotated[int, typer.Option(help="BCM number of the output, with --sense-pin.")] = 17,
    sense_pin: Annotated[
        int | None,
        typer.Option(help="BCM number of an input wired to it: prove on this machine's real pins."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that play and kill.")] = 2,
) -> None:
    """Prove the kernel on random histories and the on-time by kill -9. Exit 1 if one rule was broken once."""
    from cli.repel_proofs import prove_histories, prove_kills
    from simulators.repel.kills import Victim, chip_wire

    good = prove_histories(histories, workers, typer.echo) if histories else True
    wire = None if sense_pin is None else chip_wire(pin, sense_pin)
    victims = [Victim(word) for word in victim] if victim else list(Victim)
    for one in victims if kills else []:
        good = prove_kills(one, kills, max_on, 1 if wire else workers, wire, typer.echo) and good
    if not good:
        raise typer.Exit(1)
