"""What is said of a date that cannot be taken.

ValueError
└── EdtfError          the text, or its time zone, is refused
    └── WindowError    likewise, in a question: also says which parameter
"""

from typing import Literal

WindowName = Literal["since", "until", "timezone"]

_SHOWN = 40


class EdtfError(ValueError):
    """A date is refused; the text is one sentence for whoever wrote it."""


class WindowError(EdtfError):
    """A bound of a window is refused; `name` is the parameter at fault."""

    def __init__(self, name: WindowName, message: str) -> None:
        super().__init__(message)
        self.name: WindowName = name


def refused(text: str, why: str) -> EdtfError:
    """Return the error for `text`, quoted short and in ASCII so that the message stays one clean line."""
    quoted = ascii(text[:_SHOWN])[1:-1] + ("..." if len(text) > _SHOWN else "")
    return EdtfError(f"{quoted}: {why}")
