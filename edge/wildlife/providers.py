"""Who computes a network: the processor, an NVIDIA GPU, TensorRT, OpenVINO. Asked for by name and held to it.

onnxruntime falls back to the processor without a word when a provider's library is missing: a Jetson then looks at one
picture a second and nobody knows why. So what was asked for and not given is an error here.
"""

from collections.abc import Sequence
from pathlib import Path

import onnxruntime

from edge.wildlife.card import CardError, ModelError

CPU = "CPUExecutionProvider"
PROVIDERS = {
    "cpu": CPU,
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
_PACKAGES = {
    "CUDAExecutionProvider": "onnxruntime-gpu (on a Jetson NVIDIA's own build) in place of onnxruntime",
    "TensorrtExecutionProvider": "onnxruntime-gpu with TensorRT (on a Jetson NVIDIA's own build) in place of onnxruntime",
    "OpenVINOExecutionProvider": "onnxruntime-openvino in place of onnxruntime",
}


class ProviderError(ModelError, ValueError):
    """A provider that is unknown, not in this onnxruntime, or did not start."""


def resolved(names: Sequence[str]) -> list[str]:
    """The full names of ``names``, the processor last, because no other provider knows every operation.

    Raises ProviderError for a name nobody knows and for a provider that this onnxruntime was not built with.
    """
    wanted = [PROVIDERS.get(name, name) for name in names] or [CPU]
    available = onnxruntime.get_available_providers()
    for name, full in zip(names, wanted, strict=False):
        if full not in PROVIDERS.values():
            raise ProviderError(f"providers: {name}: unknown; give one of {', '.join(PROVIDERS)}")
        if full not in available:
            raise ProviderError(
                f"providers: {name}: this onnxruntime {onnxruntime.__version__} has only "
                f'{", ".join(available)}; install {_PACKAGES[full]}, or write providers = ["cpu"]'
            )
    return [*(name for name in wanted if name != CPU), CPU]


def open_session(
    onnx: Path, providers: Sequence[str] = ("cpu",), threads: int = 1
) -> onnxruntime.InferenceSession:
    """The network of ``onnx`` on the first of ``providers``.

    Raises ProviderError as ``resolved`` does and when the provider did not start, CardError for a file that
    onnxruntime refuses.
    """
    wanted = resolved(providers)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads keep a Pi's cores hot between frames; the radar and the uplink need them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(onnx), options, providers=wanted)
    except Exception as wrong:  # onnxruntime raises its own untyped errors
        raise CardError(f"{onnx}: onnxruntime refuses this model: {wrong}") from wrong
    started = session.get_providers()
    if started[0] != wanted[0]:
        raise ProviderError(
            f"{onnx}: providers: asked for {wanted[0]}, onnxruntime started {started[0]}: its libraries or its device "
            f'are missing; run the program with ORT_LOGGING_LEVEL=0 to see which, or write providers = ["cpu"]'
        )
    return session
