#!/usr/bin/env bash
# Simulates a small observation with planted faults and calibrates it: demo.sh BIN CORES
set -euo pipefail

bin=$1 cores=$2
raw=demo/raw

if [ -e "$raw.truth/truth.json" ]; then
    echo "demo: using the existing observation in $raw"
else
    echo "demo: simulating an observation in $raw (48 antennas, 6 sub-bands, 2 integrations)"
    rm -rf "$raw"
    "$bin/lwacal" simulate "$raw" \
        --fault weak:LWA005X --fault dead:LWA010 --fault delay:LWA015Y \
        --fault rfi:59MHz:7 --fault zero_filled:41MHz:2
fi
echo "demo: calibrating the observation: $bin/snakemake --cores $cores"
"$bin/snakemake" --cores "$cores"
cat <<DONE

The report:   results/demo/report.html and results/demo/report.pdf
The verdict:  results/demo/qa.json
The tables:   results/demo/tables/
The truth:    $raw.truth/ (planted faults)

\`$bin/snakemake -n\` now reports nothing to do. Change a key of config/demo.yaml, for example
\`sky_model: {sources: [CygA]}\`, and run it again to see which products become stale.
DONE
