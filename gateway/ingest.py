"""The city's one ear: two lanes from MQTT to what is stored, and receipts back.

Is: at-least-once in, exactly once stored, and a receipt only for what is committed. Events and states have
a session, a thread and a store of their own, so a stopped InfluxDB never delays an alert.
Is not: a broker of its own, nor more than one process: on nats-server a shared subscription is granted and
delivers nothing, so scaling out needs another broker.
"""

import random
from collections.abc import Callable

from contract.broker import BrokerSettings
from gateway.commands import Commands
from gateway.database.session import Database
from gateway.event_lane import EventLane, Intake
from gateway.lane import Health, LaneRunner
from gateway.mqtt import MqttSession
from gateway.series.store import Series
from gateway.telemetry_lane import TelemetryLane

EVENT_BATCH = 100
TELEMETRY_BATCH = 500
"""500 messages of three samples were the best of the batches measured; events carry pictures of 100 kB."""


class Ingest:
    """``start`` and ``stop`` it; it reconnects, waits for its stores and survives bad messages by itself."""

    def __init__(
        self,
        broker: BrokerSettings,
        database: Database,
        series: Series,
        intake: Intake,
        *,
        name: str = "gateway",
        now_ms: Callable[[], int],
        jitter: random.Random,
    ) -> None:
        """``name`` keeps the broker's sessions of two gateways apart; the stores stay the caller's to close."""
        self.events = EventLane(database, intake, now_ms)
        self.telemetry = TelemetryLane(database, series, now_ms)
        event_mqtt = MqttSession(
            broker, f"{name}-events", EventLane.TOPICS, receive_maximum=2 * EVENT_BATCH, jitter=jitter
        )
        telemetry_mqtt = MqttSession(
            broker,
            f"{name}-telemetry",
            TelemetryLane.TOPICS,
            receive_maximum=2 * TELEMETRY_BATCH,
            jitter=jitter,
        )
        self._commands = Commands(database, event_mqtt.publish, now_ms)
        self._event_runner = LaneRunner(
            "event",
            event_mqtt,
            self.events.take,
            batch=EVENT_BATCH,
            now_ms=now_ms,
            jitter=jitter,
            between=self._between_batches,
        )
        self._telemetry_runner = LaneRunner(
            "telemetry",
            telemetry_mqtt,
            self.telemetry.take,
            batch=TELEMETRY_BATCH,
            now_ms=now_ms,
            jitter=jitter,
        )

    def start(self) -> None:
        """Begin to listen, in the background; raises OSError for an unreadable password file."""
        self._event_runner.start()
        self._telemetry_runner.start()

    def stop(self) -> None:
        """End both lanes after the batch they hold."""
        self._event_runner.stop()
        self._telemetry_runner.stop()

    @property
    def turned_s(self) -> float:
        """When the slower of the two lanes last came round (``time.monotonic``): old means stuck."""
        return min(self._event_runner.turned_s, self._telemetry_runner.turned_s)

    def health(self) -> dict[str, Health]:
        """Counters by lane: event, telemetry."""
        return {"event": self._event_runner.health(), "telemetry": self._telemetry_runner.health()}

    def _between_batches(self) -> None:
        self._commands.turn()
        self.events.retry_set_aside()
