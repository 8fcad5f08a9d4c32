"""What people do in a ticket system, as a command to the case: verified first, then translated.

Each module has a pure `command(headers, body, secret, now) -> Command | None`: `now` is the time
in seconds, None means that there is nothing to decide. They raise `BadSignatureError` before they
read anything, `HookError` for a body that is signed and not understood.
"""
