"""Which faults of a device stand: each is raised once and cleared once, under one id. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from contract.ids import NewUlid, Ulid
from contract.messages import Fault, FaultPhase

DETAIL_MAX = 500  # the contract's


@dataclass(frozen=True, slots=True)
class _Standing:
    fault: Ulid
    component: str


class FaultBook:
    """Turns 'what is wrong now' into the events that say what changed."""

    def __init__(self, new_ulid: NewUlid) -> None:
        self._new_ulid = new_ulid
        self._standing: dict[str, _Standing] = {}

    def now(self, component: str, wrong: Mapping[str, str], now_ms: int) -> list[Fault]:
        """Tell everything that is wrong with ``component`` now (code -> detail); returns what began and what ended."""
        events = []
        for code, standing in list(self._standing.items()):
            if standing.component == component and code not in wrong:
                del self._standing[code]
                events.append(Fault(standing.fault, FaultPhase.CLEARED, component, code))
        for code, detail in wrong.items():
            if code not in self._standing:
                fault = self._new_ulid(now_ms)
                self._standing[code] = _Standing(fault, component)
                events.append(Fault(fault, FaultPhase.RAISED, component, code, detail[:DETAIL_MAX]))
        return events

    def codes(self) -> list[str]:
        """Codes of all faults that stand, sorted."""
        return sorted(self._standing)
