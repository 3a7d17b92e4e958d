"""Case Timeline: public cases as dated, sourced, contested events.

Nothing is imported here: `app.__main__` must be able to run, and to say what is
missing, before any dependency is installed.
"""
