"""The button on a pin."""

import warnings
from collections.abc import Iterator

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from edge.button import GpioButton, NoButton, button_from


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    before = Device.pin_factory
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = before


def test_a_press_is_told_once_however_long_it_lasts(pins: MockFactory):
    button = GpioButton(17)
    button.open()
    assert not button.pressed()
    pins.pin(17).drive_low()
    assert [button.pressed(), button.pressed()] == [True, False]
    pins.pin(17).drive_high()
    assert not button.pressed()
    button.close()


def test_a_taken_pin_is_a_fault_with_its_mend(pins: MockFactory):
    first, second = GpioButton(17), GpioButton(17)
    first.open()
    second.open()
    assert first.fault() is None
    assert "button_pin 17" in str(second.fault())
    assert not second.pressed()
    first.close()


def test_without_a_pin_there_is_no_button():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(button_from(None), NoButton)
