"""``mimamori models``: a field's own frames labelled and learnt from, and models brought to devices, signed."""

import socket
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.files import read_device
from contract.configuration import ConfigurationError, Problem

if TYPE_CHECKING:
    from edge.field_settings import FieldSettings
    from edge.wildlife.detections import FindsAnimals
    from edge.wildlife.model_store import ModelStore
    from models.labelling.book import LabelBook

app = typer.Typer(
    no_args_is_help=True, help="Label a field's own frames, train on them, sign and install models."
)


class Network(StrEnum):
    """The trainer's sizes."""

    NANO = "nano"
    TINY = "tiny"


class Device(StrEnum):
    """What trains."""

    CPU = "cpu"
    CUDA = "cuda"


Book = Annotated[Path, typer.Argument(help="Folder of the labels; made by `label`.")]
FieldFile = Annotated[Path, typer.Argument(help="The field's file.", exists=True, dir_okay=False)]
CardFile = Annotated[Path, typer.Argument(help="The model's card (.json).", exists=True, dir_okay=False)]


@app.command()
def label(
    book: Book,
    frames: Annotated[
        list[Path],
        typer.Option(help="Folder of frames that a device kept. Repeat.", exists=True, file_okay=False),
    ] = [],  # noqa: B006 - typer reads the default
    model: Annotated[Path | None, typer.Option(help="Card of the model that proposes boxes.")] = None,
    host: Annotated[
        str, typer.Option(help="0.0.0.0 also serves telephones in the same network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Of the page; 0 takes a free one.", min=0, max=65535)] = 8091,
    serve: Annotated[bool, typer.Option(help="Without: take the frames in and end.")] = True,
) -> None:
    """Take kept frames in, propose boxes, and open the page on which people correct them; Ctrl-C ends it."""
    from models.labelling.book import LabelBook

    labels = _taken(book, frames, model) if frames else LabelBook(book)
    finished = sum(frame.state != "open" for frame in labels.frames())
    typer.echo(f"{book}: {len(labels.frames())} frames, {finished} finished")
    if serve:
        _serve(labels, host, port)


def _taken(folder: Path, frames: list[Path], model: Path | None) -> "LabelBook":
    from rich.progress import track

    from edge.wildlife.detector import Detector
    from models.labelling.book import LabelBook
    from models.labelling.proposing import classes_for, kept_in, take_all

    if model is None:
        raise typer.BadParameter("--frames needs --model, the card of the model that proposes boxes")
    kept = kept_in(frames)
    detector = Detector(model, threads=2)
    book = LabelBook(folder, classes_for(detector.card))
    new = take_all(book, track(kept, "proposing boxes"), detector, detector.card)
    typer.echo(f"{new} new of {len(kept)} frames")
    return book


def _serve(book: "LabelBook", host: str, port: int) -> None:
    import uvicorn

    from models.labelling.page import label_page

    config = uvicorn.Config(
        label_page(book), host=host, port=port, log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    listening = socket.create_server((host, port))
    typer.echo(f"open  http://{_reachable(host)}:{listening.getsockname()[1]}/{book.key}/")
    typer.echo(
        "Whoever has this address can see and change the labels. Ctrl-C ends; everything is saved already."
    )
    uvicorn.Server(config).run(sockets=[listening])


def _reachable(host: str) -> str:
    """The address to give to a telephone where every network is listened on."""
    if host != "0.0.0.0":  # noqa: S104 - compared, not bound
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # sends nothing: asks which of our addresses would
            return str(asked.getsockname()[0])
        except OSError:
            return socket.gethostname()


@app.command()
def train(
    book: Book,
    model: Annotated[
        Path,
        typer.Option(help="Card of the model in use: what the new one must not be worse than.", exists=True),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run; run again to go on.")],
    base: Annotated[
        Path | None, typer.Option(help="Weights or card to start from; left out: the model in use.")
    ] = None,
    data: Annotated[
        list[Path], typer.Option(help="COCO JSON to learn from besides, against forgetting. Repeat.")
    ] = [],  # noqa: B006 - typer reads the default
    verifier: Annotated[
        Path | None,
        typer.Option(
            help="Card of the network that checks crops in this field: both models are compared with it.",
            exists=True,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the new model; left out: the old one's, which a verifier knows.")
    ] = None,
    network: Annotated[Network, typer.Option(help="Size of the network.")] = Network.NANO,
    epochs: Annotated[int, typer.Option(help="Rounds through the frames.", min=1)] = 40,
    minutes: Annotated[float, typer.Option(help="End after so long, schedule complete; 0: never.")] = 0.0,
    rate: Annotated[float, typer.Option(help="Learning rate at its highest.")] = 0.001,
    seed: Annotated[int, typer.Option(help="The same seed draws the same pictures.")] = 7,
    threads: Annotated[int, typer.Option(help="Of the processor.", min=1)] = 2,
    device: Annotated[Device, typer.Option(help="What it trains on.")] = Device.CPU,
    compare_only: Annotated[
        bool, typer.Option("--compare-only", help="Compare what lies in OUT already; train nothing.")
    ] = False,
) -> None:
    """Train on the finished frames, compare old and new on the days held apart, and refuse a worse one with exit 1."""
    from edge.wildlife.card import read_card
    from models.labelling.book import LabelBook
    from models.labelling.retraining import learning_file
    from models.pictures import open_album

    labels = LabelBook(book)
    named = name or read_card(model).name
    classes = open_album(data).class_names if data else read_card(model).class_names
    learn, count = learning_file(labels, classes)
    if not compare_only:
        from models.__main__ import train as train_model

        typer.echo(f"{count} frames of this field to learn from, besides {len(data)} other files")
        train_model(
            data=[*data, learn], base=base or model, out=out, name=named, network=network.value, epochs=epochs,
            minutes=minutes, rate=rate, seed=seed, threads=threads, device=device.value,
        )  # fmt: skip
    _compare(labels, model, out / f"{named}.json", verifier)


def _compare(book: "LabelBook", old: Path, new: Path, verifier: Path | None) -> None:
    from edge.wildlife.card import read_card
    from models.labelling.comparing import as_lines, compare
    from models.labelling.retraining import judged, write_comparison

    found = compare(judged(book, _eye(old, verifier), _eye(new, verifier)))
    for line in as_lines(found):
        typer.echo(line)
    typer.echo(f"kept in {write_comparison(found, read_card(old), new)}")
    if found.refused:
        typer.echo(f"refused: {new} stays here, the field keeps {old}", err=True)
        raise typer.Exit(1)


def _eye(card: Path, verifier: Path | None) -> "FindsAnimals":
    """As the field runs it. Raises ModelError."""
    from edge.wildlife.detector import Detector

    detector = Detector(card, threads=2)
    if verifier is None:
        return detector
    from edge.wildlife.verified import CheckedDetector
    from edge.wildlife.verifier import Verifier

    return CheckedDetector(detector, Verifier(verifier))


@app.command()
def key(
    file: Annotated[Path, typer.Argument(help="Where to write the private key; keep it off the devices.")],
    name: Annotated[str, typer.Option(help="Of whoever signs, without spaces.")] = "models",
) -> None:
    """Make a key to sign models with, and print the line for the devices' file of signers."""
    from models.labelling.signing import new_key

    try:
        typer.echo(new_key(file, name))
    except FileExistsError as there:
        raise ValueError(f"{file}: is there already, and devices may trust it: give another name") from there


@app.command()
def sign(
    card: CardFile,
    key_file: Annotated[Path, typer.Option("--key", help="Private key of `models key`.", exists=True)],
    also: Annotated[
        list[Path],
        typer.Option("--with", help="Card of another network that belongs to it. Repeat.", exists=True),
    ] = [],  # noqa: B006 - typer reads the default
    out: Annotated[Path | None, typer.Option(help="The signed file; left out: beside the card.")] = None,
    note: Annotated[str, typer.Option(help="What the technician should know, a line.")] = "",
) -> None:
    """Pack a model into one signed file; one that was compared and found worse is refused."""
    from edge.wildlife.model_file import SUFFIX
    from models.labelling.retraining import refusal
    from models.labelling.signing import read_key
    from models.labelling.signing import sign as signed

    why = refusal(card)
    if why is not None:
        raise ValueError(f"{card}: not signed; {why}")
    target = out or card.with_suffix(SUFFIX)
    manifest = signed([card, *also], read_key(key_file), target, time.time_ns() // 1_000_000, note)
    typer.echo(f"{target}: {', '.join(packed.name for packed in manifest.files)}")


@app.command()
def install(
    field: FieldFile,
    file: Annotated[Path, typer.Argument(help="A signed model.", exists=True, dir_okay=False)],
    again: Annotated[
        bool, typer.Option("--again", help="Although this very model was given up here before.")
    ] = False,
) -> None:
    """Check signature and golden pictures, then put a model in use; a running device takes it up by itself."""
    settings, store = _store(field)
    found = store.install(file, _tested(settings), again=again)
    typer.echo(f"{found.manifest.name} {found.version}, signed by {found.signer}: in use, on trial")
    if found.manifest.note:
        typer.echo(found.manifest.note)


@app.command()
def rollback(
    field: FieldFile,
    why: Annotated[str, typer.Option(help="Kept with the model that is given up.")] = "by hand",
) -> None:
    """Give up the model in use for the one before it."""
    _, store = _store(field)
    typer.echo(f"{store.roll_back(why).version}: in use again")


@app.command()
def show(field: FieldFile) -> None:
    """Say which model a device uses, which was before it, and which were given up and why."""
    _, store = _store(field)
    state = store.state()
    typer.echo(f"in use: {state.current or 'none'}{', on trial' if state.trial else ''}")
    typer.echo(f"before: {state.previous or 'none'}")
    for version, why in state.refused.items():
        typer.echo(f"given up: {version}: {why}")


def _store(field: Path) -> "tuple[FieldSettings, ModelStore]":
    """Raises ConfigurationError for a field whose model is no store."""
    from edge.field_settings import FieldSettings
    from edge.wildlife.model_file import read_signers
    from edge.wildlife.model_store import ModelStore

    settings = read_device(field)
    if not isinstance(settings, FieldSettings):
        raise ConfigurationError(
            [_wrong(field, "(file)", "give the file of a field: a home has no such model")]
        )
    if settings.eye.signers is None:
        mend = "name the file of the public keys whose models this device takes, and let model be a folder"
        raise ConfigurationError([_wrong(field, "eye.signers", mend)])
    return settings, ModelStore(settings.eye.model, read_signers(settings.eye.signers))


def _wrong(file: Path, key_name: str, mend: str) -> Problem:
    return Problem(str(file), None, key_name, "(missing)", mend)


def _tested(settings: "FieldSettings") -> Callable[[Path], None]:
    from edge.wildlife.detector import Detector
    from edge.wildlife.self_test import golden_beside, self_test

    def test(card: Path) -> None:
        detector: FindsAnimals = Detector(card, settings.eye.providers, settings.eye.threads)
        self_test(detector, settings.eye.golden or golden_beside(card))

    return test
