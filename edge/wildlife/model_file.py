"""One model as one signed file: what is packed, who signed it, and whether every byte is what was signed.

Is: a zip of plain files with ``manifest.json`` (names, sizes, SHA-256) and ``manifest.sig``, an Ed25519 signature of
the manifest. Nothing is unpacked or opened by the network's runtime before signature and sums hold.
Is not: a secret. A signed file may be read by anybody; only who may make one is limited.
"""

import base64
import errno
import hashlib
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.wildlife.card import ModelError

SUFFIX = ".mimamori-model"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
CONTEXT = b"mimamori model file, format 1\n"
"""Before the manifest in what is signed: a signature made for anything else fits no model."""
BYTES_MAX = 512 << 20
"""Of one packed file: ten times the largest network a field runs, and a limit for what a wrong file may cost."""
MANIFEST_BYTES_MAX = 1 << 20
_CHUNK = 1 << 20

Signers = Mapping[str, Ed25519PublicKey]
"""Name to public key of everybody whose models a device takes."""


class SignatureError(ModelError, ValueError):
    """A model file that nobody trusted has signed, or that is not what was signed."""


class Packed(msgspec.Struct, frozen=True):
    """One file of the model."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What is signed; ``card`` names the detector's card among ``files``, ``made_ms`` is Unix time."""

    name: str
    card: str
    made_ms: int
    files: tuple[Packed, ...]
    note: str = ""


class Verified(msgspec.Struct, frozen=True):
    """A manifest whose signature holds: ``version`` names these bytes and no others."""

    manifest: Manifest
    version: str
    signer: str


class _Source(Protocol):
    """Files by name: a zip, or a folder it was unpacked into."""

    def open(self, name: str) -> IO[bytes]: ...


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, name: str) -> IO[bytes]:
        return (self._path / name).open("rb")


def version_of(manifest: bytes) -> str:
    """The first 16 hex digits of the manifest's SHA-256."""
    return hashlib.sha256(manifest).hexdigest()[:16]


def read_signers(path: Path) -> Signers:
    """A file with a line ``NAME BASE64`` for each key; empty lines and those after # count for nothing.

    Raises SignatureError with file, line and mend; OSError where it cannot be read.
    """
    keys: dict[str, Ed25519PublicKey] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            name, key = words
            keys[name] = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        except ValueError as wrong:
            raise SignatureError(
                f"{path}:{number}: not a name and a public key; copy the line that `mimamori models key` printed"
            ) from wrong
    if not keys:
        raise SignatureError(f"{path}: names no key; add the line that `mimamori models key` printed")
    return keys


def check_file(path: Path, signers: Signers) -> Verified:
    """What ``path`` holds, after checking its signature and every byte. Raises SignatureError, OSError."""
    with _damage(str(path)), _zip(path) as archive:
        found = _signed(archive, signers, str(path))
        named = {packed.name for packed in found.manifest.files} | {MANIFEST, SIGNATURE}
        if sorted(archive.namelist()) != sorted(named):
            raise SignatureError(f"{path}: holds files that nobody signed; sign the model again")
        _sums(archive, found.manifest, str(path))
        return found


def check_folder(path: Path, signers: Signers) -> Verified:
    """As ``check_file``, for what ``unpack`` made."""
    found = _signed(_Folder(path), signers, str(path))
    _sums(_Folder(path), found.manifest, str(path))
    return found


def unpack(path: Path, folder: Path) -> None:
    """The files of a model that ``check_file`` took, into ``folder``. Raises OSError."""
    folder.mkdir(parents=True)
    with _zip(path) as archive:
        for name in archive.namelist():
            # Names were checked, but the file may have been exchanged since: it is checked again in the folder.
            if not _stays_inside(name):
                continue
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as packed, (folder / name).open("wb") as out:
                while chunk := packed.read(_CHUNK):
                    out.write(chunk)


def _stays_inside(name: str) -> bool:
    """Plain names, in folders at most: ``golden/monkey/a.jpg``."""
    parts = name.split("/")
    return all(part not in {"", ".", ".."} for part in parts) and not set(name) & {"\\", "\0"}


@contextmanager
def _damage(where: str) -> Iterator[None]:
    """What zipfile makes of bytes that somebody changed, in one word."""
    mend = f"{where}: not a model file, or damaged; copy it again, or make one with `mimamori models sign`"
    try:
        yield
    except SignatureError:
        raise
    except (zipfile.BadZipFile, EOFError, RuntimeError, UnicodeDecodeError, struct.error) as wrong:
        raise SignatureError(mend) from wrong
    except OSError as wrong:
        if wrong.errno != errno.EINVAL:  # a place before the file's beginning; all else is the disk's trouble
            raise
        raise SignatureError(mend) from wrong


def _zip(path: Path) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(path)
    for info in archive.infolist():
        # Stored as it is: a small file then cannot become a huge one.
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > BYTES_MAX:
            archive.close()
            raise SignatureError(
                f"{path}: {info.filename}: packed otherwise than `mimamori models sign` does"
            )
    return archive


def _signed(source: "_Source | zipfile.ZipFile", signers: Signers, where: str) -> Verified:
    try:
        with source.open(MANIFEST) as file:
            text = file.read(MANIFEST_BYTES_MAX)
        with source.open(SIGNATURE) as file:
            signature = file.read(128)
    except (KeyError, FileNotFoundError, zipfile.BadZipFile) as missing:
        raise SignatureError(
            f"{where}: carries no signature; sign it with `mimamori models sign`"
        ) from missing
    signer = _signer(text, signature, signers)
    if signer is None:
        raise SignatureError(
            f"{where}: signed by none of {', '.join(sorted(signers))}, or changed since; "
            "get the file again from who made it, or add that key to the file of signers"
        )
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as wrong:
        raise SignatureError(
            f"{where}: a manifest of another format: {wrong}; update this program"
        ) from wrong
    names = [packed.name for packed in manifest.files]
    if not all(_stays_inside(name) for name in names) or manifest.card not in names:
        raise SignatureError(f"{where}: its names lead elsewhere; sign the model again")
    return Verified(manifest, version_of(text), signer)


def _signer(text: bytes, signature: bytes, signers: Signers) -> str | None:
    for name, key in signers.items():
        try:
            key.verify(signature, CONTEXT + text)
        except InvalidSignature:
            continue
        return name
    return None


def _sums(source: "_Source | zipfile.ZipFile", manifest: Manifest, where: str) -> None:
    for packed in manifest.files:
        try:
            found, length = _sum(source, packed.name)
        except (KeyError, FileNotFoundError, zipfile.BadZipFile) as missing:
            raise SignatureError(
                f"{where}: {packed.name}: missing or damaged; copy the file again"
            ) from missing
        if found != packed.sha256 or length != packed.bytes:
            raise SignatureError(
                f"{where}: {packed.name}: not the bytes that were signed; copy the file again"
            )


def _sum(source: "_Source | zipfile.ZipFile", name: str) -> tuple[str, int]:
    digest, length = hashlib.sha256(), 0
    with source.open(name) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            length += len(chunk)
    return digest.hexdigest(), length


def packed_from(files: Mapping[str, Path]) -> tuple[Packed, ...]:
    """A manifest's row for each packed name and the file it is made of. Raises OSError."""
    rows = []
    for name, file in files.items():
        digest, length = _sum(_Folder(file.parent), file.name)
        rows.append(Packed(name, length, digest))
    return tuple(rows)
