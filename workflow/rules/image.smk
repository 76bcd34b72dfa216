"""From calibrated data to pictures and measurements.

Needs    concat/<band>.ms, flags/<band>.npz, tables/<stamp>_<band>.bcal, sky_model.json
Makes    calibrated/<band>/ (small sets, one a source and one at the zenith), images/<source>/,
         images/allsky/, qa/measurements.json and CSV files
Steps    calibrate, rotate and average for all sources in one read; image; measure
"""


localrules:
    measure,


rule calibrate_split:
    input:
        manifest="<results>/{obs}/manifest.json",
        concat="<results>/{obs}/concat/{band}.ms",
        flags="<results>/{obs}/flags/{band}.npz",
        table=of_stamp("<results>/{obs}/tables/{stamp}_{band}.bcal"),
        sky_model="<results>/{obs}/sky_model.json",
    output:
        directory("<results>/{obs}/calibrated/{band}"),
    params:
        settings=section("imaging"),
        code=code_digest("calibrate_split.py"),
    log:
        "<logs>/{obs}/calibrate_split/{band}.log",
    benchmark:
        "<benchmarks>/{obs}/calibrate_split/{band}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=memory_mb("calibrate_split"),
    message:
        "{wildcards.obs}: calibrating {wildcards.band} for all sources"
    shell:
        "python {SCRIPTS:q}/calibrate_split.py --manifest {input.manifest:q}"
        " --band {wildcards.band} --concat {input.concat:q} --flags {input.flags:q}"
        " --table {input.table:q} --sky-model {input.sky_model:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule image_source:
    input:
        manifest="<results>/{obs}/manifest.json",
        sky_model="<results>/{obs}/sky_model.json",
        splits=of_bands("<results>/{obs}/calibrated/{band}"),
    output:
        directory("<results>/{obs}/images/{source}"),
    params:
        settings=section("imaging", "tools"),
        code=code_digest("image_source.py"),
    log:
        "<logs>/{obs}/image_source/{source}.log",
    benchmark:
        "<benchmarks>/{obs}/image_source/{source}.tsv"
    conda:
        "../envs/wsclean.yaml"
    threads: 2
    resources:
        mem_mb=memory_mb("image"),
    message:
        "{wildcards.obs}: imaging {wildcards.source}"
    shell:
        "python {SCRIPTS:q}/image_source.py --source {wildcards.source}"
        " --manifest {input.manifest:q} --sky-model {input.sky_model:q} --splits {input.splits:q}"
        " --settings {params.settings:q} --threads {threads} --memory-mb {resources.mem_mb}"
        " --output {output:q} > {log:q} 2>&1"


rule image_allsky:
    input:
        manifest="<results>/{obs}/manifest.json",
        splits=of_bands("<results>/{obs}/calibrated/{band}"),
    output:
        directory("<results>/{obs}/images/allsky"),
    params:
        settings=section("imaging", "tools"),
        code=code_digest("image_allsky.py"),
    log:
        "<logs>/{obs}/image_allsky.log",
    benchmark:
        "<benchmarks>/{obs}/image_allsky.tsv"
    conda:
        "../envs/wsclean.yaml"
    threads: 2
    resources:
        mem_mb=memory_mb("image"),
    message:
        "{wildcards.obs}: imaging the whole sky"
    shell:
        "python {SCRIPTS:q}/image_allsky.py --manifest {input.manifest:q}"
        " --splits {input.splits:q} --settings {params.settings:q} --threads {threads}"
        " --memory-mb {resources.mem_mb} --output {output:q} > {log:q} 2>&1"


rule measure:
    input:
        manifest="<results>/{obs}/manifest.json",
        sky_model="<results>/{obs}/sky_model.json",
        images=of_sources("<results>/{obs}/images/{source}"),
        allsky="<results>/{obs}/images/allsky",
    output:
        measurements="<results>/{obs}/qa/measurements.json",
        spectra="<results>/{obs}/qa/spectra.csv",
        offsets="<results>/{obs}/qa/offsets.csv",
        scintillation="<results>/{obs}/qa/scintillation.csv",
    params:
        settings=section("measure"),
        code=code_digest("measure.py"),
    log:
        "<logs>/{obs}/measure.log",
    benchmark:
        "<benchmarks>/{obs}/measure.tsv"
    conda:
        "../envs/analysis.yaml"
    message:
        "{wildcards.obs}: measuring the sources"
    shell:
        "python {SCRIPTS:q}/measure.py --manifest {input.manifest:q}"
        " --sky-model {input.sky_model:q} --images {input.images:q} --allsky {input.allsky:q}"
        " --settings {params.settings:q} --output {output.measurements:q}"
        " --spectra {output.spectra:q} --offsets {output.offsets:q}"
        " --scintillation {output.scintillation:q} > {log:q} 2>&1"
