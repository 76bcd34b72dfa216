"""The page of questions and answers leads to definitions that exist, where it says."""

import re
import sys

import pytest

from lwacal.runtime import paths

sys.path.insert(0, str(paths.PROJECT / "scripts"))

import where_is

MOVED = 40  # lines that a definition may move before the page must be written again


@pytest.mark.parametrize("answer", where_is.ANSWERS, ids=lambda answer: answer.question)
def test_each_answer_is_where_the_page_says(answer):
    written = where_is.PAGE.read_text(encoding="utf-8")
    row = next(line for line in written.splitlines() if line.startswith(f"| {answer.question} |"))
    line = int(re.search(rf"{re.escape(answer.file)}#L(\d+)", row)[1])
    assert f"`{answer.name}`" in row
    assert abs(line - answer.line()) <= MOVED, "write the page again: make where-is"


def test_a_definition_that_is_gone_is_reported():
    gone = where_is.Answer("Where?", "sky/beam.py", "no_such_name")
    with pytest.raises(LookupError, match="no_such_name"):
        gone.line()
