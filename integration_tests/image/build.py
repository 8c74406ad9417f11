"""The image as buildah builds it from the Dockerfile, on a Debian that stands in for the base image."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from integration_tests import UnavailableError
from integration_tests.fetched import fetched, require_command
from integration_tests.image.host import pip_volumes

_PROJECT = Path(__file__).parents[2]
_STAND_IN = Path(__file__).with_name("stand_in.sh")
_ATTEMPTS = 3
_WITHOUT_ENGINE = ["--isolation", "chroot", "--network", "host"]
_CONTAINER = "connector"


class Image:
    """The built image, and a container of it to run commands in."""

    def __init__(self, directory: Path) -> None:
        """Build it.

        Args:
            directory: an empty folder for all that buildah stores.

        Raises:
            UnavailableError: this machine cannot build images without a container engine.
            subprocess.CalledProcessError: the build failed.
        """
        if os.geteuid() != 0:
            raise UnavailableError("Building the image without a container engine takes root.")
        require_command("buildah", "builds the image", "buildah")
        require_command("debootstrap", "makes the base of the image", "debootstrap")
        base = fetched("debian", [_STAND_IN], lambda folder: [str(folder / _STAND_IN.name)])
        self._buildah = [
            *("buildah", "--root", str(directory / "images"), "--runroot", str(directory / "running")),
            *("--storage-driver", "vfs"),
        ]
        self._build(base, directory)
        self._run("from", "--name", _CONTAINER, "connector")

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What the image says of itself: `User`, `Env`, `Entrypoint`, `Labels` and so on, as OCI names them."""
        inspected = json.loads(self._run("inspect", "--type", "image", "connector"))
        settings: dict[str, Any] = inspected["OCIv1"]["config"]
        return settings

    def command(
        self, *program: str, shared: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> list[str]:
        """Give the command that runs a program in the container, as the image's user, without capabilities.

        The program gets the image's environment, and nothing of this machine's.

        Args:
            program: the program with its arguments.
            shared: a folder of this machine, which is the working directory in the container: `/dest`.
            environment: more environment variables.
        """
        options = [f"--env={name}={value}" for name, value in (environment or {}).items()]
        if shared is not None:
            options += ["--volume", f"{shared}:/dest", "--workingdir", "/dest"]
        return [*self._buildah, "run", *_WITHOUT_ENGINE, "--cap-drop", "all", *options, _CONTAINER, "--", *program]

    def output(self, *program: str) -> str:
        """Run a program in the container and give what it prints.

        Raises:
            subprocess.CalledProcessError: it failed.
        """
        return subprocess.run(self.command(*program), capture_output=True, text=True, check=True).stdout

    def _build(self, base: Path, directory: Path) -> None:
        recipe = directory / "base.dockerfile"
        recipe.write_text("FROM scratch\nADD base.tar /\n")
        self._run("bud", "--isolation", "chroot", "--tag", "base", "--file", str(recipe), str(base))
        volumes = [f"--volume={volume}" for volume in pip_volumes(directory)]
        tagged = ["--build-arg", "BASE=localhost/base", "--tag", "connector"]
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._run("bud", *_WITHOUT_ENGINE, *volumes, *tagged, str(_PROJECT))
                return
            except subprocess.CalledProcessError:
                if attempt == _ATTEMPTS:
                    raise

    def _run(self, *arguments: str) -> str:
        ended = subprocess.run([*self._buildah, *arguments], capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            print(ended.stdout, ended.stderr, sep="\n")
            ended.check_returncode()
        return ended.stdout
