"""Paths of the files that the workflow ships: schemas, environments, strategies, templates."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
SCRIPTS = PACKAGE.parent
WORKFLOW = SCRIPTS.parent
PROJECT = WORKFLOW.parent

ENVIRONMENTS = WORKFLOW / "envs"
RULES = WORKFLOW / "rules"
SCHEMAS = WORKFLOW / "schemas"
STRATEGIES = WORKFLOW / "strategies"
TEMPLATES = WORKFLOW / "report"
