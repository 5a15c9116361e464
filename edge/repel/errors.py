"""What can go wrong in this room."""


class RepelError(Exception):
    """Base of this room's errors; each of them means that nothing is fired."""


class PinsLostError(RepelError, ConnectionError):
    """The process that owns the pins is gone, or does not do what it is told."""


class DoseMemoryError(RepelError, OSError):
    """The count of today's shots cannot be kept; an uncounted shot is not fired."""


class OutputRefusedError(RepelError, RuntimeError):
    """One output does not go on, and it is known to be off: it rests, its sound is missing, the stop is pressed."""


class KeyFileError(RepelError, ValueError):
    """A secret that cannot be used: nobody can be told from anybody else."""
