"""What stands around every HTTP request."""
