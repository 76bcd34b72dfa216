"""All kinds of records."""

from lwacal.records.allsky import AllskyRecord
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.calibrated import CalibratedRecord
from lwacal.records.cleanup import CleanupRecord
from lwacal.records.concat import ConcatRecord
from lwacal.records.delay import DelayRecord
from lwacal.records.failure import FailureRecord
from lwacal.records.flags import FlagsRecord
from lwacal.records.health import HealthRecord
from lwacal.records.images import ImagesRecord
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
