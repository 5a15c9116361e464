"""Runs ultralytics' predict on pictures it is handed; a process of its own, started by benchmarks/eye.py.

Runs under an interpreter that has ultralytics; imports nothing of this project.
"""

import json
import sys
import time
import types

import numpy as np
import torch


def stand_in_for_torchvision() -> None:
    """It imports torchvision for one function; the wheel of torchvision does not load beside a torch without CUDA."""
    try:
        import torchvision  # noqa: F401, PLC0415
    except Exception:  # noqa: BLE001 - RuntimeError, OSError or ImportError, as the wheels disagree
        package, ops = types.ModuleType("torchvision"), types.ModuleType("torchvision.ops")
        package.__version__, package.ops, ops.nms = "0.0.0", ops, nms
        sys.modules.update({"torchvision": package, "torchvision.ops": ops})


def nms(boxes: "torch.Tensor", scores: "torch.Tensor", limit: float) -> "torch.Tensor":
    """Rows kept, the highest score first."""
    order, kept = scores.argsort(descending=True), []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        low = torch.maximum(boxes[rest, :2], boxes[best, :2])
        high = torch.minimum(boxes[rest, 2:], boxes[best, 2:])
        common = (high - low).clamp(min=0).prod(1)
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
        order = rest[common / (areas[rest] + areas[best] - common) <= limit]
    return torch.stack(kept) if kept else torch.zeros(0, dtype=torch.long)


def answer(said: dict[str, float]) -> None:
    """One line of JSON; ultralytics writes lines of its own between."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer each line of stdin with a line of JSON."""
    stand_in_for_torchvision()
    from ultralytics import YOLO  # noqa: PLC0415

    torch.set_num_threads(1)
    model, side = YOLO(sys.argv[1], task="detect"), int(sys.argv[2])

    def look(frame: np.ndarray) -> None:
        model.predict(frame, imgsz=side, conf=0.25, device="cpu", verbose=False)

    frames: list[np.ndarray] = []
    for line in sys.stdin:
        asked = json.loads(line)
        if "frames" in asked:
            frames = list(np.load(asked["frames"]))
            for frame in frames[:5]:
                look(frame)
            answer({"taken": len(frames)})
            continue
        began_s = time.process_time()
        for frame in frames:
            look(frame)
        answer({"seconds": time.process_time() - began_s})


if __name__ == "__main__":
    main()
