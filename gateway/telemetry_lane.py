"""The telemetry lane's core: a batch of messages becomes points in the series store, then receipts.

Is: idempotent, and honest: without a receipt the device keeps a batch, as long as it has space.
Is not: urgent. A stopped series store stops this lane and nothing else.
"""

from collections.abc import Callable, Sequence

from contract.messages import NotOfTheContractError, Telemetry, decode
from contract.topics import Lane, every_device, parse
from gateway.database.session import Database
from gateway.dead_letters import set_aside
from gateway.mqtt import Arrival
from gateway.outcome import Outcome
from gateway.series.store import Point, Series, SeriesRefusedError

_Refused = list[tuple[Arrival, str]]


class TelemetryLane:
    """Takes telemetry; owned by one thread."""

    TOPICS = (every_device(Lane.TELEMETRY),)

    def __init__(self, database: Database, series: Series, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._series = series
        self._now_ms = now_ms

    def take(self, batch: Sequence[Arrival]) -> Outcome:
        """Write a batch; raises SeriesUnavailableError, or DatabaseUnavailableError for its dead letters."""
        outcome = Outcome()
        refused: _Refused = []
        good: list[tuple[Arrival, Telemetry, list[Point]]] = []
        for arrival in batch:
            try:
                message = _read(arrival)
                good.append((arrival, message, _points(message)))
            except (NotOfTheContractError, ValueError) as error:
                refused.append((arrival, str(error)))
        for arrival, message, reason in self._write(good):
            if reason is not None:
                refused.append((arrival, reason))
                continue
            outcome.stored += 1
            outcome.receipts.add(message.stamp.device, message.id)
        self._set_aside(refused, outcome)
        return outcome

    def _write(
        self, good: list[tuple[Arrival, Telemetry, list[Point]]]
    ) -> list[tuple[Arrival, Telemetry, str | None]]:
        """All at once; if the store refuses that, one message at a time, to find the one it refuses."""
        try:
            self._series.write([point for _, _, points in good for point in points])
        except SeriesRefusedError as error:
            if len(good) == 1:
                return [(good[0][0], good[0][1], str(error))]
            return [verdict for one in good for verdict in self._write([one])]
        return [(arrival, message, None) for arrival, message, _ in good]

    def _set_aside(self, refused: _Refused, outcome: Outcome) -> None:
        if not refused:
            return
        with self._database.write() as session:
            for arrival, reason in refused:
                outcome.dead += 1
                message_id = set_aside(session, arrival.topic, arrival.payload, reason, self._now_ms())
                device = _device(arrival.topic)
                if message_id is not None and device is not None:
                    outcome.receipts.add(device, message_id)


def _read(arrival: Arrival) -> Telemetry:
    device = parse(arrival.topic).device
    message = decode(arrival.payload, Telemetry)
    if message.stamp.device != device:
        raise NotOfTheContractError(f"stamp.device: {message.stamp.device} speaks on {arrival.topic}")
    return message


def _points(message: Telemetry) -> list[Point]:
    return [
        Point(message.stamp.device, sample.measurement, sample.at_ms, sample.fields)
        for sample in message.samples
    ]


def _device(topic: str) -> str | None:
    try:
        return parse(topic).device
    except ValueError:
        return None
