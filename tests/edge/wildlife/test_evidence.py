"""What leaves the device is small and shows nobody."""

import cv2
import numpy as np

from contract.messages import PICTURE_BYTES_MAX
from edge.wildlife.evidence import jpeg


def decoded(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_even_a_picture_of_noise_fits_the_contract():
    noise = np.random.default_rng(1).integers(0, 256, (1080, 1920, 3), np.uint8)
    data = jpeg(noise, [])
    assert len(data) < PICTURE_BYTES_MAX
    assert decoded(data).shape == (360, 640, 3)


def test_a_small_picture_keeps_its_size():
    assert decoded(jpeg(np.zeros((120, 160, 3), np.uint8), [])).shape == (120, 160, 3)


def test_a_person_becomes_a_few_patches_and_the_rest_stays():
    rng = np.random.default_rng(2)
    image = rng.integers(0, 256, (360, 640, 3), np.uint8)
    before = image.copy()
    shown = decoded(jpeg(image, [(200.0, 100.0, 280.0, 300.0)])).astype(float)
    assert (image == before).all()
    assert shown[110:290, 205:275].std() < 25
    assert shown[:, 400:].std() > 50


def test_a_box_beyond_the_picture_is_cut_at_its_edge():
    image = np.zeros((100, 100, 3), np.uint8)
    assert jpeg(image, [(-50.0, -50.0, 20.0, 500.0), (200.0, 200.0, 300.0, 300.0)]) is not None
