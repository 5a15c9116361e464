"""Sightings to a stimulus and its outcome, through a safety kernel and guarded outputs."""
