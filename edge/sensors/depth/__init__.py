"""Depth cameras: their drivers, and folders of distances. No depth picture is written or sent."""
