"""How pip reaches its packages on this machine, told to the pip of a build."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

_SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_OPTIONS = ("cert", "extra-index-url", "find-links", "index-url", "no-index", "proxy", "timeout", "trusted-host")


def pip_volumes(directory: Path) -> list[str]:
    """Give what a build has to mount so that its pip is set up like this machine's; nothing of it gets into the image.

    Args:
        directory: an empty folder that lives as long as the build.

    Returns:
        Volumes as `--volume` takes them, read-only: pip's configuration, and the files and folders that it names.
    """
    options = _options()
    file = directory / "pip.conf"
    file.write_text("[global]\n" + "".join(f"{name} = {value}\n" for name, value in options.items()))
    named = [word for value in options.values() for word in value.split() if word.startswith("/")]
    return [f"{file}:/etc/pip.conf:ro", *(f"{path}:{path}:ro" for path in named if Path(path).exists())]


def _options() -> dict[str, str]:
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    options = {"cert": os.environ.get("REQUESTS_CA_BUNDLE", "")}
    if not options["cert"] and Path(_SYSTEM_CERTIFICATES).exists():
        options["cert"] = _SYSTEM_CERTIFICATES
    # One setting a line, section.option='value', the environment's last.
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        option = name.rpartition(".")[2]
        if option in _OPTIONS:
            options[option] = str(ast.literal_eval(value)).replace("\n", " ")
    return {option: value for option, value in options.items() if value}
