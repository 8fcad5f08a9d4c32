"""Tests of what an installation is made of, with the real tools where there are some."""
