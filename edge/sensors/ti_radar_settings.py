"""The table [radar] of a home's file."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from contract.configuration import Settings


class RadarSettings(Settings):
    """A TI mmWave radar on two serial ports: one that talks, one that takes its configuration."""

    port: Annotated[str, Field(min_length=1)]
    """The data port: of a CP2105's two, the one called "Standard"."""
    baud: Annotated[int, Field(gt=0)] = 921_600
    cli_port: str | None = None
    """The command port ("Enhanced", 115200 baud); without it the radar must start by itself."""
    cli_baud: Annotated[int, Field(gt=0)] = 115_200
    chirp_file: Path | None = None
    """What is sent to ``cli_port`` whenever the radar is opened."""
    frame_period_s: Annotated[float, Field(gt=0.0, le=2.0)] = 0.055
    """The chirp file's own; spreads frames that were read at once over the time they took."""
    silent_after_s: Annotated[float, Field(gt=0.0)] = 10.0
    """An open port without a frame for this long is a fault."""

    @model_validator(mode="after")
    def _chirps_need_both(self) -> Self:
        if (self.cli_port is None) != (self.chirp_file is None):
            raise ValueError("cli_port and chirp_file belong together: set both or neither")
        return self

    @model_validator(mode="after")
    def _two_ports(self) -> Self:
        if self.cli_port == self.port:
            raise ValueError("cli_port and port must differ: the radar has one port for each")
        return self
