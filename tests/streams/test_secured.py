"""Brokers behind TLS and a login, over real handshakes: commands, a worker, and what goes wrong."""

import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.config import Settings, load
from streams.kafka.topics import Topics
from tests.conftest import ROOT
from tests.streams.helpers import eventually, following, mention, one_line
from tests.streams.running import running

pytest.importorskip("scramp", reason="no SCRAM server: pip install scramp")

from tests.streams.gate import Gate, broker_behind

pytestmark = [pytest.mark.process, pytest.mark.broker]

USER, PASSWORD = "reader", "hunter2-läng"
WAYS = (
    ("SSL", ""),
    ("SASL_PLAINTEXT", "SCRAM-SHA-512"),
    ("SASL_SSL", "PLAIN"),
    ("SASL_SSL", "SCRAM-SHA-256"),
    ("SASL_SSL", "SCRAM-SHA-512"),
)


class Secured(NamedTuple):
    """A broker behind a gate, and the variables that let one in."""

    gate: Gate
    variables: dict[str, str]

    def run(self, *arguments: str, **changes: str | None) -> "subprocess.CompletedProcess[str]":
        """`tocsin` with these variables, changed or (None) without some."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        given = {name: v for name, v in {**self.variables, **changes}.items() if v is not None}
        return subprocess.run(
            [sys.executable, "-m", "streams", *arguments],
            env=kept | given | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
            timeout=90,
            check=False,
        )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate and key for `localhost`."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed (Debian: apt-get install openssl)")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-nodes", "-keyout", str(key), "-out", str(cert)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", *name, *files]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


@pytest.fixture(scope="module", params=WAYS, ids="-".join)
def secured(
    request: pytest.FixtureRequest,
    certificate: tuple[Path, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Secured]:
    protocol, mechanism = request.param
    cert, key = certificate
    tls = None
    variables = {
        "TOCSIN_SECURITY_PROTOCOL": protocol,
        "TOCSIN_STATE_DIR": str(tmp_path_factory.mktemp("state")),
        "TOCSIN_PARTITIONS": "1",
    }
    if protocol.endswith("SSL"):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(cert, key)
        variables["TOCSIN_SSL_CAFILE"] = str(cert)
    if mechanism:
        variables |= {
            "TOCSIN_SASL_MECHANISM": mechanism,
            "TOCSIN_SASL_USERNAME": USER,
            "TOCSIN_SASL_PASSWORD": PASSWORD,
        }
    gate = Gate(tls=tls, mechanism=mechanism, user=(USER, PASSWORD))
    with broker_behind(gate) as address:
        yield Secured(gate, variables | {"TOCSIN_BROKER": address})


def test_commands_are_let_in(secured: Secured) -> None:
    done = secured.run("topics", "--create")
    assert done.returncode == 0, done.stderr
    assert secured.gate.let_in
    checked = [json.loads(line) for line in secured.run("doctor", "--json").stdout.splitlines()]
    outcomes = {row["check"]: row["outcome"] for row in checked if "check" in row}
    assert (outcomes["broker"], outcomes["topics"]) == ("ok", "ok")


def test_a_strange_certificate_is_told(secured: Secured) -> None:
    if not secured.variables["TOCSIN_SECURITY_PROTOCOL"].endswith("SSL"):
        pytest.skip("no TLS here")
    done = secured.run("topics", TOCSIN_SSL_CAFILE=None)
    assert done.returncode == 3
    assert "set TOCSIN_SSL_CAFILE" in one_line(done.stderr)
    where = secured.variables["TOCSIN_BROKER"].replace("localhost", "127.0.0.1")
    done = secured.run("topics", TOCSIN_BROKER=where)
    assert done.returncode == 3
    assert "name it in TOCSIN_BROKER as its certificate does" in one_line(done.stderr)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("TOCSIN_SASL_PASSWORD", "wrong-passwörd"), ("TOCSIN_SASL_USERNAME", "nobody")],
)
def test_a_wrong_login_is_told_and_not_repeated(
    secured: Secured, variable: str, value: str
) -> None:
    if "TOCSIN_SASL_USERNAME" not in secured.variables:
        pytest.skip("no login here")
    done = secured.run("topics", **{variable: value})
    assert done.returncode == 3
    line = one_line(done.stderr)
    assert "refuses user" in line
    assert "TOCSIN_SASL_PASSWORD" in line
    assert "passwörd" not in line
    assert PASSWORD not in line


def test_another_mechanism_is_told(secured: Secured) -> None:
    known = secured.variables.get("TOCSIN_SASL_MECHANISM")
    if known is None:
        pytest.skip("no login here")
    other = "PLAIN" if known != "PLAIN" else "SCRAM-SHA-512"
    done = secured.run("topics", TOCSIN_SASL_MECHANISM=other)
    assert done.returncode == 3
    assert "TOCSIN_SASL_MECHANISM" in one_line(done.stderr)


@pytest.mark.slow
def test_a_worker_scores_behind_it(secured: Secured, tmp_path: Path) -> None:
    if secured.variables.get("TOCSIN_SASL_MECHANISM") == "SCRAM-SHA-256":
        pytest.skip("as SCRAM-SHA-512")
    assert secured.run("topics", "--create").returncode == 0
    settings: Settings = load(secured.variables)
    file = tmp_path / "mentions.jsonl"
    file.write_text(json.dumps(mention(1, datetime.now(UTC))))
    assert secured.run("replay", str(file)).returncode == 0
    with running(settings, tmp_path) as workers:
        worker = workers("--role", "score", **secured.variables)
        eventually(lambda: worker.ready, 120)
        eventually(lambda: worker.metric("tocsin_mentions_total", outcome="scored") == 1)
        with following(settings, Topics.of(settings).scored) as scored:
            eventually(lambda: scored.ids() == ["m-1"])
        assert PASSWORD not in worker.log
