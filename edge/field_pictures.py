"""Pictures of a field that are written or sent: nobody in them can be known again, and none shows people alone.

Is: the one way from a looked-at picture to bytes. Is not: who decides when a picture is wanted.
"""

from edge.field_model import FieldModel
from edge.sensors.readings import Picture
from edge.wildlife.boxes import BoxPx, overlap
from edge.wildlife.evidence import jpeg
from edge.wildlife.eye import SAME_BODY_IOU, Look
from edge.wildlife.keeping import Keeping, lesson, quiet


class FieldPictures:
    """Of one camera; without ``keeping`` none is kept for labels."""

    def __init__(self, model: FieldModel, keeping: Keeping | None) -> None:
        self._model = model
        self.keeping = keeping

    def evidence(self, picture: Picture, look: Look, *, person_lately: bool) -> bytes | None:
        """The picture for a sighting; None while a person may be in it and nobody knows where."""
        if self._nobody_knows_who(look, person_lately=person_lately):
            return None
        return jpeg(picture.image, self._veiled(picture, look))

    def keep(
        self, picture: Picture, look: Look, now_s: float, now_ms: int, *, since_person_s: float, visit: str,
        person_lately: bool,
    ) -> None:  # fmt: skip
        """Keep the picture for labels, if it would teach anything and shows nobody who could be known again."""
        if self.keeping is None:
            return
        still_s, since_sample_s = now_s - self._model.eye.moved_s, now_s - self.keeping.sample_s
        told = lesson(look, self._model.thresholds, now_s) or quiet(
            look, still_s, since_person_s, since_sample_s
        )
        if told is None or not self.keeping.due(told, now_s):
            return
        if not self._nobody_knows_who(look, person_lately=person_lately):
            people, model = self._veiled(picture, look), self._model.name_and_sha256
            self.keeping.keep(picture.image, look, people, told, now_s, now_ms, model=model, visit=visit)

    def _nobody_knows_who(self, look: Look, *, person_lately: bool) -> bool:
        return bool(self._model.faults()) or (person_lately and not look.people)

    def _veiled(self, picture: Picture, look: Look) -> list[BoxPx]:
        """Everybody who may be in the picture, looked for once more, close to the animals."""
        sure = [track.box for track in look.tracks if track.confirmed and track.seen_now]
        closely = self._model.people_closely(picture.image, look)
        return look.veiled() + [
            box for box in closely if all(overlap(box, known) < SAME_BODY_IOU for known in sure)
        ]
