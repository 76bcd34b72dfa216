"""Every job has a log named after it, and ends it with what it found."""

import re

import pytest

from lwacal.runtime import paths

WORKFLOW = paths.WORKFLOW
RULES = {
    match[1]: match[2]
    for path in sorted((WORKFLOW / "rules").glob("*.smk"))
    for match in re.finditer(r"^rule (\w+):\n(.*?)(?=^\S|\Z)", path.read_text(), re.M | re.S)
}
OF_ALL = ("trends",)  # not of one observation


def test_rules_are_found():
    assert len(RULES) > 20
    assert {"inventory", "trends", "flag"} <= set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_log_is_named_after_its_job(rule):
    log = re.search(r'    log:\n        "(.+?)"', RULES[rule])[1]
    folder = "<logs>" if rule in OF_ALL else "<logs>/{obs}"
    which = re.sub(r"\{(band|source|stamp)\}(_\{band\})?", "which", log)
    assert which in (f"{folder}/{rule}.log", f"{folder}/{rule}/which.log")
    assert "> {log:q} 2>&1" in RULES[rule]


@pytest.mark.parametrize("rule", RULES)
def test_script_takes_the_place_of_its_shell_and_says_what_it_found(rule):
    """Without exec the shell would not hand on a signal that ends the job."""
    script = re.search(r'shell:\n        "exec (\w+\.py) ', RULES[rule])[1]
    text = (WORKFLOW / "scripts" / script).read_text()
    assert re.search(r'logs\.found\(|print\("found: "', text), script


@pytest.mark.parametrize("rule", RULES)
def test_values_in_commands_are_quoted(rule):
    shell = RULES[rule].partition("    shell:\n")[2]
    bare = {name for name in re.findall(r"\{([^}]+)\}", shell) if not name.endswith(":q")}
    # wildcards are limited to known names; the others are numbers
    assert bare <= {
        "wildcards.obs",
        "wildcards.band",
        "wildcards.source",
        "threads",
        "resources.mem_mb",
    }
