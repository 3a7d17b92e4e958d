"""Timelines: one filter, answered in order of time, as of any moment, for one reader."""
