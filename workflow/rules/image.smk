"""From calibrated data to images and measurements.

Needs    concat/<band>.ms and .npz, flags/<band>.npz, tables/<stamp>_<band>.bcal,
         tables/bandpass_flags.json, ionosphere.json, sky_model.json
Makes    calibrated/<band>/ (small sets, one per source and one at zenith), images/<source>/,
         images/allsky/, qa/measurements.json and CSV files
Steps    calibrate, rotate and average for all sources in one pass; image; measure
"""

# Only keys that select the data to image: a change of CLEAN does not read the data again.
SPLIT_SETTINGS = (
    "bandpass",
    "imaging.enabled",
    "imaging.max_smearing_loss",
    "imaging.source.subtract_others",
    *[
        f"imaging.{kind}.{key}"
        for kind in ("source", "scintillation", "allsky")
        for key in ("size", "scale_deg")
    ],
    "imaging.allsky.enabled",
)
IMAGE_SETTINGS = ("imaging.enabled", "imaging.keep_auxiliary_fits", "tools.wsclean")


rule calibrate_split:
    input:
        manifest="<results>/{obs}/manifest.json",
        concat="<results>/{obs}/concat/{band}.ms",
        powers="<results>/{obs}/concat/{band}.npz",
        flags="<results>/{obs}/flags/{band}.npz",
        solution_flags="<results>/{obs}/tables/bandpass_flags.json",
        table=of_stamp("<results>/{obs}/tables/{stamp}_{band}.bcal"),
        ionosphere="<results>/{obs}/ionosphere.json",
        sky_model="<results>/{obs}/sky_model.json",
        component_lists=component_lists,
    output:
        directory("<results>/{obs}/calibrated/{band}"),
    log:
        "<logs>/{obs}/calibrate_split/{band}.log",
    benchmark:
        "<benchmarks>/{obs}/calibrate_split/{band}.tsv"
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    resources:
        mem_mb=memory_mb("calibrate_split"),
    params:
        settings=part(*SPLIT_SETTINGS),
        code=code_digest("calibrate_split.py"),
    message:
        "{wildcards.obs}: calibrating {wildcards.band} for all sources"
    shell:
        "exec calibrate_split.py --manifest {input.manifest:q}"
        " --band {wildcards.band} --concat {input.concat:q} --powers {input.powers:q}"
        " --flags {input.flags:q} --solution-flags {input.solution_flags:q}"
        " --table {input.table:q} --ionosphere {input.ionosphere:q}"
        " --sky-model {input.sky_model:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule image_source:
    input:
        manifest="<results>/{obs}/manifest.json",
        sky_model="<results>/{obs}/sky_model.json",
        splits=of_bands("<results>/{obs}/calibrated/{band}"),
    output:
        directory("<results>/{obs}/images/{source}"),
    log:
        "<logs>/{obs}/image_source/{source}.log",
    benchmark:
        "<benchmarks>/{obs}/image_source/{source}.tsv"
    conda:
        "../envs/wsclean.yaml"
    envmodules:
        *modules("wsclean"),
    threads: 1  # with more, sums are added in any order: results differ in the seventh digit
    resources:
        mem_mb=image_memory_mb("image_source"),
        runtime=long_runtime,
    params:
        settings=part(*IMAGE_SETTINGS, "imaging.source", "imaging.scintillation"),
        code=code_digest("image_source.py"),
    message:
        "{wildcards.obs}: imaging {wildcards.source}"
    shell:
        "exec image_source.py --source {wildcards.source}"
        " --manifest {input.manifest:q} --sky-model {input.sky_model:q} --splits {input.splits:q}"
        " --settings {params.settings:q} --threads {threads} --memory-mb {resources.mem_mb}"
        " --output {output:q} > {log:q} 2>&1"


rule image_allsky:
    input:
        manifest="<results>/{obs}/manifest.json",
        splits=of_bands("<results>/{obs}/calibrated/{band}"),
    output:
        directory("<results>/{obs}/images/allsky"),
    log:
        "<logs>/{obs}/image_allsky.log",
    benchmark:
        "<benchmarks>/{obs}/image_allsky.tsv"
    conda:
        "../envs/wsclean.yaml"
    envmodules:
        *modules("wsclean"),
    threads: 2  # images side by side, each by a WSClean of one thread
    resources:
        mem_mb=image_memory_mb("image_allsky"),
        runtime=long_runtime,
    params:
        settings=part(*IMAGE_SETTINGS, "imaging.allsky"),
        code=code_digest("image_allsky.py"),
    message:
        "{wildcards.obs}: imaging the whole sky"
    shell:
        "exec image_allsky.py --manifest {input.manifest:q}"
        " --splits {input.splits:q} --settings {params.settings:q} --threads {threads}"
        " --memory-mb {resources.mem_mb} --output {output:q} > {log:q} 2>&1"


rule measure:
    input:
        sky_model="<results>/{obs}/sky_model.json",
        images=of_sources("<results>/{obs}/images/{source}"),
        allsky="<results>/{obs}/images/allsky",
        component_lists=component_lists,
    output:
        measurements="<results>/{obs}/qa/measurements.json",
        spectra="<results>/{obs}/qa/spectra.csv",
        offsets="<results>/{obs}/qa/offsets.csv",
        scintillation="<results>/{obs}/qa/scintillation.csv",
    log:
        "<logs>/{obs}/measure.log",
    benchmark:
        "<benchmarks>/{obs}/measure.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        settings=section("measure"),
        code=code_digest("measure.py"),
    message:
        "{wildcards.obs}: measuring the sources"
    shell:
        "exec measure.py --sky-model {input.sky_model:q} --images {input.images:q} --allsky {input.allsky:q}"
        " --settings {params.settings:q} --output {output.measurements:q}"
        " --spectra {output.spectra:q} --offsets {output.offsets:q}"
        " --scintillation {output.scintillation:q} > {log:q} 2>&1"
