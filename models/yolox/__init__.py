"""YOLOX in plain torch: anchor-free detector after Ge, Liu, Wang, Li, Sun, "YOLOX: Exceeding YOLO Series in 2021"
(arXiv 2107.08430). Parameter names follow the published checkpoints (Apache-2.0) so that those load; the code is ours.
"""
