"""Assesses the sky model: whether it is complete, and whether it fits the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lwacal.qa.metric import judge, not_judged, percent
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.configuration.quality import Quality
from lwacal.records.quality import Metric
from lwacal.records.sky_model import SkyModelRecord
from lwacal.sky import bright_sources
from lwacal.telescope import naming

STAGE: Final = "solutions"


def of_model(
    sky_model: SkyModelRecord, bandpass: Mapping[str, BandpassRecord], quality: Quality
) -> list[Metric]:
    """Return the unmodelled fraction of the flux and the residual power over thermal.

    ``bandpass`` are the solver's summaries by sub-band. The worst sub-band decides.
    """
    return [_unmodelled(sky_model, quality), *_residuals(bandpass, quality)]


def _unmodelled(sky_model: SkyModelRecord, quality: Quality) -> Metric:
    name = "unmodelled_fraction"
    fractions = {band: item["fraction"] for band, item in sky_model["unmodelled"].items()}
    known = {band: fraction for band, fraction in fractions.items() if fraction is not None}
    if not known:
        return not_judged(
            name,
            "no source is modelled, so the unmodelled fraction is undefined",
            stage=STAGE,
            unit="fraction",
        )
    band = max(naming.sort_bands(known), key=known.__getitem__)
    fraction, outside = known[band], sky_model["unmodelled"][band]["apparent_jy"]
    words = "every bright source above the horizon is in the model"
    if outside:
        why = {source["name"]: source["reason"] for source in sky_model["sources"]}
        listed = ", ".join(
            f"{source} {outside[source]:.0f} Jy"
            f" ({why.get(source) or 'left out by ' + bright_sources.key(source)})"
            for source in sorted(outside, key=outside.__getitem__, reverse=True)
        )
        words = (
            f"unmodelled sources above the horizon have {percent(fraction)} of the model flux at"
            f" {band}, which biases the gains: {listed}"
        )
    return judge(name, fraction, "fraction", quality.limits(name), words, stage=STAGE)


def _residuals(bandpass: Mapping[str, BandpassRecord], quality: Quality) -> list[Metric]:
    name = "residual_over_thermal"
    ratios = {band: item.get("residual_over_thermal") for band, item in bandpass.items()}
    known = {band: ratio for band, ratio in ratios.items() if ratio is not None}
    if not known:
        return [
            not_judged(
                name,
                "residual power is unknown: no stefcal solutions or no autocorrelations",
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
            quality.limits(name),
            f"{band}: residual power is {known[band]:.2f} x thermal",
            stage=STAGE,
            decides=False,
            band=band,
        )
        for band in bands
    ]
    worst = max(bands, key=known.__getitem__)
    words = f"residual power is {known[worst]:.2f} x thermal, highest at {worst}"
    limit = quality.limits(name).warn
    if limit is not None and known[worst] >= limit:
        words += (
            ": unmodelled emission (the Galaxy, interference), or errors of the beam or of the"
            " model fluxes, make the gains less certain"
        )
    return [*found, judge(name, known[worst], "", quality.limits(name), words, stage=STAGE)]
