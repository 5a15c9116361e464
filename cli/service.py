"""What a verb that runs for long needs: an orderly end on a signal, a word to the service manager."""

import signal
import threading
from importlib.metadata import PackageNotFoundError, version


def stop_on_signals() -> threading.Event:
    """Set when the service manager (SIGTERM) or a person (SIGINT) asks for the end; call it in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def program_version() -> str:
    """Of the installed package."""
    try:
        return version("mimamori")
    except PackageNotFoundError:
        return "0+unknown"
