"""Receipts: what tells a device that it may forget. Made only after a commit, one message per device."""

from collections.abc import Iterator

from contract.messages import Receipt, encode
from contract.topics import Lane, topic

IDS_MAX = 1000
"""The contract's bound for one receipt."""


class Receipts:
    """Collects the ids of one batch by device."""

    def __init__(self) -> None:
        self._ids: dict[str, list[str]] = {}

    def add(self, device: str, message_id: str) -> None:
        """``message_id`` of ``device`` is part of the transaction; naming it again changes nothing."""
        ids = self._ids.setdefault(device, [])
        if message_id not in ids:
            ids.append(message_id)

    def __len__(self) -> int:
        return sum(len(ids) for ids in self._ids.values())

    def messages(self, at_ms: int) -> Iterator[tuple[str, bytes]]:
        """(topic, payload) to publish once the transaction is committed."""
        for device, ids in self._ids.items():
            for start in range(0, len(ids), IDS_MAX):
                receipt = Receipt(ids=ids[start : start + IDS_MAX], at_ms=at_ms)
                yield topic(device, Lane.RECEIPT), encode(receipt)
