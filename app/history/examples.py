"""What the documentation shows of snapshots: one is never made twice, so no example can be asked for."""

from typing import Final

from pydantic import JsonValue

_DIGEST: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_ID: Final = "snp_7k3mq9xw2h0d"
_AS_OF: Final = "2026-11-30T09:15:00.000000Z"
_MADE_AT: Final = "2026-12-01T09:00:00.000000Z"
_CASE: Final = "cas_7k3mq9xw2h0d"

SNAPSHOT_MADE: Final[dict[str, JsonValue]] = {
    "id": _ID,
    "sha256": _DIGEST,
    "created_at": _MADE_AT,
    "as_of": _AS_OF,
    "seq": 44,
    "events": 0,
}
SNAPSHOT_CHECK: Final[dict[str, JsonValue]] = {
    **SNAPSHOT_MADE,
    "original_sha256": _DIGEST,
    "permalink": f"/v1/timeline?case={_CASE}&type=agreement&as_of=2026-11-30T09%3A15%3A00.000000Z",
    "matches": True,
    "redacted": None,
    "withdrawn": None,
}
SNAPSHOT: Final[dict[str, JsonValue]] = {
    "id": _ID,
    "created_at": _MADE_AT,
    "filter": {"case": [_CASE], "type": ["agreement"], "as_of": _AS_OF},
    "redacted": None,
    "withdrawn": None,
    "timeline": {
        "items": [],
        "next": None,
        "previous": None,
        "total": 0,
        "as_of": _AS_OF,
        "permalink": f"/v1/snapshots/{_ID}",
        "timezone": "UTC",
        "excluded": 0,
    },
}
