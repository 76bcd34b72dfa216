"""The whole configuration: every key of config.yaml."""

from __future__ import annotations

from pydantic import Field

from lwacal.records.configuration.bandpass import Bandpass
from lwacal.records.configuration.beam import Beam
from lwacal.records.configuration.cleanup import Cleanup
from lwacal.records.configuration.delay import Delay
from lwacal.records.configuration.environment_modules import EnvironmentModules
from lwacal.records.configuration.flagging import Flagging
from lwacal.records.configuration.health import Health
from lwacal.records.configuration.imaging import Imaging
from lwacal.records.configuration.ionosphere import Ionosphere
from lwacal.records.configuration.measure import Measure
from lwacal.records.configuration.nights import Nights
from lwacal.records.configuration.outcome import Outcome
from lwacal.records.configuration.publish import Publish
from lwacal.records.configuration.quality import Quality
from lwacal.records.configuration.section import Section
from lwacal.records.configuration.sky_model import SkyModel
from lwacal.records.configuration.solution_flags import SolutionFlags
from lwacal.records.configuration.tools import Tools
from lwacal.records.configuration.trends import Trends
from lwacal.records.configuration.values import ObservationName


class Configuration(Section):
    """Every key of config/config.yaml, with its type, default and limits."""

    input: str = Field(
        "",
        description="Folder of raw measurement sets (YYYYMMDD_HHMMSS_NNMHz[_averaged].ms), searched"
        " with all its subfolders and opened read-only. Empty: the observations are those of the"
        " sheet (key observations). Set it to calibrate one observation, usually on the command"
        " line: --config input=FOLDER.",
    )
    input_ms: str = Field(
        "",
        description="An existing concatenated measurement set, with one or more spectral windows,"
        " to use instead of a folder; it is never changed or deleted. Set it to calibrate data that"
        " were concatenated elsewhere.",
    )
    observation: ObservationName = Field(
        "",
        description="Name of the observation given by input or input_ms; its products go to"
        " <results>/<name>/. Empty: the time stamp of its first integration. Set it to keep two"
        " runs on the same data apart.",
    )
    observations: str = Field(
        "config/observations.tsv",
        min_length=1,
        description="Path of the sheet of observations: tab-separated, with columns observation,"
        " input, input_ms and config, one row per observation. Change it to keep several sheets.",
    )
    results: str = Field(
        "results",
        min_length=1,
        title="path that does not begin with '-' and has none of { } < > * ? [ ]",
        pattern=r"^(?!-)[^{}<>*?\[\]\x00-\x1f]+$(?![\s\S])",
        description="Folder for all products. Change it to write to a larger disk.",
    )
    nights: Nights = Field(default_factory=Nights)
    tools: Tools = Field(default_factory=Tools)
    environment_modules: EnvironmentModules = Field(default_factory=EnvironmentModules)
    health: Health = Field(default_factory=Health)
    flagging: Flagging = Field(default_factory=Flagging)
    sky_model: SkyModel = Field(default_factory=SkyModel)
    beam: Beam = Field(default_factory=Beam)
    bandpass: Bandpass = Field(default_factory=Bandpass)
    ionosphere: Ionosphere = Field(default_factory=Ionosphere)
    solution_flags: SolutionFlags = Field(default_factory=SolutionFlags)
    delay: Delay = Field(default_factory=Delay)
    imaging: Imaging = Field(default_factory=Imaging)
    measure: Measure = Field(default_factory=Measure)
    quality: Quality = Field(default_factory=Quality)
    outcome: Outcome = Field(default_factory=Outcome)
    trends: Trends = Field(default_factory=Trends)
    publish: Publish = Field(default_factory=Publish)
    cleanup: Cleanup = Field(default_factory=Cleanup)
