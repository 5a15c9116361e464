"""Who is signed in: a signed cookie that names a person and nothing else, and a token for each form."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import NamedTuple

from itsdangerous import BadData, URLSafeSerializer

COOKIE = "mimamori"
LIFE_S = 30 * 24 * 3600
"""Readers are 66 on average and come by a link: signing in again each day would keep them out."""


class Session(NamedTuple):
    """One signing-in of one person on one device."""

    person_id: str
    nonce: str


class Sessions:
    """Makes and reads session cookies; ``secret`` at least 32 bytes, ``secure`` where the site is https."""

    def __init__(self, secret: bytes, now_ms: Callable[[], int], *, secure: bool) -> None:
        self._now_ms = now_ms
        self.secure = secure
        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        self._serializer = URLSafeSerializer(secret, salt="mimamori.session.1", signer_kwargs=options)
        self._form_key = hashlib.sha256(b"mimamori.form.1/" + secret).digest()

    def begin(self, person_id: str) -> str:
        """The cookie of a fresh session."""
        return str(self._serializer.dumps([person_id, secrets.token_urlsafe(12), self._now_ms() // 1000]))

    def read(self, cookie: str | None) -> Session | None:
        """The session a cookie stands for; None for one that is missing, not ours or too old."""
        if not cookie:
            return None
        try:
            payload = self._serializer.loads(cookie)
        except BadData:
            return None
        if not isinstance(payload, list) or len(payload) != 3 or not isinstance(payload[2], int):
            return None
        if self._now_ms() // 1000 - payload[2] > LIFE_S:
            return None
        return Session(str(payload[0]), str(payload[1]))

    def form_token(self, session: Session) -> str:
        """What every form of this session carries, so that another site cannot post in its name."""
        words = f"{session.person_id}/{session.nonce}".encode()
        return hmac.new(self._form_key, words, hashlib.sha256).hexdigest()[:32]

    def is_form_token(self, session: Session, token: str) -> bool:
        """Whether ``token`` came from a form of this session."""
        return hmac.compare_digest(self.form_token(session).encode(), token.encode())
