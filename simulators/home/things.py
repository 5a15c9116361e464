"""What moves in a room without being alive: a fan, a curtain in the draught."""

from math import pi

import numpy as np
from numpy.random import Generator

from simulators.home.actors import Doing, Log, Look
from simulators.home.body import Place, Times

HOUR_S = 3600.0


class _Hours:
    """In which spans of each hour a thing moves, drawn hour by hour."""

    def __init__(self, rng: Generator, who: str, act: str, place: Place, log: Log, chance: float) -> None:
        self._rng, self._log, self._chance = rng, log, chance
        self._what = (who, act, place)
        self._drawn_h = -1
        self._span_s = (0.0, 0.0)

    def moving(self, times: Times, *, by_day: bool) -> np.ndarray:
        hour = int(times[-1] // HOUR_S)
        if hour != self._drawn_h:
            self._drawn_h = hour
            self._draw(hour, by_day=by_day)
        return (times >= self._span_s[0]) & (times < self._span_s[1])

    def _draw(self, hour: int, *, by_day: bool) -> None:
        begins_s = hour * HOUR_S + self._rng.uniform(0.0, 0.5) * HOUR_S
        lasts_s = self._rng.uniform(0.1, 0.5) * HOUR_S
        if self._rng.random() >= self._chance * (1.0 if by_day else 0.2):
            self._span_s = (0.0, 0.0)
            return
        self._span_s = (begins_s, begins_s + lasts_s)
        who, act, place = self._what
        self._log.doings.append(Doing(begins_s, begins_s + lasts_s, who, act, place))


class Fan:
    """Stands at one place for ever; its blades go both ways at once, and its head turns to and fro while it runs."""

    BLADE_M = 0.16
    TIP_MPS = 9.0
    """Faster than the radar can tell: the doppler comes in folded, anywhere and of either sign."""
    TURN_S = 14.0
    TURN_RAD = 0.7
    STRENGTH = np.array([0.12, 0.12, 0.12, 0.12, 0.2])

    def __init__(self, rng: Generator, at_m: tuple[float, float, float], log: Log, chance: float) -> None:
        self._at_m = np.array(at_m)
        self._faces = float(np.arctan2(-at_m[1] + 1.5, -at_m[0]))
        self._hours = _Hours(rng, "fan", "running", at_m[:2], log, chance)

    def look(self, at_s: Times, period_s: float, *, by_day: bool) -> Look | None:
        """At frames (T,); None while it is off."""
        times = np.concatenate([at_s[:1] - period_s, at_s])
        on = self._hours.moving(times, by_day=by_day)
        if not on.any():
            return None
        parts = self._parts(times)
        parts[~on] = np.nan
        # Seen from the front the blades run across the line of sight, seen from the side along it.
        sight = np.arctan2(-self._at_m[1], -self._at_m[0])
        across = np.abs(np.sin(self._heading(at_s) - sight))[:, None]
        stir = np.concatenate(
            [self.TIP_MPS * across.repeat(4, axis=1), np.full((len(at_s), 1), 0.05)], axis=1
        )
        strength = np.broadcast_to(self.STRENGTH, stir.shape)
        return Look("fan", "fan", parts[1:], parts[:-1], strength, stir, alive=False, busy=True)

    def _heading(self, times: Times) -> np.ndarray:
        return self._faces + self.TURN_RAD * np.sin(2 * pi * times / self.TURN_S)

    def _parts(self, times: Times) -> np.ndarray:
        side = self._heading(times) + pi / 2
        parts = np.repeat(self._at_m[None, None], len(times), axis=0).repeat(5, axis=1)
        for n, sign in enumerate((1.0, -1.0)):
            parts[:, n, 0] += sign * self.BLADE_M * np.cos(side)
            parts[:, n, 1] += sign * self.BLADE_M * np.sin(side)
        parts[:, 2, 2] += self.BLADE_M
        parts[:, 3, 2] -= self.BLADE_M
        parts[:, 4, 0] += 0.08 * np.cos(self._heading(times))
        parts[:, 4, 1] += 0.08 * np.sin(self._heading(times))
        return parts


class Curtain:
    """Hangs from ``ends`` of a rail; in a draught its lower parts swing, in gusts."""

    HEIGHTS_M = (1.7, 1.2, 0.7, 0.3)
    SWING_M = 0.2
    STRENGTH = 0.25

    def __init__(self, rng: Generator, ends: tuple[Place, Place], log: Log, chance: float) -> None:
        (x0, y0), (x1, y1) = ends
        self._rail = np.array([[x0 + (x1 - x0) * u, y0 + (y1 - y0) * u] for u in (0.1, 0.5, 0.9)])
        along = np.array([x1 - x0, y1 - y0])
        self._out = np.array([-along[1], along[0]]) / max(1e-6, float(np.hypot(*along)))
        middle = (float(self._rail[1, 0]), float(self._rail[1, 1]))
        self._hours = _Hours(rng, "curtain", "swaying", middle, log, chance)

    def look(self, at_s: Times, period_s: float, *, by_day: bool) -> Look | None:
        """At frames (T,); None when no air moves."""
        times = np.concatenate([at_s[:1] - period_s, at_s])
        on = self._hours.moving(times, by_day=by_day)
        if not on.any():
            return None
        parts = self._parts(times)
        parts[~on] = np.nan
        strength = np.full(parts[1:].shape[:2], self.STRENGTH)
        stir = np.full((len(at_s), 1), 0.03)
        return Look("curtain", "curtain", parts[1:], parts[:-1], strength, stir, alive=False, busy=True)

    def _parts(self, times: Times) -> np.ndarray:
        gust = np.maximum(0.0, np.sin(2 * pi * times / 23.0) + 0.6 * np.sin(2 * pi * times / 7.3))
        parts = np.empty((len(times), len(self._rail) * len(self.HEIGHTS_M), 3))
        for n, (x, y) in enumerate(self._rail):
            for m, up in enumerate(self.HEIGHTS_M):
                far = (
                    (1.0 - up / 1.9) * self.SWING_M * gust * np.sin(2 * pi * 0.5 * times + 0.8 * n + 0.4 * m)
                )
                parts[:, n * len(self.HEIGHTS_M) + m] = np.stack(
                    [x + far * self._out[0], y + far * self._out[1], np.full(len(times), up)], axis=1
                )
        return parts
