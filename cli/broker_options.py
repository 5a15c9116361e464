"""How a verb is told of a broker that asks who one is; a password is only ever a file."""

from pathlib import Path
from typing import Annotated

import typer

from contract.broker import BrokerSettings

Host = Annotated[str, typer.Option(help="The gateway's broker.")]
Port = Annotated[int, typer.Option(help="The broker's port.")]
User = Annotated[str | None, typer.Option(help="The name this verb has at the broker.")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="A file with its password.", exists=True, dir_okay=False)
]
CaFile = Annotated[
    Path | None, typer.Option(help="The broker's certificate authority: connect by TLS.", exists=True)
]


def broker_at(
    host: str, port: int, user: str | None, password_file: Path | None, ca_file: Path | None
) -> BrokerSettings:
    """The options of a verb as the settings of a connection."""
    return BrokerSettings(host=host, port=port, username=user, password_file=password_file, ca_file=ca_file)
