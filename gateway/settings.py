"""The gateway's file. The city's file (``cloud.settings``) is the same with the web app's tables added."""

from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from contract.broker import BrokerSettings
from contract.configuration import Settings
from gateway.alerts.policy import PolicySettings
from gateway.database.settings import DatabaseSettings
from gateway.series.settings import SeriesSettings


class GatewaySettings(Settings):
    """What the ear and the memory of a city need to know."""

    data_directory: Path
    """Holds the SQLite files unless a table says otherwise; must survive a restart."""
    name: str = Field(default="gateway", pattern=r"^[a-z][a-z0-9-]{2,39}$")
    """Tells two gateways on one broker apart; a broker keeps its session under this name."""
    registry: Path | None = None
    """Homes, fields, devices and people, as TOML; read at every start. None: keep what is stored."""
    broker: BrokerSettings = Field(default_factory=BrokerSettings)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    series: SeriesSettings = Field(default_factory=SeriesSettings)
    policy: PolicySettings = Field(default_factory=PolicySettings)

    @model_validator(mode="before")
    @classmethod
    def _files_in_data_directory(cls, tree: Any) -> Any:
        """Fill in where the SQLite files lie, so that everyone below reads a plain path or address."""
        if not isinstance(tree, dict) or not isinstance(tree.get("data_directory"), str | Path):
            return tree
        directory = Path(tree["data_directory"])
        filled = dict(tree)
        for table, key, value in (
            ("database", "url", f"sqlite:///{directory / 'gateway.sqlite'}"),
            ("series", "file", directory / "series.sqlite"),
        ):
            given = filled.get(table, {})
            if isinstance(given, dict):
                filled[table] = {key: value, **given}
        return filled
