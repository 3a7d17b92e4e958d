"""A desk of editors: writes over HTTP, with a key."""

from dataclasses import dataclass, field
from typing import Any, Final

from httpx2 import Response
from starlette.testclient import TestClient

CHANGE: Final = {"kind": "correction", "reason": "A test."}


@dataclass(frozen=True, slots=True)
class Desk:
    """Writes, and holds what it asked for to have been done; `send` and `attempt` hold nothing."""

    client: TestClient
    headers: dict[str, str] = field(repr=False)

    def send(self, path: str, body: object, **headers: str) -> Response:
        """POST a body; `If_Match="…"` sends the header `If-Match`."""
        return self.client.post(f"/v1/{path}", json=body, headers=self._with(headers))

    def make(self, kind: str, /, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Make a record; return it as answered.  What it must have and is not given is filled in."""
        answer = self.send(kind, {**NEEDED[kind], **fields})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def etag(self, path: str) -> str:
        """Return the tag of a record, also of one that was retracted."""
        return self.client.get(f"/v1/{path}", headers=self.headers).headers["etag"]

    def attempt(self, path: str, /, *, tag: str | None = None, act: str = "", **fields: Any) -> Response:  # noqa: ANN401
        """PATCH a record, or POST an `act` on it; `tag` is its current one unless given."""
        headers = self._with({"If_Match": tag or self.etag(path)})
        body = {"change": CHANGE, **fields}
        if act:
            return self.client.post(f"/v1/{path}/{act}", json=body, headers=headers)
        return self.client.patch(f"/v1/{path}", json=body, headers=headers)

    def amend(self, path: str, /, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Patch a record; return it as answered."""
        return _done(self.attempt(path, **fields))

    def act(self, path: str, act: str, /, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Retract, reinstate or merge a record; return the answer."""
        return _done(self.attempt(path, act=act, **fields))

    def read(self, path: str) -> dict[str, Any]:
        """Read with the key."""
        return _done(self.client.get(f"/v1/{path}", headers=self.headers))

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        return {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}


NEEDED: Final[dict[str, dict[str, Any]]] = {
    "cases": {"slug": "a-case", "title": "A case"},
    "actors": {"slug": "an-actor", "name": "An Actor", "kind": "person"},
    "sources": {"kind": "article", "title": "A report"},
    "allegations": {},
    "obligations": {},
    "events": {"type": "statement", "title": "An event", "occurred": "2025-04-10", "cases": ["a-case"]},
}


def _done(answer: Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def public(client: TestClient, path: str) -> dict[str, Any]:
    """Read without a key."""
    return _done(client.get(f"/v1/{path}"))


def changes(client: TestClient) -> int:
    """Return how many acts the public saw."""
    mark: int = public(client, "changes")["high_watermark"]
    return mark


def faults(answer: Response, status: int = 422) -> dict[str, str]:
    """Hold an answer to be a problem; return what is wrong by where it is."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {one["name"]: one["message"] for one in answer.json().get("errors", [])}


def two(desk: Desk, kind: str) -> tuple[str, str]:
    """Make two records, called `one` and `two`; return their ids."""
    field = "slug" if kind == "actors" else "external_id"
    first, second = (desk.make(kind, **{field: name}) for name in ("one", "two"))
    return first["id"], second["id"]
