"""The image of the Dockerfile: what is in it, and that it does its work where Airbyte's platform runs it."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from destination_keen.command import specification
from integration_tests import UnavailableError, connector, do_without
from integration_tests.image import platform
from integration_tests.image.build import Image
from integration_tests.sandbox import Sandbox
from integration_tests.source_faker import recorded_catalog, recorded_lines
from integration_tests.waiting import until

# The first test to run waits for the build.
pytestmark = pytest.mark.timeout(900)

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"
ENTRYPOINT = "/opt/destination-keen/bin/destination-keen"
PYTHON = "/opt/destination-keen/bin/python"
PACKAGES = """
from importlib.metadata import distributions
for each in distributions(): print(f"{each.name.lower().replace('_', '-')}=={each.version}")
"""
FAKER = {"users": (1_000, 0), "purchases": (1_000, 0), "products": (100, 0)}


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with TemporaryDirectory(prefix="image-") as directory:
        try:
            built = Image(Path(directory))
        except UnavailableError as reason:
            do_without(reason)
        yield built


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """The folder that is `/dest` in the container."""
    folder = tmp_path / "dest"
    folder.mkdir()
    return folder


def descendants(process: int) -> list[int]:
    """A process, its child and so on, where each has one."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The parent is the second word behind the name, which stands in parentheses.
            children[int(stat.read_text().rpartition(")")[2].split()[1])] = int(stat.parent.name)
    line = [process]
    while line[-1] in children:
        line.append(children[line[-1]])
    return line


def test_the_image_says_what_it_is_and_how_it_is_run(image: Image) -> None:
    labels = image.settings["Labels"]
    assert labels["io.airbyte.name"] == "airbyte/destination-keen"
    assert labels["io.airbyte.version"] == version("airbyte-destination-keen")
    assert labels["org.opencontainers.image.version"] == version("airbyte-destination-keen")
    assert f"AIRBYTE_ENTRYPOINT={ENTRYPOINT}" in image.settings["Env"]
    assert image.settings["Entrypoint"] == [ENTRYPOINT]
    assert "Cmd" not in image.settings
    assert image.output("id", "-u").strip() == "1000"
    assert "PYTHONUNBUFFERED" not in image.output("env")


def test_the_image_has_the_connector_with_librdkafka_in_the_pinned_versions_and_nothing_else(image: Image) -> None:
    packages = set(image.output(PYTHON, "-c", PACKAGES).split())
    pinned = {line.partition(" ;")[0] for line in CONSTRAINTS.read_text().splitlines()}
    own = f"airbyte-destination-keen=={version('airbyte-destination-keen')}"
    assert packages - pinned == {own}
    assert {"confluent-kafka", "kafka-python"} <= {package.partition("==")[0] for package in packages}
    contents = image.output("find", "/opt/destination-keen", "-iname", "*sandbox*", "-or", "-iname", "pip*")
    assert contents == ""
    kibibytes = int(image.output("du", "-sk", "/opt/destination-keen").split()[0])
    assert kibibytes < 100_000


def test_spec_is_the_packages(image: Image, shared: Path) -> None:
    ended = platform.run(image, shared, "spec")
    assert (ended.code, ended.stderr) == (0, b"")
    assert [message["spec"] for message in ended.messages] == [specification()]


def test_check_succeeds(image: Image, shared: Path, fresh_sandbox: Sandbox) -> None:
    ended = platform.run(image, shared, "check", fresh_sandbox.config)
    assert (ended.code, ended.stderr) == (0, b"")
    assert ended.status["status"] == "SUCCEEDED"


def test_a_sync_arrives_record_for_record(image: Image, shared: Path, fresh_sandbox: Sandbox) -> None:
    lines = list(recorded_lines())
    ended = platform.run(image, shared, "write", fresh_sandbox.config, recorded_catalog(), b"".join(lines))
    assert (ended.code, ended.stderr, ended.errors) == (0, b"", [])
    assert fresh_sandbox.counts() == FAKER
    messages = [json.loads(line) for line in lines]
    states = [message["state"] for message in messages if message["type"] == "STATE"]
    assert [{key: each[key] for key in each if key != "destinationStats"} for each in ended.states] == states
    for collection in FAKER:
        records = [message["record"] for message in messages if message["type"] == "RECORD"]
        sent = Counter(json.dumps(each["data"], sort_keys=True) for each in records if each["stream"] == collection)
        events = fresh_sandbox.events(collection)
        # The catalog has no sync id, so it is the platform's number of the job.
        assert {event["_airbyte_meta"]["sync_id"] for event in events} == {815}
        # What the connector and Keen add is not the source's.
        added = {"keen", "_airbyte_extracted_at", "_airbyte_meta"}
        bare = ({name: event[name] for name in event if name not in added} for event in events)
        assert Counter(json.dumps(event, sort_keys=True) for event in bare) == sent


def test_a_state_comes_out_while_the_input_is_silent(image: Image, shared: Path, fresh_sandbox: Sandbox) -> None:
    with platform.started(image, shared, "write", fresh_sandbox.config, connector.catalog("users")) as pod:
        pod.stdin.write(connector.record() + b"\n" + connector.state(1) + b"\n")
        pod.stdin.flush()
        until(lambda: any(b'"STATE"' in line for line in pod.lines()))
        pod.stdin.close()
        ended = pod.wait()
    assert (ended.code, ended.stderr, [each["id"] for each in ended.states]) == (0, b"", [1])


def test_sigterm_reaches_the_connector_because_no_shell_is_in_between(
    image: Image, shared: Path, fresh_sandbox: Sandbox
) -> None:
    with platform.plain(image, shared, "write", fresh_sandbox.config, connector.catalog("users")) as running:
        running.write(connector.record(), connector.state(1))
        until(lambda: any(b'"STATE"' in line for line in running.lines()))
        *runtime, started = descendants(running.process.pid)
        assert all("buildah" in Path(f"/proc/{each}/exe").readlink().name for each in runtime)
        os.kill(started, signal.SIGTERM)
        ended = running.wait()
    assert ended.code == 143
    assert "SIGTERM" in ended.errors[0]["message"]
