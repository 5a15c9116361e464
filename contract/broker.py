"""How a device, the gateway and the web app are told where the broker is."""

from pathlib import Path

from pydantic import Field

from contract.configuration import Settings


class BrokerSettings(Settings):
    """The ``[broker]`` table. A password is only ever a file, readable by this user alone."""

    host: str = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    """Certificate authority of the broker; given, the connection is TLS."""
    keepalive_s: int = Field(default=30, ge=5, le=600)
