"""Starts CASA so that it uses neither the network nor $HOME nor the working directory.

CASA reads a site configuration when it is first imported; this module writes one to a scratch
directory. CASA also parses sys.argv at that moment (``--config x`` would be *executed* as Python),
so the arguments of the script are hidden from it.
"""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import sys
import warnings
from pathlib import Path
from types import ModuleType

from lwacal.runtime import scratch

SITE_CONFIGURATION = """\
measurespath = {data!r}
datapath = [{data!r}]
measures_auto_update = False
data_auto_update = False
skipnetworkcheck = True
nologger = True
nogui = True
agg = True
casaconfig_verbose = 0
cachedir = {cache!r}
logfile = {log!r}
"""

_started: dict[str, Path] = {}


def start(logfile: str | Path = os.devnull) -> ModuleType:
    """Import CASA, once per process, and return the module casatasks.

    CASA writes its own log to ``logfile``; a later call with another file redirects it.
    """
    logfile = Path(logfile).absolute()
    if "home" not in _started:
        _prepare(logfile)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hidden, sys.argv = sys.argv, sys.argv[:1]
        try:
            tasks = importlib.import_module("casatasks")
        finally:
            sys.argv = hidden
    tasks.casalog.setlogfile(str(logfile))
    return tasks


def start_tools(logfile: str | Path = os.devnull) -> ModuleType:
    """Import CASA and return the module casatools."""
    start(logfile)
    return importlib.import_module("casatools")


def _prepare(logfile: Path) -> None:
    home, _ = scratch.make("casa")  # kept until this process ends
    _started["home"] = home
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    data = importlib.import_module("casadata").datapath
    site = home / "casasiteconfig.py"
    site.write_text(
        SITE_CONFIGURATION.format(data=str(data), cache=str(home), log=str(logfile)),
        encoding="utf-8",
    )
    os.environ["CASASITECONFIG"] = str(site)
    os.environ.setdefault("MPLCONFIGDIR", str(home))
