"""The RFC 6902 patch that turns one JSON document into another."""

import jsonpatch
from pydantic import JsonValue
from pydantic_core import to_json

from app.records.documents import Document


def patch_between(before: JsonValue, after: JsonValue) -> list[Document]:
    """Return a patch; it is empty where the two documents are the same JSON."""
    if _is_same(before, after):
        return []
    patch: list[Document] = jsonpatch.make_patch(before, after).patch
    # Not taken on trust: some documents defeat the library, and a wrong patch is worse than a long one.
    try:
        if _is_same(jsonpatch.apply_patch(before, patch), after):
            return patch
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        pass
    return [{"op": "replace", "path": "", "value": after}]


def _is_same(one: JsonValue, other: JsonValue) -> bool:
    # As JSON: to Python, `true` and `1` are equal.
    return one == other and _canonical(one) == _canonical(other)


def _canonical(document: JsonValue) -> bytes:
    return to_json(_sorted(document))


def _sorted(document: JsonValue) -> JsonValue:
    if isinstance(document, dict):
        return {name: _sorted(document[name]) for name in sorted(document)}
    if isinstance(document, list):
        return [_sorted(one) for one in document]
    return document
