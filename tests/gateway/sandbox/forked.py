"""What a process of a sandbox has loaded before it begins, so that it begins at once."""

import os
import sys
from collections.abc import Mapping, Sequence

from rulegrid.cli import main
from rulegrid.cli import sandbox as _sandbox
from rulegrid.gateway.recording import embedded_day
from rulegrid.gateway.sandbox import bus, web

LOADED = (_sandbox, bus, web, embedded_day())


def run(arguments: Sequence[str], environment: Mapping[str, str], out: str, err: str) -> None:
    """`rulegrid` with these arguments, writing to these files."""
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        os.dup2(os.open(path, os.O_WRONLY), stream.fileno())
    os.environ.update(environment)
    main(arguments)
