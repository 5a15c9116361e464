"""The ``[eye]`` table of a field's file: the model, and how much proof a sighting needs."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from contract.configuration import Settings


class EyeSettings(Settings):
    """Nothing here lets one picture confirm anything: a horn that sounds at a shadow is switched off for good."""

    model: Path
    """The model's card (.json); its .onnx lies beside it."""
    golden: Path | None = None
    """A picture that surely shows a monkey; at start the model must find it, or the eye is not trusted."""
    threads: int = Field(default=1, ge=1, le=16)
    """Of the network. One is faster than two beside a busy process, and cooler."""
    fps_max: float = Field(default=5.0, ge=0.5, le=30.0)
    bearing_deg: float | None = Field(default=None, ge=0.0, lt=360.0)
    """Where the camera looks, clockwise from north; unset, directions stay those of the picture."""

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
