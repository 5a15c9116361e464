"""``mimamori sim``: a home, a field and a city's services to play against, each as one process."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.listening import Listener
from cli.service import stop_on_signals
from contract.broker import BrokerSettings
from contract.messages import Answered, Command, Live, LiveField, Message, NotOfTheContractError
from contract.schema import decode_lane
from contract.topics import Lane, parse, topic

if TYPE_CHECKING:
    from simulators.city.city import City

log = logging.getLogger(__name__)

app = typer.Typer(no_args_is_help=True, help="Simulators: a home, a field, the city's services.")

Host = Annotated[str, typer.Option(help="The broker, to hear what the device and the city say.")]
Port = Annotated[int, typer.Option(help="The broker's port.")]
Seed = Annotated[int, typer.Option(help="The same seed plays the same story.")]


@app.command()
def home(
    link: Annotated[Path, typer.Option(help="The serial port to make; [radar] port names it.")],
    device: Annotated[str, typer.Option(help="The device whose answers the resident hears.")],
    host: Host = "127.0.0.1",
    port: Port = 1883,
    fall_at: Annotated[float, typer.Option(help="Seconds until the resident falls.")] = 15.0,
    again_after: Annotated[float, typer.Option(help="Seconds from getting up to the next; 0 = never.")] = 0.0,
    help_after: Annotated[float, typer.Option(help="Seconds from an answer until help is there.")] = 6.0,
    height: Annotated[float, typer.Option(help="Of the radar above the floor, m.")] = 1.8,
    tilt: Annotated[float, typer.Option(help="Of the radar, degrees down.")] = 10.0,
    bad_line: Annotated[
        float, typer.Option(help="Share of frames the serial line spoils, 0..1.", min=0.0, max=1.0)
    ] = 0.0,
    seed: Seed = 1,
) -> None:
    """A resident in front of a radar, whose bytes come out of a serial port."""
    import numpy as np

    from edge.clock import SystemClock
    from edge.fall.settings import MountSettings
    from simulators.home.bad_line import BadLine
    from simulators.home.home import SimulatedHome
    from simulators.home.pty_port import PtyPort
    from simulators.home.story import FallStory

    stop = stop_on_signals()
    rng = np.random.default_rng(seed)
    story = FallStory(rng, fall_at_s=fall_at, get_up_after_s=help_after, again_after_s=again_after or None)
    simulated = SimulatedHome(MountSettings(height_m=height, tilt_deg=tilt), story, rng)

    def hear(message: Message) -> None:
        if isinstance(message, Command) and isinstance(message.body, Answered):
            simulated.help_arrived()

    with PtyPort(link) as pty, _hearing(host, port, topic(device, Lane.COMMAND), hear, stop):
        typer.echo(f"first byte {time.time_ns() // 1_000_000}")
        simulated.run(pty, stop, SystemClock(), carry=BadLine(np.random.default_rng(seed), bad_line).carry)


@app.command()
def field(
    folder: Annotated[Path, typer.Option(help="Where the camera's pictures go; [camera] source names it.")],
    device: Annotated[str, typer.Option(help="The device whose repeller the animals notice.")],
    host: Host = "127.0.0.1",
    port: Port = 1883,
    troop_at: Annotated[float, typer.Option(help="Seconds until the troop comes.")] = 8.0,
    between: Annotated[float, typer.Option(help="Seconds of quiet between two troops.")] = 60.0,
    fear: Annotated[float, typer.Option(help="Share of monkeys that leave for a stimulus, 0..1.")] = 0.9,
    fps: Annotated[float, typer.Option(help="Pictures a second.")] = 5.0,
    seed: Seed = 1,
) -> None:
    """A troop on a hillside in front of a camera that uploads its pictures into a folder."""
    import numpy as np

    from simulators.field.camera_feed import CameraFeed
    from simulators.field.story import FieldStory

    stop = stop_on_signals()
    rng = np.random.default_rng(seed)
    story = FieldStory(rng, first_s=troop_at, between_s=between, leave_probability=fear)
    feed = CameraFeed(folder, story, rng, fps=fps)

    def hear(message: Message) -> None:
        if isinstance(message, Live) and isinstance(message.body, LiveField):
            story.outputs(frozenset(message.body.outputs_on))

    with _hearing(host, port, topic(device, Lane.LIVE), hear, stop):
        typer.echo(f"first picture {time.time_ns() // 1_000_000}")
        feed.run(stop)


@app.command()
def city(
    services: Annotated[Path, typer.Option(help="Folder for the secrets and services.toml it writes.")],
    port: Annotated[int, typer.Option(help="Of the timeline; 0 = any free one.")] = 0,
) -> None:
    """LINE, an SMTP server and a webhook receiver on this machine, with a timeline of what arrived."""
    from simulators.city.city import serve_city

    stop = stop_on_signals()
    services.mkdir(parents=True, exist_ok=True)

    def ready(running: "City") -> None:
        (services / "services.toml").write_text(running.services_toml(services), encoding="utf-8")
        typer.echo(f"timeline: {running.timeline_url}")
        typer.echo(f"append {services / 'services.toml'} to the city's file")

    serve_city(stop, ready, port=port)


@contextmanager
def _hearing(
    host: str, port: int, name: str, take: Callable[[Message], None], stop: threading.Event
) -> Iterator[None]:
    """Meanwhile, in a thread, give each message of a topic to ``take``; one that is no message is passed over."""

    def listen() -> None:
        with Listener(BrokerSettings(host=host, port=port), [name]) as listener:
            while not stop.is_set():
                heard = listener.next(0.2)
                if heard is None:
                    continue
                try:
                    take(decode_lane(heard.payload, parse(heard.topic).lane))
                except NotOfTheContractError as error:
                    log.warning("%s: %s", heard.topic, error)

    ears = threading.Thread(target=listen, name="ears")
    ears.start()
    try:
        yield
    finally:
        stop.set()
        ears.join()
