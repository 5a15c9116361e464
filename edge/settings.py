"""What the files of a home and of a field have in common."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from contract.broker import BrokerSettings
from contract.configuration import Settings
from contract.ids import is_opaque


def _opaque(name: str) -> str:
    if not is_opaque(name):
        raise ValueError("use 3 to 40 of a-z, 0-9 and -, and nothing that says who or where")
    return name


class DeviceSettings(Settings):
    """The top of a device's file."""

    device: Annotated[str, AfterValidator(_opaque)]
    data_directory: Path
    """Holds the outbox; must survive a restart."""
    live: bool = False
    """Whether a watching page may see the sensor's readings as they come (points, pictures)."""
    broker: BrokerSettings = Field(default_factory=BrokerSettings)
