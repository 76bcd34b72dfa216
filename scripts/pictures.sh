#!/usr/bin/env bash
# Draws the figures of the README from the finished demonstration: pictures.sh BIN
# Needs graphviz, poppler-utils and chromium.
set -euo pipefail

bin=$1
mkdir -p docs
"$bin/snakemake" --rulegraph 2>/dev/null | sed -n '/^digraph/,$p' | tred \
    | sed -E 's/color="?[0-9. ]+"?,/color="#2a7f74",/' \
    | dot -Grankdir=LR -Gnodesep=0.15 -Granksep=0.25 -Tsvg -o docs/rulegraph.svg
pdftoppm -png -r 60 -f 1 -l 1 -singlefile results/demo/report.pdf docs/report-page
PYTHONPATH=tests/helpers "$bin/python" -m trends_picture docs/trends.png
echo "docs/rulegraph.svg and docs/report-page.png have been drawn"
