"""How an output may be driven. By itself, so that the processes that own outputs start without the settings' library."""

from enum import StrEnum


class OutputKind(StrEnum):
    """How an output is driven."""

    RELAY = "relay"
    PWM = "pwm"
    STROBE = "strobe"
    WATER = "water"
    SOUND = "sound"
    REMOTE = "remote"
