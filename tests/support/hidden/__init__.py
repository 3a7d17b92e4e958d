"""Building blocks for tests of what the public must not see."""
