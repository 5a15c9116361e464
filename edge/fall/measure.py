"""How often the shipped posture and drop rules suspect a fall in a recording; used by tests and evaluation."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from edge.fall.drop import DropWatch, watch
from edge.fall.posture import BodyHeight
from edge.fall.settings import FallSettings, MountSettings


def suspected_at(
    frames: Iterable[tuple[float, NDArray[np.float32]]], mount: MountSettings, fall: FallSettings
) -> list[float]:
    """Seconds at which a fall is suspected in (at_s, (N, 5) sensor-frame points), each counted anew."""
    body, drop = BodyHeight(mount, fall), DropWatch()
    found: list[float] = []
    for at_s, points in frames:
        drop, held = watch(drop, body.update(at_s, points), fall)
        if held:
            found.append(at_s)
    return found
