"""The ``[eye]`` table of a field's file: the model, and how much proof a sighting needs."""

from datetime import time
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from contract.configuration import Settings
from edge.wildlife.ground import Hung, Mark, MountError, hung_from


class MarkSettings(Settings):
    """One ``[[eye.mount.marks]]``: a pole in the field whose foot can be seen in the picture."""

    x: float = Field(ge=0.0, le=1.0)
    """Of the foot in the picture: 0 left, 1 right; ..."""
    y: float = Field(ge=0.0, le=1.0)
    """... 0 top, 1 bottom."""
    distance_m: float = Field(gt=0.5, le=200.0)
    """Along the ground from below the camera."""
    bearing_deg: float = Field(ge=0.0, lt=360.0)
    """By compass from the camera, clockwise from north."""


class CameraMountSettings(Settings):
    """The ``[eye.mount]`` table: how the camera hangs, told by three angles and a height, or by marks in the field."""

    height_m: float | None = Field(default=None, gt=0.3, le=30.0)
    """Of the lens above the ground."""
    tilt_deg: float | None = Field(default=None, ge=0.0, le=80.0)
    """Below the horizon."""
    across_deg: float | None = Field(default=None, ge=15.0, le=150.0)
    """What the lens sees from left to right."""
    marks: list[MarkSettings] = Field(default_factory=list)
    """Instead of the numbers: three or more, near and far, left and right."""
    aspect: float = Field(default=1.7778, ge=0.5, le=3.0)
    """Width over height of the picture that the marks were read in."""

    @model_validator(mode="after")
    def _told_in_one_way(self) -> Self:
        numbers = [self.height_m, self.tilt_deg, self.across_deg]
        if self.marks and any(number is not None for number in numbers):
            raise ValueError("give marks, or height_m, tilt_deg and across_deg, not both")
        if not self.marks and any(number is None for number in numbers):
            raise ValueError("give height_m, tilt_deg and across_deg, or three [[eye.mount.marks]]")
        if self.marks:
            try:
                self.hung(0.0)
            except MountError as wrong:
                raise ValueError(f"marks: {wrong}") from wrong
        return self

    def hung(self, bearing_deg: float | None) -> Hung | None:
        """How the camera hangs; None where its bearing is not known."""
        if self.marks:
            marks = [Mark(m.x, m.y, m.distance_m, m.bearing_deg) for m in self.marks]
            return hung_from(marks, (self.aspect, 1.0))[0]
        if bearing_deg is None or self.height_m is None or self.tilt_deg is None or self.across_deg is None:
            return None
        return Hung(self.height_m, self.tilt_deg, self.across_deg, bearing_deg)


class KeepSettings(Settings):
    """The ``[eye.keep]`` table: pictures kept for the owner's labels, those the eye is unsure of first."""

    frames_most: int = Field(default=400, ge=0, le=20_000)
    """0 keeps none. The surest goes first when there are more, ..."""
    megabytes_most: int = Field(default=100, ge=1, le=20_000)
    """... or when they take more."""
    every_s: float = Field(default=20.0, ge=1.0, le=3600.0)
    """Between two of them: the pictures of one minute are all alike."""


class EyeSettings(Settings):
    """Nothing here lets one picture confirm anything: a horn that sounds at a shadow is switched off for good."""

    model: Path
    """The model's card (.json), its .onnx beside it; or the folder in which signed models are installed."""
    signers: Path | None = None
    """The file of the public keys whose models are taken; needed where ``model`` is a folder."""
    second: Path | None = None
    """The card of a second detector that adds animals which the first does not tell of; twice the work and more."""
    verifier: Path | None = None
    """The card of a second model that looks at each monkey's crop; without it one model's word is enough."""
    providers: tuple[str, ...] = Field(default=("cpu",), min_length=1)
    """What runs the models, the first that works: cpu, cuda, tensorrt, openvino."""
    golden: Path | None = None
    """A picture that surely shows a monkey, or a folder of pictures by what they show; else ``golden`` beside the model.

    The model must find it at start, after it is changed and every night, or the eye is not trusted."""
    golden_at: time = time(2, 30)
    """Local time of the nightly test."""
    threads: int = Field(default=1, ge=1, le=16)
    """Of the network. One is faster than two beside a busy process, and cooler."""
    fps_max: float = Field(default=5.0, ge=0.5, le=30.0)
    bearing_deg: float | None = Field(default=None, ge=0.0, lt=360.0)
    """Where the camera looks, clockwise from north; unset, directions stay those of the picture."""
    mount: CameraMountSettings | None = None
    keep: KeepSettings = Field(default_factory=KeepSettings)
    motion_gate: bool = True
    """Look where something moves, and else only every ``idle_look_s``; false looks at every picture."""
    idle_look_s: Annotated[float, Field(ge=0.5, le=2.5)] = 2.0
    """Never longer than the repeller believes an eye that has not looked."""
    tiles_most: int = Field(default=3, ge=0, le=200)
    """Parts of a large picture looked at closely, each as costly as the whole; 0: none."""
    tile_px: int | None = Field(default=None, ge=160, le=2000)
    """Side of such a part in the picture; unset, half of the model's input: animals are shown twice as large."""

    confirm_hits: int = Field(default=6, ge=2, le=100)
    """A track counts once it was seen in this many ..."""
    confirm_of: int = Field(default=10, ge=2, le=200)
    """... of this many last pictures, ..."""
    confirm_s: float = Field(default=1.0, ge=0.2, le=60.0)
    """... and over at least this time."""
    lost_after_s: float = Field(default=2.0, ge=0.2, le=30.0)
    quiet_after_s: float = Field(default=600.0, ge=1.0, le=7200.0)
    """A visit is over after so long without a confirmed animal."""
    update_every_s: float = Field(default=20.0, ge=0.0, le=3600.0)
    """Between updates of one visit, except for a bear, which is told at once."""
    person_hold_s: float = Field(default=5.0, ge=1.0, le=120.0)
    """A person stays 'in view' so long after the last picture that showed one: people walk behind leaves."""

    @model_validator(mode="after")
    def _hits_fit_their_window(self) -> Self:
        if self.confirm_hits > self.confirm_of:
            raise ValueError(
                f"confirm_hits = {self.confirm_hits} can never be reached in confirm_of = {self.confirm_of} "
                "pictures: lower the first or raise the second"
            )
        return self

    def hung(self) -> Hung | None:
        """How the camera hangs, where the file says enough to know."""
        return None if self.mount is None else self.mount.hung(self.bearing_deg)
