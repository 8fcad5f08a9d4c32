"""The decision: pure, so properties and timelines."""
