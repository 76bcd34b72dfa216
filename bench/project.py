"""Where the project is, and how programs of its own find its package."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SCRIPTS = PROJECT / "workflow" / "scripts"
ENVIRONMENT = {"PYTHONPATH": str(SCRIPTS)}
