"""Settings: defaults, what the environment may say, and what is said about mistakes."""

from pathlib import Path

import pytest

from streams.config import describe, load
from streams.errors import ConfigError

SASL = {
    "TOCSIN_SECURITY_PROTOCOL": "SASL_SSL",
    "TOCSIN_SASL_USERNAME": "reader",
    "TOCSIN_SASL_PASSWORD": "hunter2",
}


def test_defaults_without_environment() -> None:
    settings = load({"PATH": "/bin", "HOME": "/home/someone"})
    assert settings.brokers == ("localhost:9092",)
    assert settings.web_port == 6066
    assert settings.given == frozenset()
    assert settings.state_dir == Path.home() / ".local/share/tocsin"


def test_every_setting_is_described_with_value_and_origin() -> None:
    settings = load({"TOCSIN_WEB_PORT": "7000", "TOCSIN_BRANDS": "skylark-air, norland-rail"})
    found = {setting.name: setting for setting in describe(settings)}
    assert set(found) == set(settings.__struct_fields__) - {"given"}
    assert all(setting.description for setting in found.values())
    assert (found["web_port"].value, found["web_port"].source) == ("7000", "environment")
    assert (found["web_host"].value, found["web_host"].source) == ("127.0.0.1", "default")
    assert found["brands"].value == "skylark-air,norland-rail"


def test_values_are_typed() -> None:
    settings = load(
        {
            "TOCSIN_BROKER": " a:9092, b:9093 ",
            "TOCSIN_TICK_S": "0.5",
            "TOCSIN_LOG_LEVEL": "debug",
            "TOCSIN_POLICY": "~/p.toml",
        }
    )
    assert settings.brokers == ("a:9092", "b:9093")
    assert settings.tick_s == 0.5
    assert settings.log_level == "DEBUG"
    assert settings.policy == Path.home() / "p.toml"


def test_empty_value_counts_as_not_set() -> None:
    settings = load({"TOCSIN_WEB_PORT": "", "TOCSIN_POLICY": " "})
    assert settings.web_port == 6066
    assert settings.policy is None
    assert settings.given == frozenset()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("WEB_PORT", "http", "a whole number from 0 to 65535"),
        ("WEB_PORT", "70000", "a whole number from 0 to 65535"),
        ("PARTITIONS", "0", "a whole number from 1 to 10000"),
        ("TICK_S", "0", "a number over 0 to 300"),
        ("BATCH_WAIT_S", "nan", "a number from 0 to 10"),
        ("BROKER", "localhost", "host:port"),
        ("BROKER", "localhost:99999", "between 1 and 65535"),
        ("LOG_FORMAT", "xml", "one of auto, text, json"),
        ("TOPIC_PREFIX", "a b", "letters, digits"),
        ("BRANDS", "Sky Lark", "slugs"),
        ("SECURITY_PROTOCOL", "TLS", "one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"),
    ],
)
def test_bad_value_names_variable_value_and_what_is_allowed(
    name: str, value: str, allowed: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load({f"TOCSIN_{name}": value})
    assert f"TOCSIN_{name} is {value!r}" in str(caught.value)
    assert allowed in str(caught.value)


def test_a_login_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError, match=r"TOCSIN_CONSOLE_URL is not valid.*without a login") as e:
        load({"TOCSIN_CONSOLE_URL": "https://ana:hunter2@tocsin.example/x"})
    assert "hunter2" not in str(e.value)
    assert load({"TOCSIN_CONSOLE_URL": "https://tocsin.example/@x"}).console_url


def test_heartbeat_may_be_a_third_of_the_session() -> None:
    assert load({"TOCSIN_HEARTBEAT_S": "2", "TOCSIN_SESSION_TIMEOUT_S": "6"}).heartbeat_s == 2
    with pytest.raises(ConfigError, match="TOCSIN_SESSION_TIMEOUT_S"):
        load({"TOCSIN_HEARTBEAT_S": "5"})


def test_unknown_variable_is_an_error_with_a_hint() -> None:
    with pytest.raises(ConfigError, match=r"TOCSIN_BROKERS is not .* did you mean TOCSIN_BROKER\?"):
        load({"TOCSIN_BROKERS": "a:1"})
    with pytest.raises(ConfigError, match="doctor"):
        load({"TOCSIN_QQQ": "1"})


def test_variables_of_the_tests_and_of_kubernetes_are_not_ours() -> None:
    settings = load(
        {
            "TOCSIN_TEST_BROKER": "a:1",
            "TOCSIN_PORT": "tcp://10.0.0.1:6066",
            "TOCSIN_PORT_6066_TCP_ADDR": "10.0.0.1",
            "TOCSIN_SERVICE_HOST": "10.0.0.1",
            "TOCSIN_SERVICE_PORT_HTTP": "6066",
            "TOCSIN_WEB_PORT": "tcp://10.0.0.1:6066",
        }
    )
    assert settings.given == frozenset()


def test_secrets_are_never_shown() -> None:
    settings = load(SASL)
    assert "hunter2" not in "".join(setting.value for setting in describe(settings))
    assert next(s.value for s in describe(settings) if s.name == "sasl_password") == "***"


@pytest.mark.parametrize(
    ("environ", "needle"),
    [
        ({"TOCSIN_SASL_USERNAME": "u"}, "SASL_SSL or SASL_PLAINTEXT"),
        ({"TOCSIN_SSL_CAFILE": "/ca.pem"}, "SSL or SASL_SSL"),
        ({"TOCSIN_SECURITY_PROTOCOL": "SASL_SSL"}, "TOCSIN_SASL_USERNAME"),
        (SASL | {"TOCSIN_SASL_PASSWORD": ""}, "set one of"),
        (SASL | {"TOCSIN_SASL_PASSWORD_FILE": "/x"}, "set one of"),
        ({"TOCSIN_SECURITY_PROTOCOL": "SSL", "TOCSIN_SSL_KEYFILE": "/k"}, "TOCSIN_SSL_CERTFILE"),
    ],
)
def test_credentials_that_would_silently_do_nothing_are_errors(
    environ: dict[str, str], needle: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(environ)
    assert needle in str(caught.value)
    assert "hunter2" not in str(caught.value)
