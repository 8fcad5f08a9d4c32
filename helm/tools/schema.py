"""values.schema.json, from values.yaml and the program's own settings.

Every map that has keys in values.yaml takes these keys and no others, so that a misspelt one is
refused. A map that is empty there is passed on to Kubernetes, which knows what may be in it.
"""

import re
from typing import Any, Literal, get_args, get_origin

from helm.tools.comments import Key
from streams.config import Settings
from streams.environment import Setting

PLACES = frozenset(
    {
        "broker", "topic_prefix", "group_prefix", "partitions", "replication", "security_protocol",
        "sasl_mechanism", "sasl_username", "sasl_password", "sasl_password_file",
        "ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname",
        "web_host", "web_port", "policy", "model", "state_dir", "state_store",
    }
)  # fmt: skip
"""Settings that values.yaml has a place of its own for.

All others go into `config`, but for secrets: those come by `extraEnv` from a Secret.
"""

TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def of(keys: list[Key]) -> dict[str, Any]:
    """The JSON Schema (draft 7, which Helm has always read) of the chart's values."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of the chart tocsin",
        **_closed(keys),
    }


def _closed(keys: list[Key] | tuple[Key, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key.path[-1]: _schema(key) for key in keys},
    }


def _schema(key: Key) -> dict[str, Any]:
    if "$ref" in key.schema:
        return dict(key.schema)
    described = {"description": key.description} if key.description else {}
    if key.path == ("config",):
        return {**described, **config()}
    if key.children and not passed_on(key):
        return {**described, **_closed(key.children), **key.schema}
    return {**described, "type": _type(key.value), **key.schema}


def passed_on(key: Key) -> bool:
    """Whether Kubernetes defines what is in the map: nothing in it has a description of ours."""
    return not any(below.description or below.schema for below in key.walk() if below is not key)


def _type(value: Any) -> str:
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else TYPES[type(value)]


def config() -> dict[str, Any]:
    """What may be in `config`: the settings that have no place of their own."""
    every = Setting.of(Settings, ignore=("given",))
    own = [one for one in every if one.name not in PLACES and not one.secret]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {setting.name: _setting(setting) for setting in own},
    }


def _setting(setting: Setting) -> dict[str, Any]:
    found: dict[str, Any] = {"description": f"{setting.description}; {setting.allowed}"}
    if get_origin(setting.type) is Literal:
        return found | {"enum": list(get_args(setting.type))}
    if get_origin(setting.type) is tuple:
        return found | {"type": ["array", "string"], "items": {"type": "string"}}
    kinds = [TYPES[kind] for kind in get_args(setting.type) or (setting.type,) if kind in TYPES]
    found["type"] = kinds[0] if kinds else "string"
    limits = {
        "minimum": setting.meta.ge,
        "exclusiveMinimum": setting.meta.gt,
        "maximum": setting.meta.le,
        "minLength": setting.meta.min_length,
        "pattern": setting.meta.pattern and re.sub(r"\\Z", "$", setting.meta.pattern),
    }
    return found | {name: limit for name, limit in limits.items() if limit is not None}
