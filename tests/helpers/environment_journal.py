"""Tells of each Python process in an environment who it was and what it had loaded.

A test puts this file, and a .pth file that imports it, into the environments that it looks at.
"""

import atexit
import json
import os
import sys


def write():
    """Add a line to the journal; called when a process ends."""
    loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    entry = {
        "script": os.path.basename(sys.argv[0]),
        "prefix": sys.prefix,
        "base": sys.base_prefix,
        "version": list(sys.version_info[:2]),
        "loaded": sorted(path for path in loaded if path),
        "no_packages_of_home": os.environ.get("PYTHONNOUSERSITE"),
    }
    with open(os.environ["ENVIRONMENT_JOURNAL"], "a") as stream:
        stream.write(json.dumps(entry) + "\n")


if "ENVIRONMENT_JOURNAL" in os.environ:
    atexit.register(write)
