"""Deployment files, checked with the tools that will read them."""
