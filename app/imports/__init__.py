"""Imports: many events from a file, each line matched with what is there already."""
