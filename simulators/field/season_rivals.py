"""What farms have today, as choosers for the same repeller and the same safety kernel: one horn, or taking turns.

Both fire at once, every time they may, with all outputs of a stimulus together, as a box with a timer relay does.
"""

from collections.abc import Sequence

from edge.repel.chooser import Choice
from edge.repel.experience import Experience
from edge.repel.outcome import Outcome
from edge.repel.settings import RepelSettings


class Rotation:
    """The stimuli in their order, over and over; with one stimulus it is the fixed horn."""

    def __init__(self, settings: RepelSettings, stimuli: Sequence[str]) -> None:
        self.experience = Experience()
        self._stimuli = tuple(stimuli)
        self._on_s = settings.on_s
        self._outputs = {
            word: tuple(one.name for one in settings.outputs if one.stimulus == word) for word in stimuli
        }
        self._turn = 0

    def choose(self, now_ms: int) -> Choice:  # noqa: ARG002 - the protocol's; it knows no time
        """The stimulus whose turn it is; the turn passes when it was fired."""
        stimulus = self._stimuli[self._turn % len(self._stimuli)]
        return Choice(stimulus, self._outputs[stimulus], 0.0, self._on_s)

    def tried(self, choice: Choice) -> None:  # noqa: ARG002 - the protocol's
        """Pass the turn."""
        self._turn += 1

    def found(self, choice: Choice, outcome: Outcome | None, now_ms: int) -> None:
        """It learns nothing."""
