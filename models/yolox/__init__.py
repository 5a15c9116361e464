"""YOLOX in plain torch: the anchor-free detector of Ge, Liu, Wang, Li and Sun (2021, arXiv 2107.08430).

Parameter names follow the published checkpoints (Apache-2.0) so that those load; the code is ours.
"""
