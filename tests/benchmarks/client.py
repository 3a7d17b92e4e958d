"""Asks a server as fast as it answers, over several connections, for each address of a file in turn.

python -m tests.benchmarks.client FILE URL CONNECTIONS SECONDS [HEADER] prints what came of it.
For where wrk is not installed: it is slower, and so tells fast servers apart less well.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import httptools
import uvloop


class Answer:
    """Takes an answer apart as it comes."""

    def __init__(self) -> None:
        self.is_whole = False
        self.parser = httptools.HttpResponseParser(self)

    def on_message_complete(self) -> None:
        """Note that the answer ends here."""
        self.is_whole = True


class Tally:
    """What came of all requests."""

    def __init__(self) -> None:
        self.milliseconds: list[float] = []
        self.bytes = 0
        self.sent = 0
        self.errors = 0


def requests_of(lines: list[str], host: str, header: str) -> Iterator[bytes]:
    """Yield the requests, for ever: a line is a path, or a path, a tab and an ETag."""
    made = []
    for line in lines:
        path, _, tag = line.partition("\t")
        headers = [
            f"Host: {host}",
            *([f"If-None-Match: {tag}"] if tag else []),
            *([header] if header else []),
        ]
        made.append("\r\n".join([f"GET {path} HTTP/1.1", *headers, "", ""]).encode())
    return itertools.cycle(made)


async def ask(url: str, requests: Iterator[bytes], tally: Tally, end: float) -> None:
    """Ask over one connection until the end."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    while (begun := time.perf_counter()) < end:
        writer.write(next(requests))
        tally.sent += 1
        answer = Answer()
        while not answer.is_whole:
            data = await reader.read(1_048_576)
            if not data:
                tally.errors += 1
                return
            tally.bytes += len(data)
            answer.parser.feed_data(data)
        tally.milliseconds.append(1_000 * (time.perf_counter() - begun))
        tally.errors += answer.parser.get_status_code() >= 400
    writer.close()


async def ask_all(lines: list[str], url: str, connections: str, seconds: str, header: str = "") -> None:
    """Ask, and print what came of it as wrk.lua does."""
    requests = requests_of(lines, urlsplit(url).netloc, header)
    tally, begun = Tally(), time.perf_counter()
    end = begun + float(seconds)
    await asyncio.gather(*(ask(url, requests, tally, end) for _ in range(int(connections))))
    cuts = quantiles(tally.milliseconds, n=100)
    told = {
        "requests": len(tally.milliseconds),
        "sent": tally.sent,
        "seconds": time.perf_counter() - begun,
        "bytes": tally.bytes,
        "p50_ms": cuts[49],
        "p99_ms": cuts[98],
        "errors": tally.errors,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    paths = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    uvloop.run(ask_all(paths, *sys.argv[2:]))
