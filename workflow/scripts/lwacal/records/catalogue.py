"""All kinds of records, by name, and which of them a file is."""

import re

from lwacal.records.allsky import AllskyRecord
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.base import about
from lwacal.records.calibrated import CalibratedRecord
from lwacal.records.cleanup import CleanupRecord
from lwacal.records.concat import ConcatRecord
from lwacal.records.delay import DelayRecord
from lwacal.records.failure import FailureRecord
from lwacal.records.flags import FlagsRecord
from lwacal.records.health import HealthRecord
from lwacal.records.images import ImagesRecord
from lwacal.records.ionosphere import IonosphereRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.measurements import MeasurementsRecord
from lwacal.records.mnc import MncRecord
from lwacal.records.outcome import OutcomeRecord
from lwacal.records.promoted import PromotedRecord
from lwacal.records.published import ProvenanceRecord, PublishedRecord
from lwacal.records.quality import QualityRecord
from lwacal.records.reference import ReferenceRecord
from lwacal.records.run import RunRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.records.solution_flags import SolutionFlagsRecord
from lwacal.records.suggested_flags import SuggestedFlagsRecord

RECORDS: dict[str, type] = {
    "manifest": ManifestRecord,
    "concat": ConcatRecord,
    "mnc": MncRecord,
    "health": HealthRecord,
    "flags": FlagsRecord,
    "reference": ReferenceRecord,
    "sky_model": SkyModelRecord,
    "bandpass": BandpassRecord,
    "ionosphere": IonosphereRecord,
    "bandpass_flags": SolutionFlagsRecord,
    "delay": DelayRecord,
    "calibrated": CalibratedRecord,
    "images": ImagesRecord,
    "allsky": AllskyRecord,
    "measurements": MeasurementsRecord,
    "qa": QualityRecord,
    "run": RunRecord,
    "outcome": OutcomeRecord,
    "promoted": PromotedRecord,
    "published": PublishedRecord,
    "provenance": ProvenanceRecord,
    "suggested_flags": SuggestedFlagsRecord,
    "cleanup": CleanupRecord,
    "failure": FailureRecord,
}


def model_of(product: str) -> type:
    """Return the model of a record by its path below the folder of an observation.

    Raises LookupError for a product that is no record.
    """
    fitting = [
        (pattern, model)
        for model in RECORDS.values()
        for pattern in about(model).files
        if re.fullmatch(re.sub(r"<\w+>", "[^/]+", pattern), product)
    ]
    if not fitting:
        raise LookupError(f"{product} is no record")
    return min(fitting, key=lambda item: item[0].count("<"))[1]  # allsky is no source
