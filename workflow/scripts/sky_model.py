#!/usr/bin/env python3
"""Rule sky_model: model the sources above the horizon as each dipole sees them."""

import argparse
import logging
from pathlib import Path

from lwacal.records import files
from lwacal.records.configuration.beam import Beam
from lwacal.records.configuration.section import read_section
from lwacal.records.configuration.sky_model import SkyModel
from lwacal.records.manifest import ManifestRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.runtime import job, logs, products
from lwacal.sky import casa_component_list, sky_model

logger = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--settings", required=True, help="JSON: sky_model, beam")
    parser.add_argument("--json", required=True, type=Path)
    parser.add_argument("--csv", required=True, type=Path)
    parser.add_argument("--component-list", required=True, type=Path)
    arguments = parser.parse_args()
    manifest = files.read(ManifestRecord, arguments.manifest)
    model = sky_model.build(
        manifest,
        read_section(arguments.settings, "sky_model", SkyModel),
        read_section(arguments.settings, "beam", Beam),
    )
    files.write(SkyModelRecord, arguments.json, model)
    products.write_csv(arguments.csv, sky_model.table(model, manifest), sky_model.COLUMNS)
    casa_component_list.write(model, manifest, arguments.component_list)
    secondary = [source["name"] for source in model["sources"] if source["kind"] == "secondary"]
    logger.info(f"{len(secondary)} secondary sources in the model: {', '.join(secondary)}")
    for source in model["sources"]:
        if source["kind"] == "secondary":
            continue
        result = source["reason"] or f"apparent flux up to {source['brightest_apparent_jy']:.0f} Jy"
        logger.info(f"{source['name']}: elevation {source['altitude_deg']:.1f} deg, {result}")
        components = source["component_list"]
        if components:
            number, path = components["n_components"], components["path"]
            logger.info(f"{source['name']}: modelled with {number} components of {path}")
        elif source["in_model"]:
            logger.info(f"{source['name']}: modelled as {source['shape']}")
        for warning in source["warnings"]:
            logger.warning(warning)
    calibrators = [source["name"] for source in model["sources"] if source["calibrator"]]
    logs.found(model["message"] or f"calibrators {', '.join(calibrators)}")


if __name__ == "__main__":
    job.run(main)
