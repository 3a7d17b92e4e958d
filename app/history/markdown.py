"""A diff as a desk reads it: Markdown in words.  Nothing in a record becomes markup."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jsonpatch
from pydantic import JsonValue

from app.records.documents import Document

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
# They would turn round the text that follows them.
_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONGEST: Final = 2_000

# What the service counts by itself is no news.
_NO_NEWS: Final = frozenset({"id", "revision", "recorded_at", "corrections", "last_corrected_at"})


def render_diff(diff: Document, *, before: Mapping[str, Document], title: str) -> str:
    """Return the document; `before` has the events that changed, by id, as they were read at first."""
    lines = [
        f"# What changed in {text_of(title)}",
        "",
        f"From {text_of(diff['from'])} to {text_of(diff['to'])}.",
    ]
    parts = {
        "Added": [_entry(one["event"], one) for one in diff["added"]],
        "Changed": [_change(before[one["event"]], one) for one in diff["changed"]],
        "Removed": [_entry(one["event"], one) for one in diff["removed"]],
        "Merged": [_merge(one) for one in diff["merged"]],
    }
    if not any(parts.values()):
        lines += ["", "Nothing changed." if diff["next"] is None else "Nothing changed on this page."]
    for name, entries in parts.items():
        if entries:
            lines += ["", f"## {name} ({len(entries)})", ""]
            lines += [line for entry in entries for line in entry]
    if diff["next"] is not None:
        lines += ["", f"[More follows]({diff['next']})"]
    return "\n".join([*lines, "", f"[This comparison, for ever]({diff['permalink']})", ""])


def text_of(value: str) -> str:
    """Return a text on one line, of which no character means anything to Markdown or HTML."""
    shown = "".join(_visible(char) for char in value)
    shown = " ".join(shown.split())
    if len(shown) > _LONGEST:
        shown = shown[:_LONGEST] + " …"
    return _PUNCTUATION.sub(r"\\\1", shown)


def _visible(char: str) -> str:
    if char in _DIRECTIONS:
        return ""
    return " " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char


def _entry(event: Document, act: Document) -> list[str]:
    return [f"- {_headline(event)}", *_why(act)]


def _headline(event: Document) -> str:
    title = "An event that is not shown" if event["title"] is None else text_of(event["title"])
    when = _date(event["occurred"])
    return f"**{title}** ({when}; `{event['id']}`)"


def _why(act: Document) -> Iterator[str]:
    """Yield why, as an indented item; the number lets a reader find the act again."""
    kind = f"{act['kind'].capitalize()}: " if act["kind"] else ""
    reason = text_of(act["reason"]) if act["reason"] else ""
    number = f" (change {act['seq']})" if act["seq"] is not None else ""
    words = f"{kind}{reason}".rstrip(": ") or "No reason is given"
    yield f"  - {words}{number}"


def _merge(act: Document) -> list[str]:
    return [f"- `{act['event']}` is the same as `{act['into']}`", *_why(act)]


def _change(before: Document, act: Document) -> list[str]:
    after: Document = jsonpatch.apply_patch(before, act["patch"])
    lines = [f"- {_headline(after)}"]
    for field in after:
        if field in _NO_NEWS or before[field] == after[field]:
            continue
        was, now = (_words(field, event[field]) for event in (before, after))
        name = field.replace("_", " ").capitalize()
        lines.append(f"  - {name}: {was} → {now}")
    return [*lines, *_why(act)]


def _words(field: str, value: Any) -> str:  # noqa: ANN401 - any JSON, as the field has it
    """Return the value of an event's field in words, ready for Markdown."""
    if value is None or value in ("", [], {}):
        return "nothing"
    match field:
        case "title" | "summary":
            shown = [_quoted(value)]
        case "occurred":
            shown = [_date(value)]
        case "cases":
            shown = [text_of(case["title"]) for case in value]
        case "actors":
            shown = [_actor(one) for one in value]
        case "citations":
            shown = [_citation(one) for one in value]
        case "relations":
            shown = [_relation(one) for one in value]
        case _:
            shown = [text_of(_plain(value))]
    return "; ".join(shown)


def _plain(value: JsonValue) -> str:
    """Return any JSON as people write it, which `text_of` has still to make harmless."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case dict():
            shown = [
                f"{name.replace('_', ' ')} {_plain(one)}" for name, one in value.items() if one is not None
            ]
            return ", ".join(shown) or "nothing"
        case list():
            return "; ".join(map(_plain, value)) or "nothing"
        case _:
            return str(value)


def _date(occurred: Document | None) -> str:
    return "undated" if occurred is None else text_of(occurred["display"])


def _quoted(value: str) -> str:
    return f"“{text_of(value)}”"


def _actor(actor: Document) -> str:
    return f"{text_of(actor['name'])} ({text_of(actor['role'].replace('_', ' '))})"


def _citation(citation: Document) -> str:
    source = citation["source"]
    parts = [source["publisher"], source["title"], source["published"], citation["locator"]]
    shown = ", ".join(text_of(part) for part in parts if part)
    if citation["quote"]:
        shown += f": {_quoted(citation['quote'])}"
    if citation["occurred"]:
        shown += f" (which says {_date(citation['occurred'])})"
    return shown


def _relation(relation: Document) -> str:
    event = relation["event"]
    return f"{text_of(relation['type'].replace('_', ' '))} {text_of(event['title'] or event['id'])}"
