"""What people do in a ticket system, as a command to the case: verified first, then translated.

Each module has `command(headers, body, secret, now) -> Command | None`, which is pure: `now` is
the time in seconds, None means that there is nothing to decide. Raises `Unverified`.
"""
