"""What a monitor shows of a room: readings through the perception and the watcher that run at home, nothing spoken."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contract.ids import new_ulid
from edge.fall.people import People
from edge.fall.people_settings import PeopleSettings
from edge.fall.posture import Posture, RoomPosture
from edge.fall.room import to_room
from edge.fall.scene import Body, Perception, Scene
from edge.fall.settings import AskSettings, FallSettings, MountSettings
from edge.fall.sitting import Scorers
from edge.fall.watcher import Action, FallWatcher, Now, Tell
from edge.fall.zones import ZoneSettings
from edge.sensors.readings import PointCloud

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TRAIL_S = 1.0
"""How long a point stays in the picture."""
HISTORY_S = 30.0
RATE_S = 3.0
TOLD_MAX = 4
LATEST_S = 0.8
"""A body is drawn as seen when it was measured within this."""
START_MS = 1_700_000_000_000


@dataclass(frozen=True, slots=True)
class Installed:
    """How the sensor hangs and what its home is set to; ``fall`` is already that of the sensor's kind."""

    mount: MountSettings = field(default_factory=MountSettings)
    fall: FallSettings = field(default_factory=FallSettings)
    people: PeopleSettings = field(default_factory=PeopleSettings)
    zones: Sequence[ZoneSettings] = ()
    scorers: Scorers | None = None


class Room:
    """Everything the picture shows, kept up to date reading by reading.

    ``perception`` reads what the sensor gives; without it the sensor gives point clouds. A reading may be a Scene already.
    """

    def __init__(
        self, installed: Installed, perception: Perception[Any] | None = None, *, begun_s: float = 0.0
    ) -> None:
        self.installed = installed
        self._perception = perception or People(installed.mount, installed.people)
        self._watcher = FallWatcher(
            installed.fall, AskSettings(), installed.zones, new_ulid, installed.scorers
        )
        self._posture = RoomPosture(installed.fall)
        self._arrived: deque[float] = deque()
        self._begun_s = begun_s
        self.at_s = begun_s
        self.readings = 0
        self.scene = Scene(0.0)
        self.cloud: PointCloud | None = None
        self.trail: deque[tuple[float, NDArray[np.float32]]] = deque()
        """(at_s, (N, 4) room-frame points) of the last TRAIL_S."""
        self.heights: deque[tuple[float, float]] = deque()
        """(at_s, m) of every body measured in the last HISTORY_S."""
        self.told: deque[str] = deque(maxlen=TOLD_MAX)
        """What a device would have told the city, the newest last."""

    def take(self, reading: Any) -> None:
        """One reading further; ``at_s`` must not fall."""
        self.at_s = reading.at_s
        self.readings += 1
        self._arrived.append(self.at_s)
        if isinstance(reading, PointCloud):
            self.cloud = reading
            if len(reading.points):
                self.trail.append((self.at_s, to_room(reading.points, self.installed.mount)))
        self.scene = reading if isinstance(reading, Scene) else self._perception.update(reading)
        self._watch(self.scene)
        fresh = self.measured
        self._posture.see(self.scene, fresh)
        self.heights.extend((self.at_s, body.height_m) for body in fresh)
        self._forget()

    def wait(self, now_s: float) -> None:
        """Time has passed and nothing came."""
        self.at_s = max(self.at_s, now_s)
        self._watch(None)
        self._forget()

    @property
    def elapsed_s(self) -> float:
        """Since the monitor began, or the recording."""
        return self.at_s - self._begun_s

    @property
    def measured(self) -> list[Body]:
        """Bodies whose height is of this moment."""
        return [body for body in self.scene.bodies if self.at_s - _measured_s(body) < LATEST_S]

    @property
    def rate(self) -> float:
        """Readings a second, over the last RATE_S."""
        if len(self._arrived) < 2:
            return 0.0
        return (len(self._arrived) - 1) / max(1e-3, self._arrived[-1] - self._arrived[0])

    @property
    def points(self) -> float:
        """Mean points a reading, over TRAIL_S."""
        recent = sum(self.at_s - at_s <= TRAIL_S for at_s in self._arrived)
        return sum(len(points) for _, points in self.trail) / max(1, recent)

    @property
    def phase(self) -> str:
        """Idle, suspected, asking..."""
        return self._watcher.phase.value

    @property
    def posture(self) -> Posture:
        """Of the lowest body that is seen."""
        return self._posture.posture

    @property
    def height_m(self) -> float | None:
        """Of that body."""
        return self._posture.height_m

    def posture_of(self, height_m: float) -> Posture:
        """What the fall settings call a body of that middle height."""
        fall = self.installed.fall
        if height_m <= fall.floor_m:
            return Posture.LYING
        return Posture.STANDING if height_m >= fall.standing_m else Posture.SITTING

    def _watch(self, scene: Scene | None) -> None:
        now = Now(self.at_s, START_MS + round(1000 * self.at_s))
        self._hear(self._watcher.step(scene, now))

    def _hear(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Tell):
                fall = action.fall
                self.told.append(
                    f"{self.elapsed_s:7.1f} s  fall {fall.phase.value}, confidence {fall.confidence:.2f}"
                )

    def _forget(self) -> None:
        while self.trail and self.at_s - self.trail[0][0] > TRAIL_S:
            self.trail.popleft()
        while self.heights and self.at_s - self.heights[0][0] > HISTORY_S:
            self.heights.popleft()
        while self._arrived and self.at_s - self._arrived[0] > RATE_S:
            self._arrived.popleft()


def _measured_s(body: Body) -> float:
    return max(body.measured_s, body.seen_s if body.heights_m else float("-inf"))
