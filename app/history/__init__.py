"""What changed, why, and what was said at a moment: diffs, corrections, snapshots."""
