"""``python -m models.falls.scorer TABLE...``: trains the small networks that score who came down, and writes their cards.

One of descents, within seconds (``--of descent``), one of who has been down for a while (``--of sitting``).

Tables come from ``mimamori evaluate descents``. Lives are split, never looks: each member learns without a fifth of the
homes and scenes, and is measured on those. It learns from simulation only: the one licensed set of recordings forbids
commercial use, so recordings are what it is measured on, never what it learns from.
"""

import hashlib
import warnings
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import onnxruntime
import torch
import typer
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from edge.fall_scorer import DESCENT, FEATURES, HOW_SEEN, SHIPPED, SITTING, Card

OPSET = 13
MOST = 4.0
"""Standard deviations from the middle at which a number is cut: what was never seen must not decide."""
HIDDEN = (48, 24)
WEIGHT_DECAY = 0.1
"""Strong, with few rounds: of eight choices of size, rounds and decay this asked least on lives held apart."""
MEMBERS = 5
"""Networks whose odds are averaged, each without a fifth of the lives: a quarter less needless looks than one alone."""
BATCH = 4096
FELL_WEIGHT = 0.1
"""Looks at the fallen weigh a tenth as much as all others together: needless questions are what is scarce in a table."""
TOLERANCE = 1e-3
ODDS = (-4.0, -2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0)


class Of(StrEnum):
    """What a network judges."""

    DESCENT = "descent"
    SITTING = "sitting"


COLUMNS = {Of.DESCENT: ("", DESCENT), Of.SITTING: ("stays_", SITTING)}
"""How its columns begin in a table, and its card's name."""


class TrainingError(RuntimeError):
    """A table cannot be trained on, or the written network does not answer as the trained one does."""


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` (N, features), ``fell`` (N,), ``whose`` (N,): the life each look is from."""

    rows: NDArray[np.float32]
    fell: NDArray[np.bool_]
    whose: NDArray[np.int64]

    def of(self, chosen: NDArray[np.bool_]) -> "Table":
        """The looks of some lives."""
        return Table(self.rows[chosen], self.fell[chosen], self.whose[chosen])


class Member(nn.Module):
    """Numbers, scaled and cut, to log odds."""

    def __init__(self, features: int) -> None:
        super().__init__()
        first, second = HIDDEN
        self.layers = nn.Sequential(
            nn.Linear(features, first), nn.Tanh(), nn.Linear(first, second), nn.Tanh(), nn.Linear(second, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        odds: Tensor = self.layers(x)
        return odds


class Network(nn.Module):
    """The mean of its members' log odds."""

    def __init__(self, members: list[Member]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([member(x) for member in self.members]).mean(dim=0)


def read_tables(paths: list[Path], of: Of) -> Table:
    """All of them as one, lives numbered through; raises TrainingError for one of another version."""
    begins, card = COLUMNS[of]
    wide = len(FEATURES[card]) + len(HOW_SEEN)
    rows, fell, whose = [], [], []
    lives = 0
    for path in paths:
        with np.load(path) as data:
            if f"{begins}rows" not in data or data[f"{begins}rows"].shape[1] != wide:
                raise TrainingError(
                    f"{path}: made for other features; run `mimamori evaluate descents` again"
                )
            rows.append(data[f"{begins}rows"])
            fell.append(data[f"{begins}fell"])
            whose.append(data[f"{begins}whose"] + lives)
            lives = int(whose[-1].max(initial=lives - 1)) + 1
    return Table(np.concatenate(rows), np.concatenate(fell), np.concatenate(whose))


def fit(
    table: Table, middle: NDArray[np.float32], width: NDArray[np.float32], epochs: int, seed: int
) -> tuple[Network, NDArray[np.float32]]:
    """The network, and what was said of each look by the one member that did not learn from that life."""
    members, apart = [], np.empty(len(table.rows), dtype=np.float32)
    for n in range(MEMBERS):
        held = table.whose % MEMBERS == n
        member = _member(table.of(~held), middle, width, epochs, seed + n)
        apart[held] = odds_of(member, table.rows[held], middle, width)
        members.append(member)
    return Network(members).eval(), apart


def _member(
    table: Table, middle: NDArray[np.float32], width: NDArray[np.float32], epochs: int, seed: int
) -> Member:
    torch.manual_seed(seed)
    x = torch.from_numpy(np.clip((table.rows - middle) / width, -MOST, MOST))
    y = torch.from_numpy(table.fell.astype(np.float32))
    share = float(table.fell.mean())
    weight = torch.where(y > 0, FELL_WEIGHT * (1.0 - share) / max(share, 1e-6), 1.0)
    member = Member(x.shape[1])
    optimizer = torch.optim.AdamW(member.parameters(), weight_decay=WEIGHT_DECAY)
    steps = len(x) // BATCH + 1
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 8e-3, total_steps=epochs * steps)
    loss_of = nn.BCEWithLogitsLoss(reduction="none")
    for _ in tqdm(range(epochs), "training", unit="epoch", mininterval=5.0):
        for chosen in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            loss = (loss_of(member(x[chosen])[:, 0], y[chosen]) * weight[chosen]).mean()
            loss.backward()
            optimizer.step()
            schedule.step()
    return member.eval()


def odds_of(
    network: nn.Module, rows: NDArray[np.float32], middle: NDArray[np.float32], width: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Log odds of each row."""
    with torch.no_grad():
        odds: NDArray[np.float32] = network(torch.from_numpy(np.clip((rows - middle) / width, -MOST, MOST)))[
            :, 0
        ].numpy()
    return odds


def write(network: Network, card_file: Path, card: Card, sample: NDArray[np.float32]) -> None:
    """The network beside its card; raises TrainingError when onnxruntime does not answer as torch does."""
    path = card_file.with_suffix(".onnx")
    with warnings.catch_warnings():
        # The newer exporter cannot write an opset as old as the one that Jetsons read.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network, (torch.from_numpy(sample),), str(path), opset_version=OPSET, dynamo=False,
            input_names=["numbers"], output_names=["odds"], dynamic_axes={"numbers": {0: "looks"}},
        )  # fmt: skip
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        off = float(
            np.abs(
                session.run(None, {"numbers": sample})[0] - network(torch.from_numpy(sample)).numpy()
            ).max()
        )
    if off > TOLERANCE:
        path.unlink()
        raise TrainingError(
            f"{path}: onnxruntime differs by {off:.4f} from what was trained; nothing was written"
        )
    card = msgspec.structs.replace(card, file=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    card_file.write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n")


def figures(odds: NDArray[np.float32], table: Table) -> dict[str, float]:
    """On lives it did not learn from: looks at the fallen that reach some log odds, and others that do."""
    found = {}
    for least in ODDS:
        over = odds >= least
        found[f"fallen_over_{least:g}"] = round(float(over[table.fell].mean()), 4)
        found[f"others_over_{least:g}"] = round(float(over[~table.fell].mean()), 6)
    return found


def train(
    tables: Annotated[list[Path], typer.Argument(help="From `mimamori evaluate descents`.", exists=True)],
    of: Annotated[Of, typer.Option(help="What it is to judge.")] = Of.DESCENT,
    out: Annotated[Path, typer.Option(help="The folder of the card; the network goes beside it.")] = SHIPPED,
    epochs: int = 12,
    seed: int = 0,
    threads: int = 2,
) -> None:
    """Train the members, measure each on the lives that it did not learn from, and write network and card."""
    torch.set_num_threads(threads)
    table = read_tables(tables, of)
    name = COLUMNS[of][1]
    card_file = out / name
    middle, width = table.rows.mean(axis=0), table.rows.std(axis=0) + 1e-4
    network, apart = fit(table, middle, width, epochs, seed)
    measured = figures(apart, table)
    for figure, value in measured.items():
        typer.echo(f"{figure} {value}")
    card = Card(
        file="",
        sha256="",
        features=(*FEATURES[name], *HOW_SEEN),
        middle=tuple(float(one) for one in middle),
        width=tuple(float(one) for one in width),
        most=MOST,
        trained_on=f"simulated homes: {len(table.rows)} looks of {len(set(table.whose.tolist()))} lives",
        figures=measured,
    )
    write(network, card_file, card, np.clip((table.rows[:512] - middle) / width, -MOST, MOST))
    typer.echo(f"{card_file}: written, with {card_file.with_suffix('.onnx').name} beside it")


if __name__ == "__main__":
    typer.run(train)
