"""The city's file, as far as the web app and the services read it; secrets are named by file, never written in it."""

import ipaddress
import logging
import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from contract.configuration import Settings
from gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

SECRET_CHARACTERS_MIN = 32
"""`openssl rand -hex 32` gives 64; below 32 characters of hex a signature could be guessed off line."""
SECRET_VARIETY_MIN = 8
"""Different characters in a secret: "aaaa..." and "00000000..." are placeholders, not secrets."""
TOKEN_CHARACTERS_MIN = 8
"""A service's own token or password is not ours to choose; only an empty or cut file is refused."""

_PLACEHOLDERS = ("changeme", "change-me", "change_me", "default", "example", "placeholder", "replace")


class SecretError(ValueError):
    """A secret that may not be used; the message names the file and the mend, never the content."""


def read_secret(file: Path, characters_min: int = SECRET_CHARACTERS_MIN) -> str:
    """The secret in ``file``, stripped; raises SecretError if it may not be used."""
    ours = characters_min >= SECRET_CHARACTERS_MIN
    source = f"openssl rand -hex 32 > {file}" if ours else f"the service's own token or password in {file}"
    mend = f"write one with: {source}, then chmod 600 {file}"
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"cannot read {file} ({type(error).__name__}): {mend}") from error
    if len(text) < characters_min:
        raise SecretError(f"{file} holds fewer than {characters_min} characters: {mend}")
    if not text.isascii() or len(text.splitlines()) > 1:
        raise SecretError(f"{file} must hold one line of plain ASCII characters: {mend}")
    if any(word in text.lower() for word in _PLACEHOLDERS):
        raise SecretError(f"{file} still holds a placeholder: {mend}")
    if ours and len(set(text)) < SECRET_VARIETY_MIN:
        raise SecretError(f"{file} repeats a few characters and can be guessed: {mend}")
    if file.stat().st_mode & 0o004:
        log.warning("every user of this machine can read the secret %s: chmod 600 %s", file, file)
    return text


def is_loopback(host: str) -> bool:
    """Whether ``host`` can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(host: str) -> bool:
    """Whether ``host`` lies inside a building: an address routers do not forward, or a name of one word."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return re.fullmatch(r"[A-Za-z0-9-]+", host) is not None


def _secret_file(file: Path) -> Path:
    read_secret(file)
    return file


def _token_file(file: Path) -> Path:
    read_secret(file, TOKEN_CHARACTERS_MIN)
    return file


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write an address such as https://mimamori.example.jp")
    if parts.scheme == "http" and not is_private(parts.hostname):
        raise ValueError("use https: a link of ours opens an alert for whoever reads it on the way")
    return url.rstrip("/")


SecretFile = Annotated[Path, AfterValidator(_secret_file)]
TokenFile = Annotated[Path, AfterValidator(_token_file)]
Origin = Annotated[str, AfterValidator(_origin)]
TimeoutS = Annotated[float, Field(gt=0, le=60)]


class WebSettings(Settings):
    """The ``[web]`` table."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    public_url: Origin
    """Where people's phones reach the web app; links in messages begin with it."""
    secret_file: SecretFile
    """Signs links and sessions."""
    demo: bool = False
    """Adds /demo, which shows and answers everything without signing in; for one machine only."""

    @model_validator(mode="after")
    def _demo_stays_at_home(self) -> Self:
        if self.demo and not is_loopback(self.host):
            raise ValueError(
                'demo = true lets everybody see and answer: set host = "127.0.0.1" or demo = false'
            )
        return self

    def secret(self) -> bytes:
        """The signing secret; raises SecretError."""
        return read_secret(self.secret_file).encode()


class LineSettings(Settings):
    """The ``[services.line]`` table: one channel of the LINE Messaging API."""

    api_url: Origin = "https://api.line.me"
    token_file: TokenFile
    """The channel access token."""
    timeout_s: TimeoutS = 5.0

    def token(self) -> str:
        """The channel access token; raises SecretError."""
        return read_secret(self.token_file, TOKEN_CHARACTERS_MIN)


class MailSettings(Settings):
    """The ``[services.mail]`` table: the SMTP server that takes our mail."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    sender: str = Field(pattern=r"^[^@\s<>]+@[A-Za-z0-9.-]+$")
    """The From address; answers to it are read by nobody."""
    starttls: bool = True
    ca_file: Path | None = None
    """Certificate authority of a mail server inside the city; without it, the machine's own list."""
    username: str | None = None
    password_file: TokenFile | None = None
    timeout_s: TimeoutS = 20.0
    """Mail servers that fight spam keep a sender waiting; longer than a try, the next try waits on."""

    @model_validator(mode="after")
    def _password_is_protected(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file belong together: give both or neither")
        if not self.starttls and not is_private(self.host):
            raise ValueError("starttls = false would send mail in the clear: set it to true")
        return self

    def password(self) -> str | None:
        """The password, or None where the server asks for none; raises SecretError."""
        return read_secret(self.password_file, TOKEN_CHARACTERS_MIN) if self.password_file else None


class WebhookSettings(Settings):
    """The ``[services.webhook]`` table; each contact's address is the URL that is called."""

    secret_file: SecretFile
    """Signs what is sent, so that a receiver knows it is ours."""
    timeout_s: TimeoutS = 5.0

    def secret(self) -> str:
        """The signing secret; raises SecretError."""
        return read_secret(self.secret_file)


class ServicesSettings(Settings):
    """The ``[services]`` table: a service without a table is not used."""

    line: LineSettings | None = None
    mail: MailSettings | None = None
    webhook: WebhookSettings | None = None


class CitySettings(GatewaySettings):
    """The whole city file: what the gateway reads, and the web app and services beside it."""

    web: WebSettings
    services: ServicesSettings = Field(default_factory=ServicesSettings)
