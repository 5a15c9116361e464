"""What crosses the wire between a device and the city, and how a configuration file is read.

Pure values: this room does no I/O and imports nothing of ours.
"""
