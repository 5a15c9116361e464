"""A field's own frames: labelled by people, learnt from, and the old model beaten or kept."""
