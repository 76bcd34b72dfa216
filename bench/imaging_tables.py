"""The tables of WSClean's settings in docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.markdown import Found, seconds, size_words, table


def lines(found: Sequence[Found]) -> Iterator[str]:
    """Return the section of the page, line by line."""
    yield "## WSClean settings"
    yield ""
    yield "The same data with different gridders, one or all threads, and parallel CLEAN on"
    yield "parts of the image. Differences are rms (maximum) over the sky above the horizon"
    yield "mask, in units of the noise of the residual image, for the dirty and the cleaned"
    yield "image; also the ratio of the peaks. Where the reference differs from the exact image,"
    yield "the error is in w-stacking: with more layers, at a higher cost, the all-sky image"
    yield "improves. The workflow uses the w-gridder with one thread, which makes runs"
    yield "reproducible bit by bit, and runs images in parallel."
    for item in found:
        yield ""
        yield (
            f"### {item['image']}, {size_words(item['size'])}: peak {item['peak_jy']:.0f} Jy,"
            f" noise {item['noise_jy']:.2f} Jy"
        )
        yield ""
        fixed = list(item["choices"][0]["against"]["dirty"])
        names = [name.partition(":")[0] for name in fixed]
        head = (
            "settings",
            "wall s",
            "CPU s",
            "peak MB",
            *(f"{kind} against {name}" for kind in ("dirty", "cleaned") for name in names),
            *(f"peak over {name}" for name in names),
        )
        yield from table(
            head,
            [
                [
                    choice["name"],
                    seconds(choice["cost"]["wall_s"]),
                    seconds(choice["cost"]["cpu_s"]),
                    f"{choice['cost']['peak_mb']:.0f}",
                    *_apart(choice["against"], fixed),
                ]
                for choice in item["choices"]
            ],
        )


def _apart(against: Found, fixed: Sequence[str]) -> Iterator[str]:
    for kind in ("dirty", "image"):
        for name in fixed:
            item = against.get(kind, {}).get(name)
            yield f"{item['rms']:.2g} ({item['largest']:.2g})" if item else "-"
    for name in fixed:
        item = against.get("image", {}).get(name)
        yield f"{item['peak']:.5f}" if item else "-"
