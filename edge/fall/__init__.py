"""Readings of a home to a fall state machine; pure, no I/O."""
