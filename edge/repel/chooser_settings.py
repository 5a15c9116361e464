"""The ``[repel.chooser]`` table of a field's file."""

from pydantic import Field

from contract.configuration import Settings


class ChooserSettings(Settings):
    """How the repeller learns which stimulus works here."""

    memory_days: float = Field(default=10.0, ge=1.0, le=365.0)
    """After so long an observation counts half: what animals fear changes within weeks."""
    delay_max_s: float = Field(default=8.0, ge=0.0, le=30.0)
    """Between the decision and the stimulus, drawn anew each time: what always comes at once is soon known."""
    least_gain: float = Field(default=0.1, ge=0.0, le=0.9)
    """A stimulus is worth its noise if it drives off so many more of a hundred attempts than doing nothing does."""
    rest_days: float = Field(default=7.0, ge=1.0, le=365.0)
    """Nothing is fired for so long once nothing worked; twice as long after each further time, eight times at most."""
