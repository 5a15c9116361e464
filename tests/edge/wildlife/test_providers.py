"""A provider is held to its name: what is not there is an error, never a silent fall back to the processor."""

import onnxruntime
import pytest

from edge.wildlife.providers import CPU, ProviderError, open_session, resolved


def test_the_processor_is_always_last_because_it_knows_every_operation(monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", CPU])
    assert resolved(["cuda"]) == ["CUDAExecutionProvider", CPU]
    assert resolved(["cpu"]) == resolved([]) == resolved([CPU]) == [CPU]


@pytest.mark.parametrize("name", ["cuda", "tensorrt", "openvino"])
def test_a_provider_that_this_onnxruntime_lacks_is_refused_with_what_to_install(monkeypatch, name):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    with pytest.raises(ProviderError, match="install onnxruntime-") as refused:
        resolved([name])
    assert 'providers = ["cpu"]' in str(refused.value)


def test_a_provider_nobody_knows_is_refused_with_those_that_are_known():
    with pytest.raises(ProviderError, match="cpu, cuda, tensorrt, openvino"):
        resolved(["gpu"])


def test_a_provider_that_does_not_start_is_an_error(monkeypatch, tmp_path):
    class Fallen:
        def __init__(self, *_args, **_named):
            pass

        def get_providers(self):
            return [CPU]

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", CPU])
    monkeypatch.setattr(onnxruntime, "InferenceSession", Fallen)
    with pytest.raises(ProviderError, match="onnxruntime started CPUExecutionProvider"):
        open_session(tmp_path / "any.onnx", ["cuda"])
