"""Section tools."""

from __future__ import annotations

from pydantic import Field

from lwacal.records.configuration.section import Section


class Tools(Section):
    """Programs that are not Python packages: a name that is on PATH, or a path."""

    wsclean: str = Field(
        "wsclean",
        min_length=1,
        description="The imager WSClean. Change it if WSClean is not on PATH, or to choose a"
        " version.",
    )
    aoflagger: str = Field(
        "aoflagger",
        min_length=1,
        description="The program aoflagger, used only if flagging.strategy names a strategy. Change"
        " it if AOFlagger is not on PATH, or to choose a version.",
    )
