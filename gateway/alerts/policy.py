"""Who is told, in which order, and how long each may take to answer. Pure: settings in, snapshots out.

An alert carries the snapshot of the policy it was opened under; an edit of the settings never reaches it.
"""

from typing import Any, Self

import msgspec
from pydantic import Field, field_validator, model_validator

from contract.configuration import Settings

ROLES = ("family", "minsei_iin", "farmer", "desk", "technician")
"""The roles a step may name; a person of the registry has exactly one of them."""

SPECIES_TOLD = ("monkey", "boar", "bear")
"""Visits that become an alert: the rest (deer, dogs, raccoons) stay on the field's page."""


class StepSettings(Settings):
    """One step: tell everybody of ``role``, wait ``wait_s`` for an answer. 0 s: with the next step."""

    role: str
    wait_s: float = Field(ge=0, le=86_400, allow_inf_nan=False)

    @field_validator("role")
    @classmethod
    def _known(cls, role: str) -> str:
        if role not in ROLES:
            raise ValueError(f"no such role: use one of {', '.join(ROLES)}")
        return role


class LadderSettings(Settings):
    """Steps in their order, how often the whole ladder is walked, and who learns that nobody answered."""

    steps: tuple[StepSettings, ...] = Field(min_length=1, max_length=20)
    rounds: int = Field(default=1, ge=1, le=20)
    then: tuple[str, ...] = ()
    """Roles told once, after the last round, that nobody has answered."""

    @field_validator("then")
    @classmethod
    def _known(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [role for role in roles if role not in ROLES]
        if unknown:
            raise ValueError(f"no such role {unknown[0]!r}: use some of {', '.join(ROLES)}")
        return roles

    @model_validator(mode="after")
    def _leaves_time_to_answer(self) -> Self:
        if self.steps[-1].wait_s < 1:
            raise ValueError(
                "the last step waits under 1 s, nobody could answer: give its wait_s a minute or more"
            )
        return self


class RetrySettings(Settings):
    """How a service that asks for a later try is tried again, always under the same retry key."""

    first_s: float = Field(default=2.0, gt=0, le=600)
    most_s: float = Field(default=60.0, gt=0, le=3600)
    """Back-off doubles from ``first_s`` up to this."""
    tries: int = Field(default=12, ge=1, le=100)
    """After so many the service counts as refusing; with the defaults some 8 minutes after the first try."""
    tries_alone: int = Field(default=2, ge=1, le=100)
    """After so many in vain the person's next service is used beside it: nobody waits for a repair."""


def _ladder(*steps: tuple[str, float], rounds: int = 1, then: tuple[str, ...] = ()) -> LadderSettings:
    made = tuple(StepSettings(role=role, wait_s=wait_s) for role, wait_s in steps)
    return LadderSettings(steps=made, rounds=rounds, then=then)


class PolicySettings(Settings):
    """The ``[policy]`` table: a ladder for each kind of alert.

    The fall's waits are those of Japanese emergency-contact schemes (each contact must answer, else the
    next); a sighting informs and asks for no answer, so it is told once.
    """

    fall: LadderSettings = _ladder(
        ("family", 180), ("minsei_iin", 300), ("desk", 300), rounds=3, then=("desk", "technician")
    )
    sighting: LadderSettings = _ladder(("farmer", 600))
    bear: LadderSettings = _ladder(("desk", 0), ("farmer", 300), rounds=3, then=("technician",))
    fault: LadderSettings = _ladder(("technician", 3600), rounds=3, then=("desk",))
    retry: RetrySettings = RetrySettings()
    device_silent_s: float = Field(default=30, ge=1, le=600)
    """A device that asked its resident and is not heard of for so long after the time it gave: a fall."""


ASKING_MOST_S = 600
"""A device asks its resident for about a minute; a longer time can only be a clock set in between."""


class Step(msgspec.Struct, frozen=True):
    """One step of a snapshot; see StepSettings."""

    role: str
    wait_s: float


class Retry(msgspec.Struct, frozen=True):
    """Back-off of a snapshot; see RetrySettings."""

    first_s: float = 2.0
    most_s: float = 60.0
    tries: int = 12
    tries_alone: int = 2

    def pause_ms(self, tries: int) -> int:
        """How long to wait after ``tries`` (1 or more) tries in vain, in ms."""
        return int(1000 * min(self.most_s, self.first_s * 2.0 ** min(tries - 1, 32)))


class Policy(msgspec.Struct, frozen=True):
    """A snapshot read back. Steps are counted on through the rounds: step 4 of 3 is the second of round 2."""

    name: str
    steps: tuple[Step, ...]
    rounds: int = 1
    then: tuple[str, ...] = ()
    retry: Retry = Retry()

    @classmethod
    def from_snapshot(cls, snapshot: dict[str, Any]) -> "Policy":
        """Read what ``Policies.snapshot`` gave; keys of a newer program are ignored."""
        return msgspec.convert(snapshot, cls)

    @property
    def last_step(self) -> int:
        """Number of the last step of the last round, from 0."""
        return len(self.steps) * self.rounds - 1

    def step(self, number: int) -> Step:
        """Step ``number`` counted from 0 through all rounds; raises IndexError after the last."""
        if not 0 <= number <= self.last_step:
            raise IndexError(f"step {number} of a policy that ends with step {self.last_step}")
        return self.steps[number % len(self.steps)]

    def group_start(self, number: int) -> int:
        """The first of the steps told together with step ``number``; past the last step, ``number`` itself."""
        first = number
        while 0 < first <= self.last_step and self.step(first - 1).wait_s == 0:
            first -= 1
        return first


class Policies:
    """Which policy an alert gets, as the JSON snapshot that is stored with it."""

    def __init__(self, settings: PolicySettings) -> None:
        self._settings = settings

    def snapshot(self, kind: str, species: str | None = None) -> dict[str, Any]:
        """The policy for ``kind`` (fall, sighting, fault) as JSON; a bear's sighting has its own."""
        name = "bear" if kind == "sighting" and species == "bear" else kind
        ladders = {
            "fall": self._settings.fall,
            "sighting": self._settings.sighting,
            "bear": self._settings.bear,
            "fault": self._settings.fault,
        }
        if name not in ladders:
            raise ValueError(f"no policy for alerts of kind {kind!r}: use one of {', '.join(ladders)}")
        snapshot = ladders[name].model_dump(mode="json")
        return {"name": name, **snapshot, "retry": self._settings.retry.model_dump(mode="json")}

    @property
    def device_silent_ms(self) -> int:
        """See ``PolicySettings.device_silent_s``."""
        return int(self._settings.device_silent_s * 1000)

    @property
    def asking_most_ms(self) -> int:
        """See ``ASKING_MOST_S``."""
        return ASKING_MOST_S * 1000

    def tells(self, species: str) -> bool:
        """Whether a visit of this species becomes an alert."""
        return species in SPECIES_TOLD
