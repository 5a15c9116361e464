"""MQTT topics: ``mimamori/1/{device}/{lane}``, one level for the device so that an ACL is one line."""

from enum import StrEnum
from typing import NamedTuple

from contract.ids import is_opaque

ROOT = "mimamori/1"
"""The digit is the wire's major version: a breaking change gets a new root, old devices keep theirs."""


class Lane(StrEnum):
    """What a topic carries; each lane has its own promise (docs/wire.md)."""

    EVENT = "event"
    TELEMETRY = "telemetry"
    LIVE = "live"
    STATE = "state"
    COMMAND = "command"
    RECEIPT = "receipt"


QOS: dict[Lane, int] = {
    Lane.EVENT: 1,
    Lane.TELEMETRY: 1,
    Lane.LIVE: 0,  # a picture of now is worth nothing later
    Lane.STATE: 1,
    Lane.COMMAND: 1,
    Lane.RECEIPT: 1,
}

FROM_DEVICE = (Lane.EVENT, Lane.TELEMETRY, Lane.LIVE, Lane.STATE)
_LANES = frozenset(lane.value for lane in Lane)
TO_DEVICE = (Lane.COMMAND, Lane.RECEIPT)


class Address(NamedTuple):
    """A topic taken apart."""

    device: str
    lane: Lane


def topic(device: str, lane: Lane) -> str:
    """The topic of one device and lane; raises ValueError if the device's name is not opaque."""
    if not is_opaque(device):
        raise ValueError(f"{device!r} cannot name a device: use a-z, 0-9 and -, 3 to 40 characters")
    return f"{ROOT}/{device}/{lane}"


def every_device(lane: Lane) -> str:
    """The subscription to one lane of all devices."""
    return f"{ROOT}/+/{lane}"


def parse(text: str) -> Address:
    """Take a topic apart; raises ValueError if it is not one of ours."""
    prefix, _, rest = text.partition(f"{ROOT}/")
    device, _, lane = rest.partition("/")
    if prefix or not is_opaque(device) or lane not in _LANES:
        raise ValueError(f"topic {text!r} is not {ROOT}/{{device}}/{{lane}}")
    return Address(device, Lane(lane))
