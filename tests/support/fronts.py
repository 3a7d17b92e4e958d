"""Caches in front of a server: the real programs, with the configurations that operators are given."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.needs import give_up
from tests.support.servers import free_port

CONFIGURATIONS: Final = Path(__file__).resolve().parents[1] / "operations" / "front"
START_S: Final = 30.0
STOP_S: Final = 10.0
# As `listen` and the paths are the operator's, so these are the test's.
NGINX: Final = """
# Ignored, with a warning, unless it is root who starts it: then the rest must reach the test's folder.
user root;
daemon off;
pid nginx.pid;
error_log error.log;
events {{}}
http {{
    log_format asked "$upstream_status";
    access_log asked.log asked;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {configuration}
}}
"""


@dataclass(frozen=True, slots=True)
class Front:
    """A cache that runs in front of a server."""

    url: str
    # What the server answered so far, by status, in order: what the cache answered alone is not in it.
    read_asked: Callable[[], list[int]]


@contextmanager
def varnish(server: int, folder: Path, *, ttl: str = "0.001ms") -> Iterator[Front]:
    """Run Varnish in front of a port, until the block ends; `ttl` is for how long it does not ask."""
    program = _find("varnishd", "CASE_TIMELINE_REQUIRE_VARNISH", "apt-get install varnish")
    written = _filled(
        "varnish.vcl", ('"8000"', f'"{server}"'), ("beresp.ttl = 0.001ms", f"beresp.ttl = {ttl}")
    )
    configuration = folder / "front.vcl"
    configuration.write_text(written)
    state, port = folder / "varnish", free_port()
    # No jail: that is for servers that give up root, and would not reach the folder.
    arguments = ["-j", "none", "-F", "-n", str(state), "-a", f"127.0.0.1:{port}"]
    arguments += ["-f", str(configuration), "-s", "malloc,32m", "-T", "none", "-p", "vsl_space=8m"]
    log = [str(_find("varnishncsa", "", "")), "-n", str(state), "-b", "-d", "-F", "%{VSL:BerespStatus}x"]
    with _running([str(program), *arguments], folder / "varnish.log", port):
        yield Front(f"http://127.0.0.1:{port}", lambda: _statuses(subprocess.check_output(log, text=True)))


@contextmanager
def nginx(server: int, folder: Path) -> Iterator[Front]:
    """Run nginx in front of a port, until the block ends."""
    program = _find("nginx", "CASE_TIMELINE_REQUIRE_NGINX", "apt-get install nginx-light")
    port = free_port()
    written = _filled(
        "nginx.conf",
        ("127.0.0.1:8000", f"127.0.0.1:{server}"),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("/var/cache/nginx/case-timeline", "kept"),
    )
    (folder / "nginx.conf").write_text(NGINX.format(configuration=written))
    command = [str(program), "-p", str(folder), "-c", "nginx.conf", "-e", "error.log"]
    asked = folder / "asked.log"
    with _running(command, folder / "nginx.log", port):
        yield Front(f"http://127.0.0.1:{port}", lambda: _statuses(asked.read_text()))


def _find(name: str, variable: str, advice: str) -> Path:
    # Daemons are not in everyone's path.
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        give_up(variable, f"No {name}: install it (`{advice}`).")
    return Path(found)


def _filled(name: str, *replacements: tuple[str, str]) -> str:
    text = (CONFIGURATIONS / name).read_text()
    for old, new in replacements:
        assert text.count(old) == 1, f"{name} has not one {old!r}."
        text = text.replace(old, new)
    return text


def _statuses(text: str) -> list[int]:
    return [int(line) for line in text.split() if line != "-"]


@contextmanager
def _running(command: list[str], log: Path, port: int) -> Iterator[None]:
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written)
    try:
        until = time.monotonic() + START_S
        while not _accepts(port):
            assert process.poll() is None, f"It ended at once: {log.read_text()}"
            assert time.monotonic() < until, f"It does not answer: {log.read_text()}"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _accepts(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
