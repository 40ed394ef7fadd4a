"""Runs `chronokg` in this process and kills it, as `kill -9` would, at the n-th call of a method.

python -m tests.flows.commands.killing OWNER METHOD before|after N COMMAND…
"""

import os
import signal
import sys
from importlib import import_module
from itertools import count as count_from
from typing import Any


def main() -> None:
    owner, method, moment, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    sys.argv = ["chronokg", *sys.argv[5:]]
    module, name = owner.rsplit(".", 1)
    kind = getattr(import_module(module), name)
    original = getattr(kind, method)
    calls = count_from(1)

    def killing(*arguments: Any, **named: Any) -> Any:
        number = next(calls)  # of this call: others may be under way in other threads
        if number == count and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **named)
        if number == count and moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(kind, method, killing)
    from flows.commands.chronokg import main as chronokg

    chronokg()


main()
