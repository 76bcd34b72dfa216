#!/usr/bin/env python3
"""Rule report: write the report as PDF and as HTML."""

import argparse
from pathlib import Path

from lwacal.report import figures as report_figures
from lwacal.report import html as report_html
from lwacal.report import inputs
from lwacal.report import pdf as report_pdf
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in (
        "qa",
        "run",
        "manifest",
        "health",
        "ionosphere",
        "delay",
        "sky-model",
        "measurements",
    ):
        parser.add_argument(f"--{name}", required=True, type=Path, help=f"{name} record (JSON)")
    parser.add_argument("--flags", required=True, nargs="+", type=Path, help="one per sub-band")
    parser.add_argument("--solutions", required=True, type=Path, help="bandpass_flags.npz")
    parser.add_argument(
        "--images", required=True, nargs="+", type=Path, help="one folder per source"
    )
    parser.add_argument("--allsky", required=True, type=Path, help="folder of the all-sky images")
    parser.add_argument("--results", required=True, type=Path, help="folder of all observations")
    parser.add_argument("--pdf", required=True, type=Path)
    parser.add_argument("--html", required=True, type=Path)
    parser.add_argument("--figures", required=True, type=Path, help="folder for PNG files")
    arguments = vars(parser.parse_args())
    pdf, html, folder = (arguments.pop(name) for name in ("pdf", "html", "figures"))
    report = inputs.read(**arguments)
    figures, boards = report_figures.draw_all(report), report_figures.draw_boards(report)
    report_figures.write(figures + boards, folder)
    report_pdf.write(report, figures, boards, pdf)
    report_html.write(report, figures, html)
    logs.found(", ".join(f"{path} ({path.stat().st_size / 1e6:.1f} MB)" for path in (pdf, html)))


if __name__ == "__main__":
    job.run(main)
