"""How hard the properties are tried: `HYPOTHESIS_PROFILE=deep` takes minutes instead of seconds."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "tocsin",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("deep", settings.get_profile("tocsin"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "tocsin"))
