"""Reading and asking in InfluxQL over HTTP ``/query``: the one language that 1.x, 2.x and 3.x serve."""

import json
import logging
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from gateway.series.store import SeriesRefusedError, SeriesUnavailableError

log = logging.getLogger(__name__)

REFUSED_FOR_GOOD = (400, 413, 422)
"""Statuses that say something about the points or the query; any other may pass, after a mend at the server."""
_MENDS = {
    401: "check the user, password or token in [series]",
    403: "give this user or token the right to read and write there",
    404: "create the database or bucket that [series] names",
}


class Connection:
    """HTTP to one InfluxDB with its credentials in headers, where no log and no proxy shows them."""

    def __init__(self, url: str, authorization: str | None, timeout_s: float) -> None:
        self._url = url.rstrip("/")
        headers = {} if authorization is None else {"authorization": authorization}
        self._http = urllib3.PoolManager(
            headers=headers, timeout=urllib3.Timeout(total=timeout_s), retries=False, maxsize=4
        )

    def send(self, method: str, path: str, parameters: dict[str, str], body: bytes | None = None) -> bytes:
        """One request; raises SeriesUnavailableError or SeriesRefusedError for anything but success."""
        target = f"{self._url}{path}?{urlencode(parameters)}"
        try:
            response = self._http.request(method, target, body=body)
        except (HTTPError, OSError) as error:
            raise unreachable(self._url, error) from error
        if response.status >= 300:
            raise refusal(self._url, response.status, words_of(response.data))
        return response.data

    def ask(self, database: str, question: str) -> list[dict[str, Any]]:
        """The series of one InfluxQL statement's answer."""
        parameters = {"db": database, "q": question, "epoch": "ms"}
        answer = json.loads(self.send("GET", "/query", parameters))
        for result in answer.get("results", []):
            if "error" in result:
                raise refusal(self._url, 404 if "not found" in result["error"] else 400, result["error"])
            return list(result.get("series", []))
        return []

    def close(self) -> None:
        """Hang up."""
        self._http.clear()


def unreachable(url: str, error: Exception) -> SeriesUnavailableError:
    """Nobody answers there; the error's own words are left out, they may hold a header."""
    return SeriesUnavailableError(
        f"series store {url}: {type(error).__name__}: start it, or mend url in [series]"
    )


def refusal(url: str, status: int, words: str) -> SeriesUnavailableError | SeriesRefusedError:
    """What an HTTP status means for the points or the query that were sent."""
    if status in REFUSED_FOR_GOOD:
        return SeriesRefusedError(f"series store {url} refuses this: {status} {words}: see the server's log")
    mend = _MENDS.get(status, "look at the server's log")
    return SeriesUnavailableError(f"series store {url}: {status} {words}: {mend}")


def words_of(body: bytes | str | None) -> str:
    """The server's own reason, short and on one line."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else body or ""
    return " ".join(text.split())[:200]


def name(text: str) -> str:
    """An InfluxQL identifier."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(text: str) -> str:
    """An InfluxQL string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def means(device: str, measurement: str, field: str, since_ms: int, until_ms: int, every_ms: int) -> str:
    """The question for means over windows, see ``Series.query``."""
    return (
        f"SELECT mean({name(field)}) FROM {name(measurement)}"  # noqa: S608 - quoted above
        f" WHERE {name('device')} = {literal(device)} AND time >= {int(since_ms)}ms AND time < {int(until_ms)}ms"
        f" GROUP BY time({int(every_ms)}ms) fill(none)"
    )
