"""What half a second of scenes leaves for the signs. Pure."""

from dataclasses import dataclass

from edge.fall.scene import Body

TICK_S = 0.5
"""Signs are of minutes; a walk of 3 m still has six of these."""
LASTED_MAX_S = 2.0
"""An empty room may give one frame a second; after a longer silence nothing is known of what was between."""
ANIMAL_TOP_M = 0.7
ANIMAL_MPS = 0.3
"""What moves faster than this and is not higher is a cat, a dog or a vacuum cleaner; a person on the floor does not."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was so for ``lasted_s``: bodies as last seen, and the reflections of each, by track.

    ``doubtful``: the sensor doubted itself, see Scene.
    """

    at_s: float
    lasted_s: float
    bodies: tuple[Body, ...]
    reflections: dict[int, int]
    doubtful: bool

    @property
    def people(self) -> list[Body]:
        """Without what is too low and too quick for a person."""
        return [body for body in self.bodies if not is_animal(body)]


def is_animal(body: Body) -> bool:
    """Whether it moves about low above the floor."""
    return body.top_m < ANIMAL_TOP_M and body.speed_mps > ANIMAL_MPS
