"""Whether a detector can be trusted before it is: an empty picture, and one that surely shows a monkey.

A detector that answers "nothing" for two weeks looks like a quiet field; only a picture with a known answer tells.
"""

from pathlib import Path

import cv2
import numpy as np

from edge.wildlife.detections import FindsAnimals

_BLANK = (360, 640, 3)
_GREY = 114


class SelfTestError(Exception):
    """The detector gave a wrong answer to a picture whose answer is known."""


def self_test(detector: FindsAnimals, golden: Path | None) -> None:
    """Raises SelfTestError, or whatever the detector raises, if it cannot be trusted; a few tens of ms."""
    ghosts = detector.detect(np.full(_BLANK, _GREY, np.uint8))
    if len(ghosts):
        raise SelfTestError(f"the model sees {len(ghosts)} animals in an empty picture: install it again")
    if not np.isfinite(ghosts.boxes).all() or "monkey" not in ghosts.class_names:
        raise SelfTestError("the model knows no monkeys: install the model made for this field")
    if golden is None:
        return
    image = cv2.imread(str(golden))
    if image is None:
        raise SelfTestError(f"{golden}: cannot be read: restore it, or remove golden from [eye]")
    if not len(detector.detect(np.asarray(image, np.uint8)).of("monkey")):
        raise SelfTestError(f"the model misses the monkey of {golden.name}: install it again")
