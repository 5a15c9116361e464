"""Messages set aside: each kind once, with its reason and how often it came.

An event that names itself is kept whole, so its device may forget it: otherwise twenty of them would fill
the device's window and nothing behind them would ever be sent. The gateway tries it again at its next start,
when it may have been mended. Of anything else a sample is kept.
"""

import hashlib
import logging

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from contract.ids import Ulid
from gateway.database.tables import DeadLetter

log = logging.getLogger(__name__)

SAMPLE_BYTES = 4096
"""Enough to see what somebody else's device sends; of a message that names itself all is kept."""
SAMPLES_MAX = 10_000
"""Rows kept of what nobody will try again; the oldest go first, so that no stranger fills the disk."""
REASON_MAX = 500


class _Named(msgspec.Struct):
    """The least a message can say about itself."""

    id: Ulid


_named = msgspec.json.Decoder(_Named)


def name_of(payload: bytes) -> str | None:
    """The id a message gives itself, or None if it has none that can be read."""
    try:
        return _named.decode(payload).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def set_aside(
    session: Session, topic: str, payload: bytes, reason: str, now_ms: int, *, whole: bool = False
) -> str | None:
    """Keep a message with its reason, or count it if it is kept already; returns the id it gives itself.

    ``whole``: a message that names itself is kept in full, with its name, to be tried again.
    """
    event_id = name_of(payload)
    digest = hashlib.sha256(payload).hexdigest()
    reason = reason.replace("\0", "?")[:REASON_MAX]
    known = session.scalar(
        select(DeadLetter).where(DeadLetter.topic == topic, DeadLetter.payload_sha256 == digest)
    )
    if known is not None:
        known.count += 1
        known.last_ms, known.reason = now_ms, reason
        return event_id
    log.warning("set aside from %s: %s", topic, reason)
    kept = whole and event_id is not None
    session.add(
        DeadLetter(
            topic=topic,
            event_id=event_id if kept else None,
            reason=reason,
            payload=payload if kept else payload[:SAMPLE_BYTES],
            payload_sha256=digest,
            count=1,
            first_ms=now_ms,
            last_ms=now_ms,
        )
    )
    session.flush()
    if not kept:
        _forget_oldest_samples(session)
    return event_id


def _forget_oldest_samples(session: Session) -> None:
    samples = DeadLetter.event_id.is_(None)
    count = session.scalar(select(func.count()).select_from(DeadLetter).where(samples)) or 0
    if count > SAMPLES_MAX:
        oldest = select(DeadLetter.id).where(samples).order_by(DeadLetter.last_ms).limit(count - SAMPLES_MAX)
        session.execute(delete(DeadLetter).where(DeadLetter.id.in_(oldest.scalar_subquery())))
