"""Makes the one signed file of a model that devices take, and the keys for it. The other half is in edge.wildlife."""

import base64
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from edge.wildlife.card import CardError
from edge.wildlife.model_file import CONTEXT, MANIFEST, SIGNATURE, Manifest, SignatureError, packed_from

_OTHERS = 0o077


def new_key(path: Path, name: str) -> str:
    """Write a private key (PEM, readable by its owner alone) and return the line for devices' files of signers.

    Raises FileExistsError: a key that is overwritten leaves devices that take no model any more.
    """
    if len(name.split()) != 1:
        raise SignatureError(f"{name!r}: give a name without spaces, it stands in a list")
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return signer_line(key, name)


def signer_line(key: Ed25519PrivateKey, name: str) -> str:
    """``NAME BASE64``: the public half."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"{name} {base64.b64encode(public).decode()}"


def read_key(path: Path) -> Ed25519PrivateKey:
    """Raises SignatureError for what is no such key, or may be read by others; OSError."""
    if path.stat().st_mode & _OTHERS:
        raise SignatureError(f"{path}: others may read this key: chmod 600 it, or make a new one")
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as wrong:
        raise SignatureError(f"{path}: not a private key; make one with `mimamori models key`") from wrong
    if not isinstance(key, Ed25519PrivateKey):
        raise SignatureError(f"{path}: not an Ed25519 key; make one with `mimamori models key`")
    return key


def sign(cards: Sequence[Path], key: Ed25519PrivateKey, out: Path, made_ms: int, note: str = "") -> Manifest:
    """Pack ``cards`` (the detector's first) with the networks they name into ``out``, signed.

    The golden pictures in the folder ``golden`` beside the first come along. Raises CardError where a network is
    missing or not the one described; OSError.
    """
    files = {file.name: file for card in cards for file in (card, _network(card))}
    golden = sorted(p for p in (cards[0].parent / "golden").rglob("*") if p.is_file())
    files.update({p.relative_to(cards[0].parent).as_posix(): p for p in golden})
    manifest = Manifest(cards[0].stem, cards[0].name, made_ms, packed_from(files), note)
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    fresh = out.with_suffix(".new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(MANIFEST, text)
        archive.writestr(SIGNATURE, key.sign(CONTEXT + text))
        for name, file in files.items():
            archive.write(file, name)
    fresh.replace(out)
    return manifest


def _network(card: Path) -> Path:
    """The ONNX file beside a card of any kind; each names ``file`` and its ``sha256``."""
    try:
        told = json.loads(card.read_text(encoding="utf-8"))
        network = card.parent / Path(told["file"]).name
        expected = told["sha256"]
    except (KeyError, TypeError, ValueError) as wrong:
        raise CardError(f"{card}: not a model card: {wrong}; export the model again") from wrong
    if packed_from({network.name: network})[0].sha256 != expected:
        raise CardError(f"{network}: not the network that {card.name} describes; copy both again")
    return network
