"""Section environment_modules."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lwacal.records.configuration.section import Section

ModuleName = Annotated[
    str,
    Field(
        title="name of a module: letters, digits, '.', '_', '/', '+' and '-'",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/+-]*$",
    ),
]


class EnvironmentModules(Section):
    """Environment modules to load for the rules of each environment of workflow/envs/.

    Only `snakemake --sdm env-modules` loads them. Empty: these rules use the environment that
    Snakemake runs in.
    """

    analysis: tuple[ModuleName, ...] = Field(
        (),
        description="For the rules that need neither CASA nor an external program. Change it to"
        " modules that provide python3 with the packages of workflow/envs/analysis.yaml.",
    )
    aoflagger: tuple[ModuleName, ...] = Field(
        (),
        description="For the rule flag. Change it to modules that provide python3 with the packages"
        " of workflow/envs/aoflagger.yaml, and the program aoflagger if flagging.strategy needs"
        " it.",
    )
    casa: tuple[ModuleName, ...] = Field(
        (),
        description="For the rules that call CASA. Change it to modules that provide python3 with"
        " the packages of workflow/envs/casa.yaml.",
    )
    mnc: tuple[ModuleName, ...] = Field(
        (),
        description="For the rule mnc_query. Change it to a module that provides python3, version"
        " 3.8 or later.",
    )
    wsclean: tuple[ModuleName, ...] = Field(
        (),
        description="For the rules that make images. Change it to modules that provide WSClean, and"
        " python3 with the packages of workflow/envs/wsclean.yaml.",
    )
