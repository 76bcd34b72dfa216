"""Promotes the tables of an observation to references, in a folder per sidereal hour."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from lwacal.qa.metric import STATUS_RANK
from lwacal.records.configuration.delay import Delay
from lwacal.records.promoted import PromotedRecord
from lwacal.records.quality import QualityRecord
from lwacal.runtime import atomic


class PromotionError(ValueError):
    """The tables cannot become references; the message says why and what to do."""


def promote(qa: QualityRecord, tables: Sequence[Path], settings: Delay) -> PromotedRecord:
    """Copy tables to delay.reference_dir/<NN>h/ and return promoted.json.

    NN is the hour of the sidereal time at mid-time of the observation. Tables of the same name are
    replaced atomically.
    Raises PromotionError if no folder is configured or the verdict is worse than
    delay.promote_verdict.
    """
    name, verdict = qa["observation"]["id"], qa["verdict"]
    if not settings.reference_dir:
        raise PromotionError(
            f"the tables of {name} cannot become references because delay.reference_dir is empty:"
            " set it to the folder of reference tables"
        )
    worst = settings.promote_verdict
    if STATUS_RANK[verdict] > STATUS_RANK[worst]:
        raise PromotionError(
            f"the verdict of {name} is {verdict}, but delay.promote_verdict requires {worst} or"
            f" better for a reference: {' '.join(qa['reasons'])}"
        )
    folder = Path(settings.reference_dir) / f"{int(qa['observation']['lst_hours']):02d}h"
    folder.mkdir(parents=True, exist_ok=True)
    copies = [copy_whole(table, folder / table.name) for table in tables]
    return {"id": name, "verdict": verdict, "tables": [str(path) for path in copies]}


def copy_whole(table: Path, place: Path) -> Path:
    """Copy a table atomically; return its new path."""
    with atomic.output(place) as part:
        shutil.copytree(table, part)
    return place
