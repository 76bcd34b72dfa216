"""Publishes the tables of an observation to the beamformer: versions, and a link to the active one.

The beamformer loads latest/*.bcal in a folder: the tables with the latest stamp YYYYMMDD_HHMMSS in
their names, one per sub-band (mnc's xengine_beamformer_control). A version is therefore a folder
with the tables of one stamp, YYYYMMDD_HHMMSS_v001, that never changes once it exists. ``latest`` is
a link to one version and is switched atomically as the last step, so a reader sees either the new
version or the previous one, never a mixture. provenance.json in the version describes the tables,
their origin and their validity.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lwacal.publish import checks
from lwacal.publish import provenance as publication_record
from lwacal.publish.checks import PublicationError
from lwacal.publish.latest_link import LATEST
from lwacal.publish.provenance import Sources
from lwacal.records import files
from lwacal.records.configuration.publish import Publish
from lwacal.records.published import ProvenanceRecord, PublishedRecord
from lwacal.runtime import products

PROVENANCE = "provenance.json"
LOCK = ".publishing"
PART = ".part"
_VERSION = re.compile(r"^(\d{8}_\d{6})_v(\d{3,})$")
__all__ = ["PublicationError", "publish"]


def publish(
    sources: Sources,
    tables: Sequence[Path],
    database: Path,
    settings: Publish,
) -> PublishedRecord:
    """Publish bandpass tables atomically and return published.json.

    ``database`` is trends.sqlite, which may be missing. If the
    same tables are already active with the same
    verdict, nothing is written. Raises
    PublicationError, before anything is written, if no folder
    is configured, the verdict is not
    pass, a later observation or another sub-band is active, or
    the tables are unsuitable for the
    beamformer; publish.force overrides the second and third
    reason.
    """
    if not settings.folder:
        raise PublicationError(
            f"the tables of {sources.qa['observation']['id']} cannot be published because"
            " publish.folder is empty: set it to the folder from which the beamformer loads"
        )
    forced = checks.check_verdict(sources.qa, settings)
    stamp, described = checks.check_tables(tables, settings)
    folder = Path(settings.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        _remove_leftovers(folder)
        active = _active(folder)
        forced |= checks.check_order(stamp, active, settings)
        before = [path.name for path in (folder / LATEST).glob(f"*{checks.SUFFIX}")]
        names = [table["name"] for table in described]
        forced |= checks.check_sub_bands(names, before, settings)
        provenance = publication_record.build(sources, described, database, settings, forced)
        version = _same_version(folder, stamp, provenance)
        message = "published"
        if version is None:
            version = _next_version(folder, stamp)
            _write_version(folder, version, tables, provenance)
        elif version == active:
            message = "already active"
        else:
            message = "published again"
        if version != active:
            _switch(folder, version)
        written = files.read(ProvenanceRecord, folder / version / PROVENANCE)
    return {
        "id": provenance["observation"]["id"],
        "version": version,
        "folder": str(folder / version),
        "link": str(folder / LATEST),
        "replaces": active,
        "message": message,
        "forced": forced,
        "provenance": written,
    }


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Prevent simultaneous publications into the same folder."""
    with (folder / LOCK).open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PublicationError(
                f"another job is publishing tables into {folder}: try again when it has finished"
            ) from None
        yield


def _remove_leftovers(folder: Path) -> None:
    """Remove leftovers of a killed publication; the lock ensures that no other job is active."""
    for path in folder.glob(f".*{PART}"):
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path)


def _active(folder: Path) -> str | None:
    """Return the version that the link points to, or None without a link."""
    link = folder / LATEST
    if link.is_symlink():
        return Path(os.readlink(link)).name
    if link.exists():
        raise PublicationError(
            f"{link} is a folder, not a link, so it cannot be replaced atomically: rename it within"
            f" {folder} and make {LATEST} a link to it"
        )
    return None


def _versions(folder: Path, stamp: str) -> list[str]:
    """Return the versions of a stamp, oldest first."""
    found = [
        (int(match[2]), path.name)
        for path in folder.iterdir()
        if (match := _VERSION.match(path.name)) and match[1] == stamp
    ]
    return [name for _, name in sorted(found)]


def _next_version(folder: Path, stamp: str) -> str:
    known = [int(match[2]) for name in _versions(folder, stamp) if (match := _VERSION.match(name))]
    return f"{stamp}_v{max(known, default=0) + 1:03d}"


def _same_version(folder: Path, stamp: str, provenance: ProvenanceRecord) -> str | None:
    """Return the newest version of a stamp if it equals what would be published, else None.

    Different software or additional nights with the same tables and verdict do not make a new
    version. The tables on disk must still match the provenance.
    """
    versions = _versions(folder, stamp)
    if not versions:
        return None
    place = folder / versions[-1]
    try:
        known = files.read(ProvenanceRecord, place / PROVENANCE)
    except (OSError, ValueError):
        return None  # foreign or incomplete: left alone
    if any(
        before != products.plain(now)
        for before, now in (
            (known["tables"], provenance["tables"]),
            (known["observation"], provenance["observation"]),
            (known["verdict"], provenance["verdict"]),
        )
    ):
        return None
    whole = all(
        checks.digests(place / table["name"]) == table["files"] for table in known["tables"]
    )
    return versions[-1] if whole else None


def _write_version(
    folder: Path, version: str, tables: Sequence[Path], provenance: ProvenanceRecord
) -> None:
    """Write a version under a temporary name, flush it to disk, and rename it."""
    part = folder / f".{version}.{os.getpid()}{PART}"
    for table, described in zip(sorted(tables), provenance["tables"]):
        shutil.copytree(table, part / table.name)
        if checks.digests(part / table.name) != described["files"]:
            raise PublicationError(
                f"{table} changed while it was being copied: publish again when no run writes it"
            )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    files.write(
        ProvenanceRecord,
        part / PROVENANCE,
        {**provenance, "published_utc": now, "host": os.uname().nodename},
    )
    for path in sorted(part.rglob("*")):
        _to_disk(path)
    _to_disk(part)
    part.rename(folder / version)
    _to_disk(folder)


def _switch(folder: Path, version: str) -> None:
    """Point the link to a version, atomically."""
    part = folder / f".{LATEST}.{os.getpid()}{PART}"
    part.symlink_to(version)
    part.rename(folder / LATEST)
    _to_disk(folder)


def _to_disk(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
