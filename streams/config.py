"""Every setting of the stream: its default, what it means, and which values it takes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from streams import hidden
from streams.environment import PREFIX, Setting, read, variable
from streams.errors import ConfigError

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
StateStore = Literal["memory", "rocksdb"]
LogFormat = Literal["auto", "text", "json"]

HOSTS = r"^\s*[^\s,/]+:\d{1,5}\s*(,\s*[^\s,/]+:\d{1,5}\s*)*$"
NAME_PART = r"^[A-Za-z0-9._-]{0,150}$"
BRAND = r"^[a-z0-9]+([._-][a-z0-9]+)*$"
SECRET = {"secret": True}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One value per variable `TOCSIN_<NAME>`; times in seconds."""

    broker: Annotated[
        str,
        Meta(
            description="Kafka brokers to start from, comma separated",
            pattern=HOSTS,
            extra={"allowed": "host:port, several separated by commas"},
        ),
    ] = "localhost:9092"
    topic_prefix: Annotated[
        str,
        Meta(
            description="put before every topic name, so that installations can share a broker",
            pattern=NAME_PART,
            extra={"allowed": "at most 150 letters, digits, dots, dashes and underscores"},
        ),
    ] = ""
    partitions: Annotated[
        int, Meta(description="partitions of each topic when it is created", ge=1, le=10_000)
    ] = 4
    replication: Annotated[
        int, Meta(description="copies of each topic when it is created", ge=1, le=100)
    ] = 1
    group_prefix: Annotated[
        str,
        Meta(
            description="put before the name of each consumer group",
            pattern=NAME_PART.replace("{0,", "{1,"),
            extra={"allowed": "1 to 150 letters, digits, dots, dashes and underscores"},
        ),
    ] = "tocsin"

    security_protocol: Annotated[
        SecurityProtocol, Meta(description="how to speak to the brokers")
    ] = "PLAINTEXT"
    sasl_mechanism: Annotated[SaslMechanism, Meta(description="how to log in")] = "PLAIN"
    sasl_username: Annotated[str | None, Meta(description="name to log in with")] = None
    sasl_password: Annotated[
        str | None, Meta(description="password to log in with", extra=SECRET)
    ] = None
    sasl_password_file: Annotated[
        Path | None, Meta(description="file that holds the password, read at each start")
    ] = None
    ssl_cafile: Annotated[
        Path | None,
        Meta(description="certificates (PEM) to trust; those of the system when not set"),
    ] = None
    ssl_certfile: Annotated[
        Path | None, Meta(description="own certificate (PEM), when the brokers ask for one")
    ] = None
    ssl_keyfile: Annotated[
        Path | None, Meta(description="key of the own certificate; in its file when not set")
    ] = None
    ssl_check_hostname: Annotated[
        bool, Meta(description="does the broker's certificate have to bear its host name")
    ] = True

    web_host: Annotated[
        str, Meta(description="address the console and the metrics listen on", min_length=1)
    ] = "127.0.0.1"
    web_port: Annotated[
        int,
        Meta(
            description="port the console and the metrics listen on; 0 finds one", ge=0, le=65_535
        ),
    ] = 6066
    console_url: Annotated[
        str,
        Meta(
            description="address under which people reach the console; tickets link to it",
            pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$",
            extra={"allowed": "http:// or https:// and a host, without a login, ? and #"},
        ),
    ] = ""
    web_token: Annotated[
        str | None,
        Meta(description="token of whoever may change something over the web", extra=SECRET),
    ] = None
    web_token_file: Annotated[
        Path | None, Meta(description="file of such tokens, one a line, a name before each if any")
    ] = None
    web_reads: Annotated[
        Literal["open", "token"],
        Meta(description="who may read the cases: whoever reaches the port, or bears a token"),
    ] = "open"
    source_token: Annotated[
        str | None,
        Meta(description="token of whoever may send mentions over the web", extra=SECRET),
    ] = None
    source_token_file: Annotated[
        Path | None, Meta(description="file of such tokens, as that of the console")
    ] = None
    policy: Annotated[
        Path | None, Meta(description="policy file (TOML); the built-in policy when not set")
    ] = None
    sources: Annotated[
        Path | None,
        Meta(description="file (TOML) of the brands to look for and of where mentions come from"),
    ] = None
    model: Annotated[
        Path | None, Meta(description="model artefact; the one that is shipped when not set")
    ] = None
    cascade: Annotated[
        bool,
        Meta(description="does a gate answer what certainly holds nothing, before the encoder"),
    ] = True
    state_dir: Annotated[Path, Meta(description="folder of what the stream keeps on disk")] = Path(
        "~/.local/share/tocsin"
    )
    state_store: Annotated[
        StateStore,
        Meta(description="where the worker holds its state: rocksdb, on disk, starts faster"),
    ] = "memory"
    hot_cases: Annotated[
        int,
        Meta(
            description="conversations per partition that rocksdb leaves decoded in memory",
            ge=1,
            le=1_000_000,
        ),
    ] = 20_000
    brands: Annotated[
        tuple[Annotated[str, Meta(pattern=BRAND)], ...],
        Meta(
            description="brands that get a metric label of their own; the others count as `other`",
            extra={"allowed": "slugs such as skylark-air, separated by commas"},
        ),
    ] = ()

    batch_size: Annotated[
        int, Meta(description="mentions that are scored together at most", ge=1, le=10_000)
    ] = 256
    batch_wait_s: Annotated[
        float, Meta(description="longest wait for a batch to fill", ge=0, le=10)
    ] = 0.05
    score_timeout_s: Annotated[
        float, Meta(description="after this long a batch counts as stuck", gt=0, le=3600)
    ] = 60.0
    scorer_threads: Annotated[
        int, Meta(description="threads of the scoring process", ge=1, le=256)
    ] = 1
    fast_lane: Annotated[
        bool,
        Meta(description="are brands with a case at escalate or above read before a backlog"),
    ] = False
    tick_s: Annotated[
        float, Meta(description="time between two ticks of the clock of a partition", gt=0, le=300)
    ] = 5.0
    session_timeout_s: Annotated[
        float, Meta(description="a worker silent for this long loses its partitions", ge=6, le=300)
    ] = 10.0
    heartbeat_s: Annotated[
        float, Meta(description="time between two signs of life to the broker", gt=0, le=100)
    ] = 1.0

    log_level: Annotated[LogLevel, Meta(description="least level that is logged")] = "INFO"
    log_format: Annotated[
        LogFormat, Meta(description="auto: text on a terminal, JSON elsewhere")
    ] = "auto"

    given: frozenset[str] = frozenset()
    """Names of the settings that the environment gave; not a setting itself."""

    @property
    def brokers(self) -> tuple[str, ...]:
        """The brokers to start from, each `host:port`."""
        return tuple(part.strip() for part in self.broker.split(","))

    @property
    def encrypted(self) -> bool:
        """Do the brokers speak TLS."""
        return self.security_protocol in ("SSL", "SASL_SSL")

    @property
    def authenticated(self) -> bool:
        """Do the brokers ask for a login."""
        return self.security_protocol in ("SASL_PLAINTEXT", "SASL_SSL")


def load(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` gives, defaults for the rest; an empty value counts as not set.

    Raises ConfigError that names the variable, its value (never a secret) and what is allowed.
    """
    values = read(Settings, environ, ignore=("given",))
    for setting in Setting.of(Settings, ignore=("given",)):
        if setting.secret:
            hidden.remember(str(values.get(setting.name, "")))
    settings = Settings(**values, given=frozenset(values))  # type: ignore[arg-type]
    settings = msgspec.structs.replace(settings, state_dir=settings.state_dir.expanduser())
    _check_brokers(settings)
    _check_security(settings)
    if settings.heartbeat_s * 3 > settings.session_timeout_s:
        raise ConfigError(
            f"{variable('heartbeat_s')} is {settings.heartbeat_s:g} and "
            f"{variable('session_timeout_s')} {settings.session_timeout_s:g}: "
            "the heartbeat may be a third of the session time-out at most"
        )
    return settings


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as a user sees it."""

    name: str
    variable: str
    value: str
    source: Literal["default", "environment"]
    description: str


def describe(settings: Settings) -> Iterator[Described]:
    """Name, value, origin and meaning of every setting; secrets are shown as ***."""
    for setting in Setting.of(Settings, ignore=("given",)):
        value = getattr(settings, setting.name)
        yield Described(
            name=setting.name,
            variable=variable(setting.name),
            value=setting.show(value),
            source="environment" if setting.name in settings.given else "default",
            description=setting.description,
        )


def _check_brokers(settings: Settings) -> None:
    for broker in settings.brokers:
        if not 1 <= int(broker.rpartition(":")[2]) <= 65_535:
            raise ConfigError(
                f"{variable('broker')} is {settings.broker!r}: a port lies between 1 and 65535"
            )


def _check_security(settings: Settings) -> None:
    protocol = f"{variable('security_protocol')} is {settings.security_protocol}"
    idle = [] if settings.authenticated else _given(settings, "sasl_")
    idle += [] if settings.encrypted else _given(settings, "ssl_")
    if idle:
        wanted = "SASL_SSL or SASL_PLAINTEXT" if "SASL" in idle[0] else "SSL or SASL_SSL"
        raise ConfigError(f"{idle[0]} is set but {protocol}: set it to {wanted}")
    if settings.authenticated:
        if not settings.sasl_username:
            raise ConfigError(f"{protocol}: set {variable('sasl_username')} too")
        passwords = _given(settings, "sasl_password")
        if len(passwords) != 1:
            raise ConfigError(f"{protocol}: set one of {PREFIX}SASL_PASSWORD and its _FILE form")
    if settings.ssl_keyfile and not settings.ssl_certfile:
        raise ConfigError(f"{variable('ssl_keyfile')} is set: set {variable('ssl_certfile')} too")


def _given(settings: Settings, prefix: str) -> list[str]:
    return [variable(name) for name in sorted(settings.given) if name.startswith(prefix)]
