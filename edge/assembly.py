"""Puts one device together from its file and runs it until it is told to stop."""

import logging
import random
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.ids import new_ulid
from contract.messages import State
from edge.agent import Agent, Stamper
from edge.clock import Clock, SystemClock
from edge.device import Device
from edge.fall.scene import Perception
from edge.fall.sitting import Scorers
from edge.field_settings import FieldSettings
from edge.home_settings import HomeSettings
from edge.kept_file import memory_directory
from edge.outbox import Outbox
from edge.sensors.readings import Sensor
from edge.settings import DeviceSettings
from edge.uplink import Uplink

if TYPE_CHECKING:
    from edge.field_model import Networks
    from edge.wildlife.detections import FindsAnimals
    from edge.wildlife.settings import EyeSettings

log = logging.getLogger(__name__)


def device_from(settings: HomeSettings | FieldSettings, clock: Clock) -> Device:
    """The home or the field of a file, not yet opened; raises ModelError for a model that cannot be used."""
    return _home(settings, clock) if isinstance(settings, HomeSettings) else _field(settings, clock)


def run_device(settings: HomeSettings | FieldSettings, version: str, stop: threading.Event) -> None:
    """Run the device of a file until ``stop``; raises OutboxError, ModelError and what its step raises."""
    clock = SystemClock()
    device = device_from(settings, clock)
    outbox = Outbox(outbox_file(settings))
    try:
        agent(settings, device, outbox, clock, version).run(stop)
    finally:
        outbox.close()


def outbox_file(settings: DeviceSettings) -> Path:
    """Named for the device: two devices of one machine may share a directory, never an outbox."""
    return settings.data_directory / f"{settings.device}.outbox.sqlite"


def agent(
    settings: HomeSettings | FieldSettings, device: Device, outbox: Outbox, clock: Clock, version: str
) -> Agent:
    """An agent with its uplink; ``clock`` is the device's. The uplink keeps the machine's own time."""
    stamper = Stamper(settings.device, new_ulid(clock.unix_ms()), clock)

    def will() -> State:
        return made.state(online=False)

    uplink = Uplink(settings.device, settings.broker, SystemClock(), will=will, jitter=random.Random())
    made = Agent(device, outbox, uplink, stamper, new_ulid, version=version)
    return made


# A home carries no camera library and a field no radar driver: each is imported when it is built.


def _home(settings: HomeSettings, clock: Clock) -> Device:
    from edge.home import Home, HomeParts  # noqa: PLC0415
    from edge.home_memory import HomeMemory  # noqa: PLC0415
    from edge.voice import speaker_from  # noqa: PLC0415

    sensor, speaker = home_sensor(settings, clock), speaker_from(settings.voice)
    memory = HomeMemory(_memory_file(settings, "incident"))
    # Thirty days outlast every RAM disk.
    questions = settings.data_directory / f"{settings.device}.questions.json"
    scorers, wrong = _scorers(settings)
    parts = HomeParts(memory=memory, questions_file=questions, scorers=scorers, wrong=wrong)
    perception = home_perception(settings)
    return Home(settings, sensor, speaker, clock, new_ulid, perception=perception, parts=parts)


def _scorers(settings: HomeSettings) -> tuple[Scorers | None, dict[str, str]]:
    """The scorers, and what is wrong with them: a home watches by its rules rather than not at all."""
    if settings.radar is None:
        return None, {}
    from edge.fall_scorer import ScorerError, scorers_from  # noqa: PLC0415

    try:
        return scorers_from(settings.mount, settings.room.antenna), {}
    except ScorerError as error:
        log.error("%s; watching by the rules alone", error)  # noqa: TRY400 - a traceback adds nothing to the mend
        return None, {"scorer_unusable": f"{error}; until then the rules alone decide"}


def home_sensor(settings: HomeSettings, clock: Clock) -> Sensor[Any]:
    """The one sensor of a home's file, not yet opened."""
    if settings.module is not None:
        from edge.sensors.modules.sensor import module_from  # noqa: PLC0415

        return module_from(settings.module, clock)
    if settings.depth is not None:
        from edge.sensors.depth.sensor import depth_from  # noqa: PLC0415

        return depth_from(settings.depth, clock)
    assert settings.radar is not None  # noqa: S101 - the settings' promise, told to the type checker
    from edge.sensors.ti.sensor import radar_from  # noqa: PLC0415

    return radar_from(settings.radar, clock)


def home_perception(settings: HomeSettings) -> Perception[Any]:
    """What makes scenes of what the home's sensor gives."""
    if settings.depth is not None:
        from edge.depth.people import DepthPeople  # noqa: PLC0415

        return DepthPeople(settings.depth.mount)
    from edge.fall.people import People  # noqa: PLC0415

    return People(settings.mount, settings.room)


def _field(settings: FieldSettings, clock: Clock) -> Device:
    from edge.field import Field, FieldParts  # noqa: PLC0415
    from edge.field_memory import FieldMemory  # noqa: PLC0415
    from edge.field_model_files import ModelFiles  # noqa: PLC0415
    from edge.repel.dose_memory import dose_file  # noqa: PLC0415
    from edge.repel.fire_desk import fire_desk_from  # noqa: PLC0415
    from edge.repel.repeller import Repeller  # noqa: PLC0415
    from edge.sensors.camera.sensor import Camera  # noqa: PLC0415
    from edge.sensors.camera.view import KnownView  # noqa: PLC0415
    from edge.wildlife.keeping import Keeping  # noqa: PLC0415

    dose = dose_file(settings.data_directory, settings.device)
    desk = fire_desk_from(settings.device, settings.repel)
    repeller = Repeller(settings.repel, clock, new_ulid, random.Random(), memory_file=dose, fire_line=desk)
    networks = field_networks(settings.eye, clock)
    cards = [settings.eye.model, *([settings.eye.verifier] if settings.eye.verifier else [])]
    # A folder's detector looks for a new model by itself.
    new_models = (
        None
        if settings.eye.model.is_dir()
        else ModelFiles(cards, lambda: field_networks(settings.eye, clock))
    )
    kept = settings.data_directory / f"{settings.device}.kept"
    keeping = Keeping(kept, settings.eye.keep, new_ulid, device=settings.device)
    parts = FieldParts(
        memory=FieldMemory(_memory_file(settings, "visit")),
        namer=networks.namer,
        new_models=new_models,
        known_view=KnownView(settings.data_directory / f"{settings.device}.view.npz"),
        keeping=keeping,
    )
    camera = Camera(settings.camera, clock)
    return Field(settings, camera, networks.detector, repeller, clock, new_ulid, parts=parts)


def field_networks(eye: "EyeSettings", clock: Clock) -> "Networks":
    """The networks of a field's file; raises ModelError for one that cannot be used."""
    from edge.field_model import Networks  # noqa: PLC0415

    detector = _detector(eye, clock)
    if eye.verifier is None:
        return Networks(detector)
    from edge.wildlife.detections import Carded  # noqa: PLC0415
    from edge.wildlife.naming import Namer  # noqa: PLC0415
    from edge.wildlife.verifier import Verifier  # noqa: PLC0415

    verifier = Verifier(eye.verifier, eye.providers, eye.threads)
    beside = detector.card.name if isinstance(detector, Carded) else ""
    return Networks(detector, Namer(verifier, verifier.threshold_with(beside)))


def _detector(eye: "EyeSettings", clock: Clock) -> "FindsAnimals":
    from edge.wildlife.together import detector_of  # noqa: PLC0415

    def load(card: Path) -> "FindsAnimals":
        return detector_of(card, eye.second, eye.providers, eye.threads)

    if not eye.model.is_dir():
        return load(eye.model)
    from edge.wildlife.card import ModelMissingError  # noqa: PLC0415
    from edge.wildlife.model_file import read_signers  # noqa: PLC0415
    from edge.wildlife.model_store import ModelStore  # noqa: PLC0415
    from edge.wildlife.self_test import golden_beside, self_test  # noqa: PLC0415
    from edge.wildlife.stored_detector import StoredDetector  # noqa: PLC0415

    if eye.signers is None:
        raise ModelMissingError(f"{eye.model}: a folder of signed models: set signers in [eye]")
    store = ModelStore(eye.model, read_signers(eye.signers))
    return StoredDetector(
        store, load, lambda found, card: self_test(found, eye.golden or golden_beside(card)), clock
    )


def _memory_file(settings: DeviceSettings, of: str) -> Path:
    return memory_directory(settings.data_directory) / f"{settings.device}.{of}.json"
