"""Training, exporting and measuring the detectors that the edge runs; needs the ``train`` extra."""
