"""Runs CASA tasks: casa_tasks.py LOG TASKS

TASKS is JSON: a list of [task, arguments]. They run in sequence in this process.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from lwacal.runtime import casa


def main() -> None:
    log, text = sys.argv[1:]
    tasks = casa.start(Path(log))
    for name, arguments in json.loads(text):
        print(name, flush=True)
        getattr(tasks, name)(**arguments)
        for product in ("caltable", "outputvis", "concatvis"):
            if product in arguments and not os.path.exists(arguments[product]):
                sys.exit(f"CASA's {name} has not made {arguments[product]}; its log is {log}")


if __name__ == "__main__":
    main()
