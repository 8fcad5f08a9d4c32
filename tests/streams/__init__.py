"""Tests of the stream's edges and of the running stream, against a real broker."""
