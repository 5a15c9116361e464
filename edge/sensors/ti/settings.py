"""The table [radar] of a home's file."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from contract.configuration import Settings


class RadarSettings(Settings):
    """A TI mmWave radar on two serial ports, one that talks and one that takes its configuration; or on one for both."""

    port: Annotated[str, Field(min_length=1)]
    """The data port: of a CP2105's two, the one called "Standard"."""
    baud: Annotated[int, Field(gt=0)] = 921_600
    cli_port: str | None = None
    """The command port ("Enhanced", 115200 baud); without it the radar must start by itself."""
    cli_baud: Annotated[int, Field(gt=0)] = 115_200
    chirp_file: Path | None = None
    """What the radar is told whenever it is opened."""
    one_port: bool = False
    """The board takes its commands on ``port`` too (xWRL6432 and its kin): at ``cli_baud`` until the chirp file's
    ``baudRate`` line, and from then on at that rate, whatever ``baud`` says."""
    frame_period_s: Annotated[float, Field(gt=0.0, le=2.0)] = 0.055
    """The chirp file's own; spreads frames that were read at once over the time they took."""
    silent_after_s: Annotated[float, Field(gt=0.0)] = 10.0
    """An open port without a frame for this long is a fault."""

    @model_validator(mode="after")
    def _chirps_need_both(self) -> Self:
        if self.one_port:
            if self.cli_port is not None or self.chirp_file is None:
                raise ValueError("one_port needs chirp_file and no cli_port: commands go to port itself")
        elif (self.cli_port is None) != (self.chirp_file is None):
            raise ValueError(
                "cli_port and chirp_file belong together: set both or neither; a board with a single port needs"
                " one_port = true"
            )
        return self

    @model_validator(mode="after")
    def _two_ports(self) -> Self:
        if self.cli_port == self.port:
            raise ValueError("cli_port and port must differ: the radar has one port for each")
        return self
