"""Writes docs/where-is.md: questions of newcomers, and where the code answers them.

The name of the package alone should lead to the answer. Each answer names a file and a definition
in it; the line is looked up, so that the page is correct when it is written.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "where-is.md"
PACKAGE = "workflow/scripts/lwacal"
HEAD = """\
# Where is ...?

Questions of newcomers, and where the code answers them. The name of the package (room) should lead
there; line numbers were correct when `make where-is` wrote this page.

| question | room | file and line | look for |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Answer:
    """Where the answer to a question is: a file below the package, and a definition in it."""

    question: str
    file: str
    name: str

    @property
    def room(self) -> str:
        return self.file.partition("/")[0]

    def line(self) -> int:
        """Return the line of the definition. Raises LookupError if the file does not have it."""
        tree = ast.parse((PROJECT / PACKAGE / self.file).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if self.name in _defined(node):
                return node.lineno
        raise LookupError(f"{self.file} does not define {self.name}")

    def row(self) -> str:
        path, line = f"{PACKAGE}/{self.file}", self.line()
        link = f"[{self.file}:{line}](../{path}#L{line})"
        return f"| {self.question} | `{self.room}` | {link} | `{self.name}` |"


def _defined(node: ast.AST) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
    return {target.id for target in targets if isinstance(target, ast.Name)}


ANSWERS = (
    Answer(
        "How are the names of raw measurement sets parsed?", "telescope/naming.py", "parse_raw_name"
    ),
    Answer(
        "What is the sign of a phase, and of a delay?", "telescope/phasors.py", "antenna_phasors"
    ),
    Answer("Which board is an antenna on?", "telescope/boards.py", "snap2"),
    Answer("What exactly is in a .bcal table?", "io/solutions.py", "SubBandSolutions"),
    Answer("Where are the raw data read?", "ingest/concat.py", "concatenate"),
    Answer("How do I add a calibrator?", "sky/sources.py", "POSITIONS"),
    Answer("Where is the beam of a dipole?", "sky/beam.py", "power"),
    Answer("Where is interference searched?", "flagging/rfi_search.py", "search"),
    Answer(
        "How is antenna health assessed before there are solutions?",
        "flagging/antenna_health.py",
        "assess",
    ),
    Answer("Where are the gains solved?", "calibration/stefcal.py", "solve"),
    Answer("Who chooses the reference antenna?", "calibration/reference_antenna.py", "choose"),
    Answer("Where are bad solutions found?", "calibration/solution_flags.py", "find"),
    Answer("How are delays fitted over the whole band?", "calibration/delay_fit.py", "fit"),
    Answer(
        "Where is the ionosphere separated from the gains?", "calibration/ionosphere.py", "measure"
    ),
    Answer(
        "Which bright integrations are sky, not interference?",
        "calibration/bright_integrations.py",
        "explained",
    ),
    Answer("Where are gains applied to the data?", "imaging/apply_gains.py", "calibrate"),
    Answer("How is WSClean called?", "imaging/wsclean.py", "run"),
    Answer("Where is a flux measured in an image?", "imaging/point_source_fit.py", "fit_point"),
    Answer("Where does the verdict come from?", "qa/assess.py", "assess"),
    Answer("How is a value compared with its limits?", "qa/metric.py", "judge"),
    Answer("Where are jumps and drifts over the nights found?", "nights/antenna_events.py", "find"),
    Answer(
        "What must hold before tables go to the beamformer?", "publish/checks.py", "check_verdict"
    ),
    Answer("How is the PDF put together?", "report/pdf.py", "write"),
    Answer("How much memory does a rule request?", "driver/resources.py", "memory_mb"),
    Answer("What does a rule's product depend on?", "driver/code_digest.py", "code_digest"),
    Answer("How is a fault planted in simulated data?", "simulate/faults.py", "Fault"),
)


def page() -> str:
    """Return the text of the page."""
    return HEAD + "".join(f"{answer.row()}\n" for answer in ANSWERS)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
