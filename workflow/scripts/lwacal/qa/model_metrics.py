"""Judges the model of the sky: whether all that is up is in it, and whether it fits the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lwacal.qa.metric import Metric, judge, not_judged, percent
from lwacal.telescope import naming

Record = Mapping[str, Any]
STAGE = "solutions"


def of_model(sky_model: Record, bandpass: Mapping[str, Record], quality: Record) -> list[Metric]:
    """Return what is up and not modelled, and what the solutions leave beyond the noise.

    ``bandpass`` are the solver's summaries by sub-band. Each is judged by its worst sub-band.
    """
    return [_unmodelled(sky_model, quality), *_residuals(bandpass, quality)]


def _unmodelled(sky_model: Record, quality: Record) -> Metric:
    name = "unmodelled_fraction"
    known = {
        band: record
        for band, record in sky_model.get("unmodelled", {}).items()
        if record["fraction"] is not None
    }
    if not known:
        return not_judged(
            name,
            "nothing is modelled, so nothing can be missing in the model",
            stage=STAGE,
            unit="fraction",
        )
    band = max(naming.sort_bands(known), key=lambda band: known[band]["fraction"])
    fraction, outside = known[band]["fraction"], known[band]["apparent_jy"]
    words = "every bright source that is up is in the model"
    if outside:
        why = {source["name"]: source["reason"] for source in sky_model["sources"]}
        told = ", ".join(
            f"{source} {outside[source]:.0f} Jy ({why.get(source) or 'not in sky_model.sources'})"
            for source in sorted(outside, key=outside.__getitem__, reverse=True)
        )
        words = (
            f"sources that are up but not in the model have {percent(fraction)} of the flux of"
            f" those in it at {band}, which spoils the gains: {told}"
        )
    return judge(name, fraction, "fraction", quality[name], words, stage=STAGE)


def _residuals(bandpass: Mapping[str, Record], quality: Record) -> list[Metric]:
    name = "residual_over_thermal"
    known = {
        band: record[name] for band, record in bandpass.items() if record.get(name) is not None
    }
    if not known:
        return [
            not_judged(
                name,
                "what the solutions leave is not known: no solutions by stefcal,"
                " or no autocorrelations",
                stage=STAGE,
                decides=False,
            )
        ]
    bands = naming.sort_bands(known)
    found = [
        judge(
            name,
            known[band],
            "",
            quality[name],
            f"{band}: the solutions leave {known[band]:.2f} x the power of the noise",
            stage=STAGE,
            decides=False,
            band=band,
        )
        for band in bands
    ]
    worst = max(bands, key=known.__getitem__)
    words = f"the solutions leave {known[worst]:.2f} x the power of the noise, most at {worst}"
    limit = quality[name]["warn"]
    if limit is not None and known[worst] >= limit:
        words += (
            ": there is emission that is not in the model (the Galaxy, interference), or the beam"
            " or the fluxes of the model are wrong, and the gains are less certain for it"
        )
    return [*found, judge(name, known[worst], "", quality[name], words, stage=STAGE)]
