"""Sources against servers that speak as the platforms document it."""
