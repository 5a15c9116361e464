"""``python -m models train|export|measure|card``: from labelled pictures to a model with its card."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from edge.wildlife.card import ModelError, read_card
from models.measure import as_text
from models.pictures import DataError, open_album
from models.shipping import export_run, measured, negatives, parted, with_data
from models.train import Recipe, Trainer

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
_USUAL = Recipe()

Data = Annotated[list[Path], typer.Option(help="COCO JSON; pictures in images/ beside it. Repeat.")]
Check = Annotated[Path | None, typer.Option(help="COCO JSON without monkeys, for false alarms.")]
Quiet = Annotated[list[Path], typer.Option(help="Folder of pictures without monkeys. Repeat.")]
Drawn = Annotated[Path | None, typer.Option(help="COCO JSON of drawings not trained on.")]


@app.command()
def train(
    data: Data,
    base: Annotated[Path, typer.Option(help="YOLOX-nano COCO checkpoint to start from.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; run again to go on.")],
    name: str = "macaque_nano",
    size: int = _USUAL.size,
    export_size: int = 416,
    epochs: int = _USUAL.epochs,
    minutes: Annotated[float, typer.Option(help="End after so long, schedule complete.")] = 0.0,
    drawn_share: float = _USUAL.drawn_share,
    seed: int = _USUAL.seed,
    threads: int = _USUAL.threads,
    check: Check = None,
    quiet: Quiet = [],  # noqa: B006  # typer reads the default
    drawings: Drawn = None,
) -> None:
    """Train, export, choose thresholds, measure, and write the model with its card into OUT."""
    learnt, apart = parted(data)
    recipe = Recipe(size, 16, epochs, minutes, 0.004, drawn_share, seed, threads)
    print(f"{len(learnt.pictures)} pictures to learn from, {len(apart.pictures)} held apart")
    Trainer(learnt, base, out, recipe).run()
    export_run(out / "last.pt", out, name, export_size)
    card(out / f"{name}.json", data, check, quiet, drawings, size, drawn_share, seed)


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
    size: int = _USUAL.size,
    drawn_share: float = _USUAL.drawn_share,
    seed: int = _USUAL.seed,
) -> None:
    """Choose thresholds on the held-apart part, measure, and write both into the card."""
    learnt, apart = parted(data)
    sets = negatives(check, quiet, apart.class_names)
    drawn = None if drawings is None else open_album([drawings])
    filled = measured(card_path, apart, sets, drawn)
    how = {
        "network": "YOLOX-nano, 0.9 M parameters", "training_px": size, "batch": 16, "seed": seed,
        "optimizer": "SGD 0.004 cosine, momentum 0.9, weights averaged",
        "frozen": "stem, dark2, dark3, batch statistics of the backbone",
        "drawn_share": drawn_share, "held_apart_pictures": len(apart.pictures),
        "split": "15 % of the groups of every source, by hash of the group's name",
    }  # fmt: skip
    print(as_text(with_data(filled, card_path.parent, learnt, apart, how)))


@app.command()
def measure(card_path: Path) -> None:
    """Print the figures that the card states."""
    print(as_text(read_card(card_path)))


def main() -> None:
    """Run a verb; a problem with data or a model ends with one line and status 1."""
    logging.basicConfig(level=logging.INFO)
    try:
        app()
    except (DataError, ModelError) as problem:
        typer.echo(str(problem), err=True)
        raise SystemExit(1) from problem


if __name__ == "__main__":
    main()
