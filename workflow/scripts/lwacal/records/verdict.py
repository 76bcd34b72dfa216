"""Words for how good a thing is."""

from typing import Literal

Verdict = Literal["pass", "warn", "fail"]
