"""The tables of docs/simulator.md.

``PYTHONPATH=tests/helpers python -m effects_table`` rewrites them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lwacal.runtime import products
from lwacal.simulate import effect_kinds, scenarios
from workflow_run import PROJECT

PAGE = PROJECT / "docs" / "simulator.md"
GROUPS = {
    "Sky": effect_kinds.SKY,
    "Ionosphere": effect_kinds.IONOSPHERE,
    "Dipoles": effect_kinds.DIPOLES,
    "Instrument": effect_kinds.INSTRUMENT,
    "Transmitters": effect_kinds.TRANSMITTERS,
}


def effects() -> Iterator[str]:
    """Yield the lines of the table of effects."""
    yield "| effect, with default strengths | what it does | where the strength comes from |"
    yield "|---|---|---|"
    for group, kinds in GROUPS.items():
        yield f"| **{group}** | | |"
        for kind in kinds:
            yield f"| `{kind.form}` | {kind.what} | {kind.source} |"


def nights() -> Iterator[str]:
    """Yield the lines of the table of scenarios."""
    yield "| scenario | start (UTC) | effects |"
    yield "|---|---|---|"
    for name, scenario in scenarios.SCENARIOS.items():
        yield f"| `{name}` | {scenario.start} | {' '.join(scenario.words)} |"


def written(page: str) -> str:
    """Return the page with the present tables."""
    for name, lines in (("effects", effects()), ("scenarios", nights())):
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        table = "\n".join([begin, *lines, end])
        page = re.sub(f"{begin}.*{end}", lambda _, new=table: new, page, flags=re.DOTALL)
    return page


if __name__ == "__main__":
    products.write_text(PAGE, written(PAGE.read_text()))
