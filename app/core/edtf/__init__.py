"""Dates as sources give them: EDTF text in, four integer bounds and words out.

The text is what the source supports; filters and order use the bounds, and a
bound is never null.
"""

from app.core.edtf.parse import EdtfError, Kind, Occurred, Window, WindowError, parse_occurred, parse_window
from app.core.edtf.terms import (
    MAX_LENGTH,
    OPEN_EARLIEST,
    OPEN_LATEST,
    UNDATED,
    Bounds,
    Precision,
    Qualifier,
    instant_text,
)

__all__ = [
    "MAX_LENGTH",
    "OPEN_EARLIEST",
    "OPEN_LATEST",
    "UNDATED",
    "Bounds",
    "EdtfError",
    "Kind",
    "Occurred",
    "Precision",
    "Qualifier",
    "Window",
    "WindowError",
    "instant_text",
    "parse_occurred",
    "parse_window",
]
