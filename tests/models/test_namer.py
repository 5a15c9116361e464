"""The verifier's network: ImageNet's judgement until crops say otherwise, and what it learns from them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra is not installed: pip install .[train]")

from models.namer.crops import NOT_MONKEY, crops
from models.namer.learning import Looked, fit, unlikeliness
from models.namer.names import GROUPS, NAMES
from models.namer.naming import Correction
from models.namer.network import FEATURES, IMAGENET_CLASSES, EfficientNetLite0, load_imagenet
from models.pictures import Album, Labelled

MONKEY, RACCOON, BOAR = (NAMES.index(name) for name in ("monkey", "raccoon", "boar"))
MACAQUE, WILD_BOAR, TEAPOT = 373, 342, 849


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def sure_of(*numbers: int):
    logits = torch.zeros(len(numbers), IMAGENET_CLASSES)
    logits[range(len(numbers)), list(numbers)] = 20.0
    return logits


def test_every_imagenet_class_has_exactly_one_name():
    numbers = [number for name in NAMES for number in GROUPS[name]]
    assert sorted(numbers) == list(range(IMAGENET_CLASSES))


def test_before_anything_is_learnt_a_name_is_the_sum_of_its_imagenet_classes():
    answers = Correction()(torch.rand(3, FEATURES), sure_of(MACAQUE, WILD_BOAR, TEAPOT))
    assert answers.argmax(dim=1).tolist() == [MONKEY, BOAR, NAMES.index("nothing")]
    assert answers[0, MONKEY] > 0.99


def test_the_network_gives_a_thousand_answers_whatever_the_number_of_crops():
    network = EfficientNetLite0().eval()
    with torch.no_grad():
        assert network(torch.rand(2, 3, 224, 224) * 255).shape == (2, IMAGENET_CLASSES)
    assert network._blocks[1]._depthwise_conv.stride == (2, 2)


def test_a_checkpoint_of_another_network_is_refused_by_name(tmp_path):
    torch.save({"layer.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"other\.pth"):
        load_imagenet(tmp_path / "other.pth")


def looked(names: list[int], seed: int = 0) -> Looked:
    """Features that tell monkeys (their first number high) from what ImageNet calls a monkey as well."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(0, 1, (len(names), FEATURES)).astype(np.float32)
    features[:, 0] = [3.0 if name == MONKEY else 0.0 for name in names]
    logits = np.zeros((len(names), IMAGENET_CLASSES), np.float32)
    logits[:, MACAQUE] = 8.0
    return Looked(features, logits, np.array(names, np.int64))


def test_crops_teach_it_what_imagenet_takes_for_a_monkey_and_leave_boars_alone():
    correction = fit(looked([MONKEY] * 30 + [RACCOON] * 30 + [NOT_MONKEY] * 30))
    fresh = looked([MONKEY, RACCOON, NOT_MONKEY], seed=1)
    answers = correction(torch.from_numpy(fresh.features), torch.from_numpy(fresh.logits))
    assert answers[0, MONKEY] > 0.6
    assert answers[1, MONKEY] < 0.4
    assert answers[2, MONKEY] < 0.4
    np.testing.assert_allclose(answers.detach().sum(dim=1), 1.0, atol=1e-4)
    boar = correction(torch.from_numpy(fresh.features[1:2]), sure_of(WILD_BOAR))
    assert boar[0, BOAR] > 0.3  # its own row stays as ImageNet has it
    assert boar[0, MONKEY] < 1e-3


def test_a_crop_of_anything_but_a_monkey_blames_only_the_monkey():
    answers = torch.full((2, len(NAMES)), -20.0)
    answers[0, MONKEY] = answers[1, RACCOON] = 20.0
    lost = unlikeliness(answers, torch.tensor([NOT_MONKEY, NOT_MONKEY]))
    assert lost[0] > 5
    assert lost[1] < 1e-3


def test_crops_are_the_same_in_every_run_and_drawings_are_looked_at_once(tmp_path):
    import cv2

    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8))
    boxes = np.array([[0, 30, 30, 40, 50]], np.float32)
    real, drawn = (Album(("monkey", "person"), (Labelled(path, s, "g", boxes),)) for s in ("own", "drawn"))
    [first], [again] = crops(real, None, 7), crops(real, None, 7)
    assert [c.name for c in first].count(MONKEY) == 3
    assert all((a.pixels == b.pixels).all() for a, b in zip(first, again, strict=True))
    assert first[0].pixels.shape == (224, 224, 3)
    [once] = crops(drawn, None, 7)
    assert [c.name for c in once].count(MONKEY) == 1
