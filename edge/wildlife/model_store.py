"""The models a field has, which one it uses, and the way back.

Is: a folder of unpacked signed models and one small file, replaced whole and synced, that says which is in use: a power
cut leaves the old model or the new one. A new model is on trial until it has proved itself; one that crashes the
process is given up at the next start but two, with nobody there.
Is not: a judge of models; what must hold before and after a swap is the caller's ``test``.
"""

import fcntl
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from edge.wildlife.card import ModelError, ModelMissingError
from edge.wildlife.model_file import Signers, Verified, check_file, check_folder, unpack

log = logging.getLogger(__name__)

STARTS_ON_TRIAL = 3
"""Processes that may begin with a model on trial: after so many that proved nothing, it is what ends them."""
KEPT_VERSIONS = 3
"""In use, the one before, and one more: a nano with its crop check is 25 MB, a card holds many more, a Pi's SD does too."""


class ModelRefusedError(ModelError, RuntimeError):
    """A model that has failed on this device, or that fails its test now."""


class InUse(msgspec.Struct, frozen=True):
    """The store's file. ``starts`` counts processes since the model on ``trial`` came; ``refused``: version to reason."""

    current: str | None = None
    previous: str | None = None
    trial: bool = False
    starts: int = 0
    refused: dict[str, str] = {}
    trouble: str = ""
    """Why the last roll back happened; empty after the next model that proves itself."""


class Chosen(msgspec.Struct, frozen=True):
    """The model to use: its card, and whether it has still to prove itself."""

    card: Path
    version: str
    trial: bool


class ModelStore:
    """One folder; several processes may hold it: each change is made under a lock and seen whole by the others."""

    def __init__(self, folder: Path, signers: Signers) -> None:
        self.folder = folder
        self._signers = signers
        self._file = folder / "in_use.json"

    def state(self) -> InUse:
        """What is in use; an empty store says nothing. Raises ModelMissingError for an unreadable file."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=InUse)
        except FileNotFoundError:
            return InUse()
        except msgspec.MsgspecError as wrong:
            raise ModelMissingError(
                f"{self._file}: unreadable ({wrong}): remove it and install a model"
            ) from wrong

    def stamp_ns(self) -> int:
        """Changes whenever the state does; for whoever watches."""
        try:
            return self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def install(self, file: Path, test: Callable[[Path], None], *, again: bool = False) -> Verified:
        """Check, unpack and test the model of ``file``, then put it in use, on trial.

        ``test`` is given the card and raises what it likes; the model in use stays. ``again``: although it was given up
        here before. Raises SignatureError, ModelRefusedError, OSError.
        """
        found = check_file(file, self._signers)
        with self._lock():
            state = self.state()
            if state.current == found.version:
                return found
            if found.version in state.refused and not again:
                raise ModelRefusedError(
                    f"{file}: was given up on this device: {state.refused[found.version]}; "
                    "use --again if the cause is gone"
                )
            folder = self._unpacked(file, found)
            try:
                test(folder / found.manifest.card)
            except Exception as wrong:
                shutil.rmtree(folder)
                raise ModelRefusedError(f"{file}: fails its test, the old model stays: {wrong}") from wrong
            refused = {v: why for v, why in state.refused.items() if v != found.version}
            self._write(InUse(found.version, state.current, trial=True, refused=refused))
            self._forget_old()
        return found

    def begin(self) -> Chosen:
        """The model this process is to use, its signature checked; counted while it is on trial.

        One that is on trial for too many starts, or is no longer what was signed, is rolled back first. Raises
        ModelMissingError where none is left.
        """
        with self._lock():
            for _ in range(2):
                state = self.state()
                if state.trial and state.previous is not None and state.starts >= STARTS_ON_TRIAL:
                    self._back(f"{state.starts} processes ended before it had proved itself")
                    continue
                try:
                    chosen = self._checked(state)
                except ModelError as wrong:
                    if state.previous is None:
                        raise
                    self._back(str(wrong))
                    continue
                if state.trial:
                    self._write(msgspec.structs.replace(state, starts=state.starts + 1))
                return chosen
            return self._checked(self.state())

    def ended(self, version: str) -> None:
        """The process ended in order, which says nothing against ``version``: the start is not counted."""
        if not self._file.exists():
            return
        with self._lock():
            state = self.state()
            if state.current == version and state.starts:
                self._write(msgspec.structs.replace(state, starts=state.starts - 1))

    def proved(self, version: str) -> None:
        """``version`` works: it is on trial no more."""
        with self._lock():
            state = self.state()
            if state.current == version and state.trial:
                self._write(msgspec.structs.replace(state, trial=False, starts=0, trouble=""))

    def roll_back(self, why: str, version: str | None = None) -> Chosen:
        """Give up the model in use for the one before it; nothing is done when ``version`` is no longer in use.

        Raises ModelMissingError, leaving it in use, where there is none before it.
        """
        with self._lock():
            state = self.state()
            if version is None or version == state.current:
                if state.previous is None:
                    raise ModelMissingError(f"{self.folder}: no model before this one: install another")
                self._back(why)
            return self._checked(self.state())

    def _back(self, why: str) -> None:
        state = self.state()
        log.error("the model %s is given up: %s", state.current, why)
        refused = {**state.refused, **({state.current: why} if state.current else {})}
        trouble = f"the model {state.current} was given up for {state.previous}: {why}"
        self._write(InUse(state.previous, None, refused=refused, trouble=trouble))

    def _checked(self, state: InUse) -> Chosen:
        if state.current is None:
            raise ModelMissingError(f"{self.folder}: no model: install one with `mimamori models install`")
        folder = self.folder / state.current
        found = check_folder(folder, self._signers)
        if found.version != state.current:
            raise ModelRefusedError(f"{folder}: another model lies there: install it again")
        return Chosen(folder / found.manifest.card, found.version, state.trial)

    def _unpacked(self, file: Path, found: Verified) -> Path:
        """The folder of a version, complete and on the disk before its name is."""
        fresh, folder = self.folder / f".{found.version}.new", self.folder / found.version
        for left_over in (fresh, folder):
            shutil.rmtree(left_over, ignore_errors=True)
        unpack(file, fresh)
        check_folder(fresh, self._signers)
        for part in [*fresh.rglob("*"), fresh]:
            _sync(part)
        fresh.rename(folder)
        _sync(self.folder)
        return folder

    def _write(self, state: InUse) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state), indent=2) + b"\n")
        _sync(fresh)
        fresh.replace(self._file)
        _sync(self.folder)

    def _forget_old(self) -> None:
        state = self.state()
        used = {state.current, state.previous}
        others = [p for p in self.folder.iterdir() if p.is_dir() and p.name not in used]
        others.sort(key=lambda p: p.stat().st_mtime, reverse=True)
        for old in others[KEPT_VERSIONS - len(used) :]:
            shutil.rmtree(old, ignore_errors=True)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        # Only read: whoever installs may be root, and the device is not.
        lock = os.open(self.folder / ".lock", os.O_RDONLY | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _sync(path: Path) -> None:
    """On the disk, a folder's names too: a rename may else be there before what it names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
