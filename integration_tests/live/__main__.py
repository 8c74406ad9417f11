"""Ask a real Keen project what Keen's documentation leaves open, run a small sync in each mode, and write it down.

Everything that is made in the project has a name that begins with airbyte_live_, and is removed at the end. Ends with 0
if every question has an answer and nothing is left, 1 if not, and 2 if there is no project to ask.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from destination_keen.errors import ConfigError
from integration_tests.connector import forms
from integration_tests.live import over_http, over_kafka, syncs
from integration_tests.live.project import Project

_NO_ANSWER = "**No answer.**"


def main() -> int:
    """Run all of it and give the exit code."""
    options = _options()
    try:
        settings: Any = json.loads(options.config.read_bytes())
        project = Project(settings, options.patience, options.settle, options.minute)
    except (OSError, ValueError, TypeError, AttributeError, ConfigError) as error:
        reason = error.message if isinstance(error, ConfigError) else type(error).__name__
        print(
            "This asks a Keen project of yours, and needs the connector's configuration for it, with the Master Key,"
            f" in {options.config} ({reason}). A project without data is best: what is made there is removed again,"
            " but counts as usage.",
            file=sys.stderr,
        )
        return 2
    trouble = project.kafka_trouble()
    answers: dict[str, str] = {"Can the Kafka cluster be used?": trouble or "Yes."}
    try:
        for question, ask in _questions(project, trouble):
            print(f"  {question}", flush=True)
            answers[question] = _answered(ask)
    finally:
        left = project.clean_up()
        answers["What could not be removed?"] = "\n".join(f"- {each}" for each in left) or "Nothing is left."
        options.report.write_text(_without_keys(_report(project, answers), project))
    print(f"\nThe answers are in {options.report}.")
    return 1 if left or any(_NO_ANSWER in answer for answer in answers.values()) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make live", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", type=Path, default=Path("secrets/config.json"), metavar="FILE")
    parser.add_argument("--report", type=Path, default=Path("live-report.md"), metavar="FILE")
    parser.add_argument("--patience", type=float, default=120.0, help="seconds until an event is given up")
    parser.add_argument("--settle", type=float, default=15.0, help="seconds until a dropped event is taken for dropped")
    parser.add_argument("--minute", type=float, default=60.0, help="seconds to wait where Keen allows no more requests")
    return parser.parse_args()


def _questions(project: Project, trouble: str) -> Iterator[tuple[str, Callable[[], str]]]:
    for question, ask in over_http.QUESTIONS.items():
        yield question, partial(ask, project)
    for question, ask in over_kafka.QUESTIONS.items():
        yield question, partial(ask, project) if not trouble else _not_asked
    for method in ("kafka", "http"):
        for title, sync in syncs.QUESTIONS.items():
            asked = partial(sync, project, method)
            yield f"{title}, over {method}", _not_asked if trouble and method == "kafka" else asked


def _not_asked() -> str:
    return "Not asked: the Kafka cluster cannot be used."


def _answered(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except Exception as error:
        # Whatever a real Keen does, the other questions are still asked.
        return f"{_NO_ANSWER} {type(error).__name__}: {error}"


def _report(project: Project, answers: dict[str, str]) -> str:
    asked = f"Asked on {time.strftime('%Y-%m-%d', time.gmtime())} at {project.config.api_url}."
    return (
        "\n\n".join(["# What Keen does", asked, *(f"## {name}\n\n{answer}" for name, answer in answers.items())]) + "\n"
    )


def _without_keys(text: str, project: Project) -> str:
    for key in (project.config.api_key, *project.keys.values()):
        for form in forms(key):
            text = text.replace(form, "(key)")
    return text


if __name__ == "__main__":
    sys.exit(main())
