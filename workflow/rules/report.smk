"""From measurements to a verdict, for people and for programs.

Needs    the records of all earlier steps
Makes    qa.json, run.json, report.pdf, report.html, outcome.json and its link, trends and
         suggested_flags.json
Steps    assess; record the provenance; write the report; link by verdict; update the trends; on
         request promote the tables to references for later nights (promoted.json), publish them to
         the beamformer (published.json) or clean up (cleanup.json)
"""


rule assess:
    input:
        manifest="<results>/{obs}/manifest.json",
        health="<results>/{obs}/health.json",
        flags=of_bands("<results>/{obs}/flags/{band}.json"),
        bandpass=of_bands("<results>/{obs}/tables/raw/{band}.json"),
        solutions="<results>/{obs}/tables/bandpass_flags.json",
        delay="<results>/{obs}/delay/delay.json",
        sky_model="<results>/{obs}/sky_model.json",
        measurements="<results>/{obs}/qa/measurements.json",
    output:
        "<results>/{obs}/qa.json",
    log:
        "<logs>/{obs}/assess.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        settings=section("quality", "delay"),
        code=code_digest("assess.py"),
    message:
        "{wildcards.obs}: assessing the calibration"
    shell:
        "exec assess.py --manifest {input.manifest:q} --health {input.health:q}"
        " --flags {input.flags:q} --bandpass {input.bandpass:q} --solutions {input.solutions:q}"
        " --delay {input.delay:q} --sky-model {input.sky_model:q}"
        " --measurements {input.measurements:q} --settings {params.settings:q}"
        " --output {output:q} > {log:q} 2>&1"


rule run_record:
    input:
        quality="<results>/{obs}/qa.json",
        tables=of_bands("<results>/{obs}/tables/{stamp}_{band}.bcal"),
        delays=of_stamp("<results>/{obs}/tables/{stamp}.K"),
    output:
        "<results>/{obs}/run.json",
    log:
        "<logs>/{obs}/run_record.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        settings=whole_configuration,
        benchmarks=lambda wildcards: str(BENCHMARKS / wildcards.obs),
        code=code_digest("run_record.py"),
    message:
        "{wildcards.obs}: recording versions, configuration and run times"
    shell:
        "exec run_record.py --observation {wildcards.obs}"
        " --settings {params.settings:q} --benchmarks {params.benchmarks:q} --output {output:q}"
        " > {log:q} 2>&1"


rule report:
    input:
        quality="<results>/{obs}/qa.json",
        run="<results>/{obs}/run.json",
        manifest="<results>/{obs}/manifest.json",
        health="<results>/{obs}/health.json",
        flags=of_bands("<results>/{obs}/flags/{band}.json"),
        solutions="<results>/{obs}/tables/bandpass_flags.npz",
        ionosphere="<results>/{obs}/ionosphere.json",
        delay="<results>/{obs}/delay/delay.json",
        sky_model="<results>/{obs}/sky_model.json",
        measurements="<results>/{obs}/qa/measurements.json",
        images=of_sources("<results>/{obs}/images/{source}"),
        allsky="<results>/{obs}/images/allsky",
    output:
        pdf=report(
            "<results>/{obs}/report.pdf",
            caption="../report/report.rst",
            category="{obs}",
            subcategory="report",
            labels={"product": "report (PDF)"},
        ),
        html=report(
            "<results>/{obs}/report.html",
            caption="../report/report.rst",
            category="{obs}",
            subcategory="report",
            labels={"product": "interactive report (HTML)"},
        ),
        figures=report(
            directory("<results>/{obs}/figures"),
            patterns=["{figure}.png"],
            caption="../report/figures.rst",
            category="{obs}",
            subcategory="figures",
            labels=figure_labels,
        ),
    log:
        "<logs>/{obs}/report.log",
    benchmark:
        "<benchmarks>/{obs}/report.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        results=folder_above(2),
        code=code_digest("report.py", with_report=True),
    message:
        "{wildcards.obs}: writing the report"
    shell:
        "exec report.py --qa {input.quality:q} --run {input.run:q}"
        " --manifest {input.manifest:q} --health {input.health:q} --flags {input.flags:q}"
        " --solutions {input.solutions:q} --ionosphere {input.ionosphere:q}"
        " --delay {input.delay:q}"
        " --sky-model {input.sky_model:q} --measurements {input.measurements:q}"
        " --images {input.images:q} --allsky {input.allsky:q} --results {params.results:q}"
        " --pdf {output.pdf:q} --html {output.html:q} --figures {output.figures:q}"
        " > {log:q} 2>&1"


rule outcome:
    input:
        quality="<results>/{obs}/qa.json",
        reports=["<results>/{obs}/report.pdf", "<results>/{obs}/report.html"],
    output:
        "<results>/{obs}/outcome.json",
    log:
        "<logs>/{obs}/outcome.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        settings=section("outcome"),
        results=folder_above(2),
        code=code_digest("outcome.py"),
    message:
        "{wildcards.obs}: linking by verdict"
    shell:
        "exec outcome.py --qa {input.quality:q} --results {params.results:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule trends:
    input:
        with_verdict,
    output:
        database="<results>/trends.sqlite",
        html=report(
            "<results>/trends.html",
            caption="../report/trends.rst",
            category="All nights",
            labels={"product": "trends"},
        ),
        flags="<results>/suggested_flags.json",
    log:
        "<logs>/trends.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        settings=settings.section_json(SETTINGS, "trends"),
        results=folder_above(1),
        code=code_digest("trends.py", with_report=True),
    message:
        "Updating the trends"
    shell:
        "exec trends.py --results {params.results:q} --settings {params.settings:q}"
        " --database {output.database:q} --flags {output.flags:q} --html {output.html:q}"
        " > {log:q} 2>&1"


rule promote:
    input:
        quality="<results>/{obs}/qa.json",
        tables=of_bands("<results>/{obs}/tables/{stamp}_{band}.bcal"),
        delays=of_stamp("<results>/{obs}/tables/{stamp}.K"),
    output:
        "<results>/{obs}/promoted.json",
    log:
        "<logs>/{obs}/promote.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        settings=section("delay"),
        code=code_digest("promote.py"),
    message:
        "{wildcards.obs}: promoting its tables to references for later nights"
    shell:
        "exec promote.py --qa {input.quality:q} --tables {input.delays:q} {input.tables:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule publish:
    input:
        quality="<results>/{obs}/qa.json",
        run="<results>/{obs}/run.json",
        manifest="<results>/{obs}/manifest.json",
        tables=of_bands("<results>/{obs}/tables/{stamp}_{band}.bcal"),
    output:
        "<results>/{obs}/published.json",
    log:
        "<logs>/{obs}/publish.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        settings=section("publish"),
        moved=link_moved,
        results=folder_above(2),
        code=code_digest("publish.py"),
    message:
        "{wildcards.obs}: publishing its tables to the beamformer"
    shell:
        "exec publish.py --qa {input.quality:q} --run {input.run:q} --manifest {input.manifest:q}"
        " --tables {input.tables:q} --database {params.results:q}/trends.sqlite"
        " --settings {params.settings:q} --moved={params.moved:q} --output {output:q}"
        " > {log:q} 2>&1"


rule cleanup:
    input:
        quality="<results>/{obs}/qa.json",
        run="<results>/{obs}/run.json",
        reports=["<results>/{obs}/report.pdf", "<results>/{obs}/report.html"],
    output:
        "<results>/{obs}/cleanup.json",
    log:
        "<logs>/{obs}/cleanup.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        settings=section("cleanup"),
        directory=folder_above(1),
        code=code_digest("cleanup.py"),
    message:
        "{wildcards.obs}: removing the large intermediate data"
    shell:
        "exec cleanup.py --qa {input.quality:q} --directory {params.directory:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"
