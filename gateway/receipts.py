"""Receipts: what tells a device that it may forget. Made only after a commit, one message per device."""

from collections.abc import Iterator

from contract.messages import Receipt, encode
from contract.topics import Lane, topic

IDS_MAX = 1000
"""The contract's bound for one receipt."""


class Receipts:
    """Collects the ids of one batch by device."""

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, None]] = {}

    def add(self, device: str, message_id: str) -> None:
        """``message_id`` of ``device`` is part of the transaction; naming it again changes nothing."""
        self._ids.setdefault(device, {})[message_id] = None

    def __len__(self) -> int:
        return sum(len(ids) for ids in self._ids.values())

    def messages(self, at_ms: int) -> Iterator[tuple[str, bytes]]:
        """(topic, payload) to publish once the transaction is committed."""
        for device, collected in self._ids.items():
            ids = list(collected)
            for start in range(0, len(ids), IDS_MAX):
                receipt = Receipt(ids=ids[start : start + IDS_MAX], at_ms=at_ms)
                yield topic(device, Lane.RECEIPT), encode(receipt)
