"""Signed, expiring links: the only thing in a message that leads to an alert.

A link is: proof that we wrote it, for one purpose, one alert and one person, not long ago.
It is not: secret from the phone's own mail and chat programs, which open links by themselves; so a
GET of one shows a page and changes nothing.
"""

import hashlib
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

ANSWER_LIFE_S = 24 * 3600
"""An alert that nobody answered for a day is a matter for the desk, not for an old message."""
SIGN_IN_LIFE_S = 7 * 24 * 3600
"""Handed over on paper or in person; a week leaves time for a visit."""
CLOCK_SKEW_S = 300
"""The gateway that wrote a link and the web app that reads it may stand on two machines."""


class LinkError(Exception):
    """A link that opens nothing."""


class LinkExpiredError(LinkError):
    """Ours, but too old."""


class LinkUnknownError(LinkError, ValueError):
    """Not ours, damaged, or made for another purpose."""


class AnswerLink(NamedTuple):
    """What an answer link says: which alert, and whose answer."""

    alert_id: str
    person_id: str


def system_now_ms() -> int:
    """Unix time of this machine, ms."""
    return time.time_ns() // 1_000_000


class _Signer(TimestampSigner):
    """A signer on an injected clock."""

    def __init__(self, *arguments: Any, now_ms: Callable[[], int], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._now_ms = now_ms

    def get_timestamp(self) -> int:
        return self._now_ms() // 1000


class Links:
    """Makes and reads links; ``secret`` at least 32 bytes, ``public_url`` without a slash at its end."""

    def __init__(self, secret: bytes, public_url: str, now_ms: Callable[[], int] = system_now_ms) -> None:
        self._public_url = public_url.rstrip("/")
        self._now_ms = now_ms
        self._answers = self._serializer(secret, "mimamori.answer.1")
        self._sign_ins = self._serializer(secret, "mimamori.sign-in.1")

    def answer_url(self, alert_id: str, person_id: str) -> str:
        """Where one person answers one alert."""
        return f"{self._public_url}/a/{self._answers.dumps([alert_id, person_id])}"

    def sign_in_url(self, person_id: str) -> str:
        """Where one person signs in."""
        return f"{self._public_url}/s/{self._sign_ins.dumps([person_id])}"

    def read_answer(self, token: str) -> AnswerLink:
        """The last part of an answer link; raises LinkExpiredError or LinkUnknownError."""
        alert_id, person_id = self._read(self._answers, token, parts=2, life_s=ANSWER_LIFE_S)
        return AnswerLink(alert_id, person_id)

    def read_sign_in(self, token: str) -> str:
        """The last part of a sign-in link -> person id; raises LinkExpiredError or LinkUnknownError."""
        return self._read(self._sign_ins, token, parts=1, life_s=SIGN_IN_LIFE_S)[0]

    def _serializer(self, secret: bytes, purpose: str) -> URLSafeTimedSerializer:
        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256, "now_ms": self._now_ms}
        return URLSafeTimedSerializer(secret, salt=purpose, signer=_Signer, signer_kwargs=options)

    def _read(self, serializer: URLSafeTimedSerializer, token: str, *, parts: int, life_s: int) -> list[str]:
        try:
            payload, signed_at = serializer.loads(token, return_timestamp=True)
        except BadData as error:
            raise LinkUnknownError("this link is not one of ours, or a part of it is missing") from error
        # The library would call a link from a clock one second ahead expired; we allow for the skew.
        age_s = self._now_ms() / 1000 - signed_at.timestamp()
        if age_s > life_s:
            raise LinkExpiredError(f"this link was good for {life_s // 3600} h")
        if age_s < -CLOCK_SKEW_S or not isinstance(payload, list) or len(payload) != parts:
            raise LinkUnknownError("this link was not made by this city's gateway")
        return [str(part) for part in payload]
