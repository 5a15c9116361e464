"""The messages: typed, immutable, JSON on the wire.

Every message says which schema it follows; every message of a device carries a Stamp. Unknown fields
are ignored, so a newer device may talk to an older gateway; a missing or ill-typed field is refused.
"""

from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec

from contract.ids import OpaqueId, Ulid

SCHEMA_VERSION = 1

UnixMs = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53, description="Unix time in milliseconds")]
Fraction = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
"""A machine-readable word; what a person reads for it is in the message catalogues."""

PICTURE_BYTES_MAX = 200_000
"""A 640 px JPEG is 30-80 kB; the bound keeps a sighting below every broker's default payload limit."""

TRACK_POINTS_MAX = 32
"""Where animals went, in fractions of the picture: enough to draw the way of an hour's visit."""


class Clock(StrEnum):
    """How far a device's clock can be trusted: a Pi has no clock battery."""

    SYNCED = "synced"
    UNSYNCED = "unsynced"


class Struct(msgspec.Struct, frozen=True):
    """Base of everything on the wire."""


class Stamp(Struct, frozen=True):
    """Who says it and when: (device, boot, seq) is unique and ``seq`` rises by one within a boot."""

    device: OpaqueId
    boot: Ulid
    seq: Annotated[int, msgspec.Meta(ge=0)]
    at_ms: UnixMs
    clock: Clock


# --- event lane -----------------------------------------------------------------------------------


class FallPhase(StrEnum):
    """A fall as the device sees it; the incident id stays the same through all phases."""

    SUSPECTED = "suspected"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"
    RECOVERED = "recovered"


class Severity(StrEnum):
    """How grave a fall looks to the device: where, when, how long, and whether anybody stirs."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Evidence(Struct, frozen=True):
    """One reason for a decision, as a code with a number, put into words by whoever shows it."""

    code: Code
    value: float
    unit: str


class Fall(Struct, frozen=True, tag_field="type", tag="fall"):
    """A fall in a home. ``answer_by_ms`` is when the device stops waiting for the resident's answer.

    ``kind`` is how it happened (``fast_fall``, ``slow_slide``, ``long_lie``...).
    """

    incident: Ulid
    phase: FallPhase
    confidence: Fraction
    evidence: list[Evidence]
    answer_by_ms: UnixMs | None = None
    cancelled_by: Code | None = None
    kind: Code = "fast_fall"
    severity: Severity = Severity.MEDIUM


class VisitPhase(StrEnum):
    """A visit of animals to a field, from the first confirmed sighting to ten quiet minutes."""

    STARTED = "started"
    UPDATED = "updated"
    ENDED = "ended"


class Sighting(Struct, frozen=True, tag_field="type", tag="sighting"):
    """Animals confirmed over time in front of one camera. ``heading_deg`` is clockwise from north.

    ``size`` (small, medium, large) only from a calibrated camera; ``track`` is where the middle of the animals' feet was,
    oldest first, as fractions of the picture's width and height.
    """

    visit: Ulid
    phase: VisitPhase
    species: Code
    count_at_least: Annotated[int, msgspec.Meta(ge=0, le=500)]
    confidence: Fraction
    direction: Code
    heading_deg: Annotated[float, msgspec.Meta(ge=0.0, lt=360.0)] | None = None
    picture: Annotated[bytes, msgspec.Meta(max_length=PICTURE_BYTES_MAX)] | None = None
    size: Code | None = None
    track: Annotated[list[tuple[Fraction, Fraction]], msgspec.Meta(max_length=TRACK_POINTS_MAX)] = []


class PinChange(Struct, frozen=True):
    """One output pin switched."""

    output: Code
    on: bool
    at_ms: UnixMs


class RepelPhase(StrEnum):
    """One attempt to drive animals off: fired or vetoed, then what came of it."""

    FIRED = "fired"
    VETOED = "vetoed"
    OUTCOME = "outcome"


class Repel(Struct, frozen=True, tag_field="type", tag="repel"):
    """What the repeller did during a visit. ``outcome`` is 'left' or 'stayed' in the last phase."""

    visit: Ulid
    action: Ulid
    phase: RepelPhase
    stimulus: Code
    reason: Code | None = None
    outcome: Code | None = None
    gone_after_s: float | None = None
    pins: list[PinChange] = []
    why: list[Evidence] = []


class FaultPhase(StrEnum):
    """A fault is raised once and cleared once."""

    RAISED = "raised"
    CLEARED = "cleared"


class Fault(Struct, frozen=True, tag_field="type", tag="fault"):
    """Something of the device does not work: a silent camera, a stuck port, a disarmed repeller."""

    fault: Ulid
    phase: FaultPhase
    component: Code
    code: Code
    detail: Annotated[str, msgspec.Meta(max_length=500)] = ""


EventBody = Fall | Sighting | Repel | Fault


class Event(Struct, frozen=True, kw_only=True):
    """Event lane: kept on the device until a receipt names ``id``."""

    schema: int = SCHEMA_VERSION
    id: Ulid
    stamp: Stamp
    body: EventBody


# --- telemetry lane -------------------------------------------------------------------------------


class Sample(Struct, frozen=True):
    """Numbers of one measurement at one moment; units are in the field names (``height_m``)."""

    measurement: Code
    at_ms: UnixMs
    fields: Annotated[dict[Code, float], msgspec.Meta(min_length=1, max_length=32)]


class Telemetry(Struct, frozen=True, kw_only=True):
    """Telemetry lane: a batch of samples; the oldest batches are dropped, and counted, when space ends."""

    schema: int = SCHEMA_VERSION
    id: Ulid
    stamp: Stamp
    samples: Annotated[list[Sample], msgspec.Meta(min_length=1, max_length=1000)]
    dropped_before: Annotated[int, msgspec.Meta(ge=0)] = 0


# --- live lane ------------------------------------------------------------------------------------


class LiveHome(Struct, frozen=True, tag_field="type", tag="home"):
    """A home right now. ``points``: [x, y, z, doppler] in m and m/s, room frame (z above the floor).

    ``bodies``: how many people or animals were seen of late; None from a device that does not count them.
    """

    points: list[tuple[float, float, float, float]]
    state: Code
    height_m: float | None = None
    incident: Ulid | None = None
    answer_by_ms: UnixMs | None = None
    said: Code | None = None
    bodies: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Box(Struct, frozen=True):
    """A detected animal in a picture, in fractions of its width and height."""

    species: Code
    score: Fraction
    x: float
    y: float
    w: float
    h: float
    track: int | None = None
    confirmed: bool = False


class LiveField(Struct, frozen=True, tag_field="type", tag="field"):
    """A field right now. ``picture`` is withheld while a person is in view."""

    boxes: list[Box]
    count_at_least: int
    direction: Code
    outputs_on: list[Code]
    heading_deg: float | None = None
    picture: Annotated[bytes, msgspec.Meta(max_length=PICTURE_BYTES_MAX)] | None = None


class Live(Struct, frozen=True, kw_only=True):
    """Live lane: what a watching page draws; sent only where the device's configuration allows it."""

    schema: int = SCHEMA_VERSION
    stamp: Stamp
    body: LiveHome | LiveField


# --- state, retained, with a last will ------------------------------------------------------------


class State(Struct, frozen=True, kw_only=True):
    """Retained: the device's health. The last will is the same message with ``online`` false."""

    schema: int = SCHEMA_VERSION
    stamp: Stamp
    online: bool
    version: str
    kind: Code
    faults: list[Code] = []
    events_unsent: int = 0
    telemetry_unsent: int = 0
    telemetry_dropped: int = 0
    oldest_unsent_s: float = 0.0


# --- to the device --------------------------------------------------------------------------------


class Answered(Struct, frozen=True, tag_field="type", tag="answered"):
    """Somebody answered the alert: the device may tell the resident that help is coming."""

    incident: Ulid
    answer: Code
    role: Code


class MuteRepeller(Struct, frozen=True, tag_field="type", tag="mute_repeller"):
    """Keep the repeller off until a time; it can only make the device quieter."""

    until_ms: UnixMs


class Command(Struct, frozen=True, kw_only=True):
    """To a device, which ignores it after ``expires_ms`` by its own clock."""

    schema: int = SCHEMA_VERSION
    id: Ulid
    issued_ms: UnixMs
    expires_ms: UnixMs
    body: Answered | MuteRepeller


class Receipt(Struct, frozen=True, kw_only=True):
    """The gateway has committed these events or telemetry batches: the device may forget them."""

    schema: int = SCHEMA_VERSION
    ids: Annotated[list[Ulid], msgspec.Meta(min_length=1, max_length=1000)]
    at_ms: UnixMs


Message = Event | Telemetry | Live | State | Command | Receipt
MessageT = TypeVar("MessageT", Event, Telemetry, Live, State, Command, Receipt)

_encoder = msgspec.json.Encoder()
_decoders: dict[type, msgspec.json.Decoder[object]] = {
    kind: msgspec.json.Decoder(kind) for kind in (Event, Telemetry, Live, State, Command, Receipt)
}


class NotOfTheContractError(ValueError):
    """A payload that is not the message its topic promises."""


def encode(message: Message) -> bytes:
    """The message as JSON."""
    return _encoder.encode(message)


def decode(payload: bytes, kind: type[MessageT]) -> MessageT:
    """JSON -> the message; raises NotOfTheContractError with what is wrong and where."""
    try:
        message = _decoders[kind].decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotOfTheContractError(f"{kind.__name__}: {error}") from error
    assert isinstance(message, kind)  # noqa: S101 - the decoder's own promise, told to the type checker
    if message.schema > SCHEMA_VERSION:
        raise NotOfTheContractError(
            f"{kind.__name__}: schema {message.schema} is newer than {SCHEMA_VERSION}: update the receiver"
        )
    return message
