"""The results as a picture: a bar for each server in each row, and whether the goals are met."""

from collections.abc import Sequence
from html import escape
from typing import Final

from tests.benchmarks.measuring import Measured
from tests.benchmarks.results import Goal, Result

WIDTH: Final = 900
MARGIN: Final = 32
# Where bars begin, and how long the longest of a row is.
LEFT: Final = 230
LONGEST: Final = 430
BAR: Final = 18
LINE: Final = 24
HEADING: Final = 46
BETWEEN: Final = 22

OURS: Final = "#0b6e6e"
OTHERS: Final = ("#8a94a6", "#b3bac7", "#ced3dc", "#dfe3e9")
INK, FAINT, MET, MISSED = "#1c2430", "#5d6878", "#1d7a3a", "#b3401f"
STYLE: Final = (
    "text{font-family:system-ui,'Segoe UI',Helvetica,Arial,sans-serif;font-size:13px;fill:#1c2430}"
    ".title{font-size:20px;font-weight:600}.row{font-size:14px;font-weight:600}"
    ".faint{fill:#5d6878;font-size:12px}"
)


def draw(results: Sequence[Result], under: str) -> str:
    """Return the picture as SVG; `under` stands below the title."""
    parts: list[str] = []
    y = MARGIN + 14
    parts += [
        _text(MARGIN, y, "Timelines, requests per second", "title"),
        _text(MARGIN, y + 22, under, "faint"),
    ]
    y += 56
    for result in results:
        drawn, y = _row(result, y)
        parts += drawn
    body = "\n".join(parts)
    frame = f'width="{WIDTH}" height="{y}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame} viewBox="0 0 {WIDTH} {y}" role="img">\n'
        f"<title>Timelines, requests per second</title>\n<style>{STYLE}</style>\n"
        f'<rect {frame} fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _row(result: Result, y: int) -> tuple[list[str], int]:
    """Return what is drawn of one row from `y` on, and where the next one begins."""
    parts = [
        _text(MARGIN, y, result.row, "row"),
        _text(MARGIN, y + 17, f"{result.title} {result.size}.", "faint"),
    ]
    y += HEADING - 12
    fastest = max((one.rate for one in result.measured), default=1.0)
    for place, one in enumerate(result.measured):
        colour = OURS if place == 0 else OTHERS[min(place - 1, len(OTHERS) - 1)]
        parts += _bar(one, y, max(2, round(LONGEST * one.rate / fastest)), colour)
        y += LINE
    for goal in result.goals:
        parts.append(_goal(goal, y + 13))
        y += LINE - 4
    for note in result.notes:
        for line in _folded(note):
            parts.append(_text(MARGIN, y + 13, line, "faint"))
            y += LINE - 7
    return parts, y + BETWEEN


def _bar(one: Measured, y: int, length: int, colour: str) -> list[str]:
    told = f"{one.rate:,.0f}/s · p50 {one.p50_ms:.1f} ms · p99 {one.p99_ms:.1f} ms"
    return [
        _text(LEFT - 12, y + 14, one.name, end=True),
        f'<rect x="{LEFT}" y="{y}" width="{length}" height="{BAR}" rx="3" fill="{colour}"/>',
        _text(LEFT + length + 8, y + 14, told, "faint"),
    ]


def _goal(goal: Goal, y: int) -> str:
    colour, sign = (MET, "✓") if goal.is_met else (MISSED, "✗")
    return f'<text x="{LEFT}" y="{y}" style="fill:{colour}">{escape(f"{sign} {goal}")}</text>'


def _text(x: int, y: int, words: str, style: str = "", *, end: bool = False) -> str:
    anchor = ' text-anchor="end"' if end else ""
    named = f' class="{style}"' if style else ""
    return f'<text x="{x}" y="{y}"{named}{anchor}>{escape(words)}</text>'


def _folded(words: str, length: int = 130) -> list[str]:
    """Return the text in lines that are not too long."""
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) >= length:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
