"""The messages as JSON Schema, for whoever speaks the wire without our code."""

from typing import Any

import msgspec

from contract.messages import SCHEMA_VERSION, Command, Event, Live, Message, Receipt, State, Telemetry, decode
from contract.topics import Lane

MESSAGE_OF: dict[Lane, type[Message]] = {
    Lane.EVENT: Event,
    Lane.TELEMETRY: Telemetry,
    Lane.LIVE: Live,
    Lane.STATE: State,
    Lane.COMMAND: Command,
    Lane.RECEIPT: Receipt,
}
"""What each lane carries."""


def decode_lane(payload: bytes, lane: Lane) -> Message:
    """The message of a lane; raises NotOfTheContractError with what is wrong and where."""
    message: Message = decode(payload, MESSAGE_OF[lane])  # type: ignore[type-var]
    return message


def json_schema() -> dict[str, Any]:
    """One JSON Schema (2020-12) document: ``lanes`` names the definition that each lane carries."""
    roots, definitions = msgspec.json.schema_components(MESSAGE_OF.values(), ref_template="#/$defs/{name}")
    lanes = {lane.value: root for lane, root in zip(MESSAGE_OF, roots, strict=True)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Mimamori wire messages, schema version {SCHEMA_VERSION}",
        "anyOf": list(roots),
        "lanes": lanes,
        "$defs": definitions,
    }
