"""What the documentation says of settings, errors, names and versions is what the code has."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from destination_keen import errors
from destination_keen.collection import collection_name
from destination_keen.display import displayed
from destination_keen.preview import MendCount, Preview, StreamPreview

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/integrations/destinations/keen.md").read_text("utf-8")
PAGES = [ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
SPEC = json.loads((ROOT / "destination_keen/spec.json").read_text("utf-8"))["connectionSpecification"]
VERSION = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), flags=re.M)[0]
# Producers behind which there is no Keen.
NOT_SHOWN = {"memory.py", "preview.py"}


def section(title: str) -> str:
    return re.split(rf"^## {re.escape(title)}$", PAGE, flags=re.M)[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def text_of(node: ast.expr) -> str | None:
    """A text as the sources have it, with … where something is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "…" for part in node.values)
    return None


def is_sentence(text: str) -> bool:
    """Whether it is a message, and not the reason that another message ends with."""
    return text.count(" ") > 3 and not text.startswith("it ")


def sources() -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted((ROOT / "destination_keen").rglob("*.py")):
        if path.name not in NOT_SHOWN:
            yield path, ast.parse(path.read_text("utf-8"))


TEXTS = [
    text.replace("%s", "…") for _, tree in sources() for node in ast.walk(tree) if (text := text_of(node)) is not None
]
ERRORS = {
    name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, errors.DestinationError)
}
MESSAGES = [
    (path.name, node.func.id, message)
    for path, tree in sources()
    for node in ast.walk(tree)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args
    if (message := text_of(node.args[0])) is not None and is_sentence(message)
]
EXPLAINED = [cells[0] for cells in rows(section("Troubleshooting")) if "`" in cells[0]]


def fragment(explained: str) -> str:
    return re.findall(r"`([^`]+)`", explained)[0]


def quotes(explained: str, text: str) -> bool:
    return re.search(".*".join(map(re.escape, fragment(explained).split("…"))), text, re.S) is not None


@pytest.mark.parametrize("explained", EXPLAINED, ids=fragment)
def test_an_error_that_is_explained_is_in_the_sources(explained: str) -> None:
    assert any(quotes(explained, text) for text in TEXTS)


@pytest.mark.parametrize(("module", "error", "message"), MESSAGES)
def test_an_error_of_the_sources_is_explained(module: str, error: str, message: str) -> None:
    found = [explained for explained in EXPLAINED if quotes(explained, message)]
    assert found
    retried = getattr(errors, error).failure_type == "transient_error"
    assert {"↻" in explained for explained in found} == {retried}


def test_every_setting_is_explained_by_its_title_with_its_default() -> None:
    settings = section("Settings")
    kafka, http = SPEC["properties"]["delivery"]["oneOf"]
    levels: list[dict[str, Any]] = [SPEC["properties"], kafka["properties"]]
    for name, field in ((name, field) for level in levels for name, field in level.items()):
        if name == "method":
            continue
        said = re.search(rf"\*\*{field['title']}\*\* \(`{name}`(.*?)\)", settings)
        assert said is not None, name
        if "default" in field:
            default = field["default"] if isinstance(field["default"], str) else json.dumps(field["default"])
            assert f"default `{default}`" in said[1]
        assert ("required" in said[1]) is (name in SPEC["required"])
    for option in (kafka, http):
        method = option["properties"]["method"]["const"]
        assert f"**{option['title']}** (`{json.dumps({'method': method})}`)" in settings


def test_every_field_of_the_form_scrolls_to_its_explanation() -> None:
    anchors = set(re.findall(r'<FieldAnchor field="([^"]+)">\n\n', PAGE))
    methods = {"delivery[kafka]", "delivery[http]"}
    assert anchors == {*SPEC["properties"], *methods}
    assert PAGE.count("\n\n</FieldAnchor>") == len(anchors)


def test_the_names_in_the_examples_are_those_of_the_rule() -> None:
    names = [(cells[0].strip("`"), cells[1].strip("`")) for cells in rows(section("Output schema"))]
    examples = names[names.index(("stream", "collection")) + 2 :][:4]
    assert len(examples) == 4
    for stream, collection in examples:
        assert collection_name(stream) == collection


def test_the_preview_that_is_shown_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def stream(name: str, records: int, by_emitted_at: int, *changes: MendCount) -> StreamPreview:
        mended = sum(each.records for each in changes)
        return StreamPreview(name, None, name, False, "updated_at", records, by_emitted_at, mended, [*changes], None)

    cut = MendCount("notes", "TRUNCATED", "DESTINATION_FIELD_SIZE_LIMITATION", 3)
    streams = [stream("products", 100, 0), stream("users", 1_000, 0, cut), stream("purchases", 1_000, 12)]
    assert f"```text\n{displayed(Preview(streams, None))}\n```" in section("Preview")


def test_the_sections_come_in_the_order_that_airbyte_wants() -> None:
    titles = re.findall(r"^## (.+)$", PAGE, flags=re.M)
    assert titles[0] == "Prerequisites"
    assert titles[-2:] == ["IP allow list", "Changelog"]
    assert PAGE.count("<HideInUI>") == PAGE.count("</HideInUI>")


def test_the_version_is_the_same_everywhere() -> None:
    metadata = yaml.safe_load((ROOT / "metadata.yaml").read_text("utf-8"))
    labels = re.findall(r'version="([^"]+)"', (ROOT / "Dockerfile").read_text("utf-8"))
    assert metadata["data"]["dockerImageTag"] == VERSION
    assert set(labels) == {VERSION}
    assert re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.M)[0] == VERSION
    assert rows(section("Changelog"))[2][0] == VERSION


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https://|http://localhost|/", target):
            continue
        file, _, heading = target.partition("#")
        linked = page if not file else page.parent / file
        assert linked.exists(), target
        if heading:
            assert heading in anchors(linked.read_text("utf-8")), target


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and Airbyte's documentation make them."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_addresses_are_encrypted_except_those_of_this_machine(page: Path) -> None:
    assert not re.findall(
        r"http://(?!localhost|127\.0\.0\.1|json-schema\.org)[^\s)`]+[^\s)`.]", page.read_text("utf-8")
    )
