"""Calling the command line in this process, as much alone as in a process of its own: nothing that it sets stays."""

import contextlib
import io
import logging
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flows.commands.chronokg import main
from tests.flows.commands.running import environ

__all__ = ["call", "environ"]

Done = subprocess.CompletedProcess[str]


def call(*arguments: object, folder: Path, **environment: str) -> Done:
    words = ["chronokg", *map(str, arguments)]
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(3)]
    with _world_of_its_own(words, folder, environ(**environment), *streams):
        try:
            main()
            code: Any = 0
        except SystemExit as ended:
            code = ended.code or 0
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    _, out, err = (stream.buffer.getvalue().decode("utf-8") for stream in streams)  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(words, code, out, err)


@contextlib.contextmanager
def _world_of_its_own(words: list[str], folder: Path, environment: Mapping[str, str], *streams: io.TextIOWrapper) -> Iterator[None]:
    root, interrupt = logging.getLogger(), signal.getsignal(signal.SIGINT)
    level, handlers = root.level, list(root.handlers)
    stdin, stdout, stderr = streams
    with (
        patch.multiple(sys, argv=words, stdin=stdin, stdout=stdout, stderr=stderr),
        patch.dict(os.environ, environment, clear=True),
        contextlib.chdir(folder),
        warnings.catch_warnings(),
    ):
        warnings.resetwarnings()
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, interrupt)
            root.setLevel(level)
            root.handlers[:] = handlers
