"""Cameras: live pictures, folders and videos, and whether a camera still shows the world."""
