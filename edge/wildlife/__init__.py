"""Pictures to detections, tracks and confirmed sightings."""
