"""What one batch of a lane came to."""

from dataclasses import dataclass, field

from gateway.receipts import Receipts


@dataclass(slots=True)
class Outcome:
    """Counts and receipts of a batch; true only once its transaction is committed."""

    stored: int = 0
    duplicates: int = 0
    dead: int = 0
    states: int = 0
    receipts: Receipts = field(default_factory=Receipts)
