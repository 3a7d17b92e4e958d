"""Takes a name out of everything, history included."""
