"""All outputs of a field behind one face: those of this box, owned by its pins' process, and those of other boxes."""

from collections.abc import Mapping

from edge.repel.errors import PinsLostError
from edge.repel.output_kinds import OutputKind
from edge.repel.outputs import Change, Outputs
from edge.repel.remote_outputs import remote_outputs_from
from edge.repel.settings import RepelSettings
from edge.repel.switches import Owner


class Switchboard:
    """``own`` are this box's outputs, ``others`` those of other boxes by name. One thread calls it."""

    def __init__(self, own: Outputs, others: Mapping[str, Owner]) -> None:
        self._own = own
        self._others = others
        self._owners: list[Owner] = [own, *dict.fromkeys(others.values())]

    @property
    def ok(self) -> bool:
        """Whether this box's outputs can be used; another box that is away is told by its shot."""
        return self._own.ok

    @property
    def stopped(self) -> bool:
        """Whether the emergency stop of this box is pressed."""
        return self._own.stopped

    def open(self) -> None:
        """All off."""
        for owner in self._owners:
            owner.open()

    def close(self) -> None:
        """All off, and let go; harmless when repeated."""
        for owner in self._owners:
            owner.close()

    def tend(self) -> None:
        """In every turn; never waits."""
        for owner in self._owners:
            owner.tend()

    def switch_on(self, name: str, seconds: float) -> None:
        """As Outputs.switch_on; raises PinsLostError or OutputRefusedError."""
        if not self._own.ok:
            raise PinsLostError(f"output {name} is not switched on: this box's own outputs are lost")
        self._others.get(name, self._own).switch_on(name, seconds)

    def all_off(self) -> None:
        """Off now, all of them."""
        for owner in self._owners:
            owner.all_off()

    def on(self) -> list[str]:
        """Names of the outputs that are on as far as reported."""
        return sorted(name for owner in self._owners for name in owner.on())

    def changes(self) -> list[Change]:
        """Changes since the last call, oldest first."""
        return sorted((one for owner in self._owners for one in owner.changes()), key=lambda one: one.at_s)

    def now_s(self) -> float:
        """The clock of ``Change.at_s``."""
        return self._own.now_s()


def switchboard_from(settings: RepelSettings) -> Switchboard:
    """The outputs of a field's file, not yet opened."""
    own = [one for one in settings.outputs if one.kind is not OutputKind.REMOTE]
    others = [one for one in settings.outputs if one.kind is OutputKind.REMOTE]
    return Switchboard(
        Outputs(own, settings.timeline_file, stop_pin=settings.stop_pin),
        {} if not others else remote_outputs_from(others, settings),
    )
