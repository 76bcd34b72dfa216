"""What the flags of a sub-band are in sum, once bright integrations have been restored."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lwacal.records.flags import Burst, FlagsRecord


def without(summary: FlagsRecord, restored: Collection[int]) -> FlagsRecord:
    """Return the summary in which the bursts of ``restored`` integrations flag nothing.

    Fractions by baseline are left as they are.
    """
    gone = [burst for burst in summary["bursts"] if burst["integration"] in restored]
    fractions = dict(summary["fractions"])
    fractions["burst"] = _less(fractions["burst"], [burst["fraction"] for burst in gone])
    fractions["total"] = _less(fractions["total"], [burst["alone"]["fraction"] for burst in gone])
    return {
        **summary,
        "bursts": [burst for burst in summary["bursts"] if burst not in gone],
        "fractions": fractions,
        "antenna_fraction": _all_less(
            summary["antenna_fraction"], [burst["alone"]["antenna_fraction"] for burst in gone]
        ),
        "channel_fraction": _all_less(
            summary["channel_fraction"], [burst["alone"]["channel_fraction"] for burst in gone]
        ),
    }


def _less(value: float | None, parts: Sequence[float | None]) -> float | None:
    if value is None:
        return None
    return max(value - sum(part for part in parts if part is not None), 0.0)


def _all_less(
    values: Sequence[float | None], parts: Sequence[Sequence[float | None]]
) -> list[float | None]:
    return [_less(value, [part[place] for part in parts]) for place, value in enumerate(values)]


def words(summary: FlagsRecord) -> str:
    """Return what is to be said of the flags of a sub-band; or nothing."""
    bursts = bursts_words(summary["bursts"])
    return "; ".join(text for text in (bursts, summary["message"]) if text)


def bursts_words(bursts: Sequence[Burst]) -> str:
    """Return which integrations are flagged as bursts, in words; or nothing."""
    said = ", ".join(f"{burst['integration']} ({burst['ratio']:.1f} times)" for burst in bursts)
    if not said:
        return ""
    return f"flagged as interference because it is brighter than the others: integration {said}"
