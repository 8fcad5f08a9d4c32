"""Headers of every answer, errors and streams included: what a browser must not do with it."""

from aiohttp import web

_POLICY = (
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
)
HEADERS = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Server": "tocsin",
}
"""https://owasp.org/www-project-secure-headers/; which program and version serves is nobody's
business. Trusted types make a browser refuse `innerHTML` and its kin."""


async def add(request: web.Request, response: web.StreamResponse) -> None:
    """For `app.on_response_prepare`. What may hold a person's words is kept in no cache."""
    response.headers.update(HEADERS)
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
