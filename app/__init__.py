"""Case Timeline: public cases as dated, sourced, contested events.

Packages import one way, in the order that pyproject.toml declares for import-linter.
"""
