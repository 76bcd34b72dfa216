"""From flagged data and a sky model to calibration tables.

Needs    concat/<band>.ms and .npz, flags/<band>.npz, sky_model.json, reference.json
Makes    ionosphere.json, tables/<stamp>_<band>.bcal (what the beamformer loads), tables/<stamp>.K,
         tables/bandpass_flags.npz and .json, delay/delays.csv, delay/delay.json
Steps    solve each sub-band; separate ionosphere and instrument, take the former out; flag the
         solutions of all sub-bands together; fit delays
"""


rule bandpass:
    input:
        manifest="<results>/{obs}/manifest.json",
        concat="<results>/{obs}/concat/{band}.ms",
        powers="<results>/{obs}/concat/{band}.npz",
        flags="<results>/{obs}/flags/{band}.npz",
        sky_model="<results>/{obs}/sky_model.json",
        component_lists=component_lists,
        reference="<results>/{obs}/reference.json",
    output:
        table=directory("<results>/{obs}/tables/raw/{band}.bcal"),
        summary="<results>/{obs}/tables/raw/{band}.json",
    log:
        "<logs>/{obs}/bandpass/{band}.log",
    benchmark:
        "<benchmarks>/{obs}/bandpass/{band}.tsv"
    conda:
        "../envs/casa.yaml"
    envmodules:
        *modules("casa"),
    threads: 2
    resources:
        mem_mb=memory_mb("bandpass"),
        runtime=long_runtime,
    params:
        settings=section("bandpass"),
        code=code_digest("bandpass.py"),
    message:
        "{wildcards.obs}: solving the bandpass of {wildcards.band}"
    shell:
        "exec bandpass.py --manifest {input.manifest:q} --band {wildcards.band}"
        " --concat {input.concat:q} --powers {input.powers:q} --flags {input.flags:q}"
        " --sky-model {input.sky_model:q}"
        " --reference {input.reference:q} --settings {params.settings:q} --threads {threads}"
        " --output {output.table:q} --summary {output.summary:q} > {log:q} 2>&1"


rule ionosphere:
    input:
        manifest="<results>/{obs}/manifest.json",
        sky_model="<results>/{obs}/sky_model.json",
        tables=of_bands("<results>/{obs}/tables/raw/{band}.bcal"),
        summaries=of_bands("<results>/{obs}/tables/raw/{band}.json"),
        last_tables=last_tables,
    output:
        "<results>/{obs}/ionosphere.json",
    log:
        "<logs>/{obs}/ionosphere.log",
    benchmark:
        "<benchmarks>/{obs}/ionosphere.tsv"
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        settings=section("ionosphere"),
        code=code_digest("ionosphere.py"),
    message:
        "{wildcards.obs}: separating ionosphere and instrument"
    shell:
        "exec ionosphere.py --manifest {input.manifest:q} --sky-model {input.sky_model:q}"
        " --tables {input.tables:q} --summaries {input.summaries:q}"
        " --last-tables {input.last_tables:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule flag_solutions:
    input:
        manifest="<results>/{obs}/manifest.json",
        ionosphere="<results>/{obs}/ionosphere.json",
        health="<results>/{obs}/health.json",
        reference="<results>/{obs}/reference.json",
        tables=of_bands("<results>/{obs}/tables/raw/{band}.bcal"),
        summaries=of_bands("<results>/{obs}/tables/raw/{band}.json"),
        powers=of_bands("<results>/{obs}/concat/{band}.npz"),
    output:
        flags="<results>/{obs}/tables/bandpass_flags.npz",
        summary="<results>/{obs}/tables/bandpass_flags.json",
    log:
        "<logs>/{obs}/flag_solutions.log",
    benchmark:
        "<benchmarks>/{obs}/flag_solutions.tsv"
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        settings=part("solution_flags", "health.autocorrelation.enabled"),
        code=code_digest("flag_solutions.py"),
    message:
        "{wildcards.obs}: flagging the bandpass solutions of all sub-bands"
    shell:
        "exec flag_solutions.py --manifest {input.manifest:q}"
        " --health {input.health:q} --reference {input.reference:q} --tables {input.tables:q}"
        " --summaries {input.summaries:q} --powers {input.powers:q}"
        " --ionosphere {input.ionosphere:q}"
        " --settings {params.settings:q} --flags {output.flags:q}"
        " --summary {output.summary:q} > {log:q} 2>&1"


rule bandpass_table:
    input:
        manifest="<results>/{obs}/manifest.json",
        raw="<results>/{obs}/tables/raw/{band}.bcal",
        flags="<results>/{obs}/tables/bandpass_flags.npz",
    output:
        table=directory("<results>/{obs}/tables/{stamp}_{band}.bcal"),
    log:
        "<logs>/{obs}/bandpass_table/{stamp}_{band}.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        code=code_digest("bandpass_table.py"),
    message:
        "{wildcards.obs}: writing the bandpass table of {wildcards.band}"
    shell:
        "exec bandpass_table.py --manifest {input.manifest:q}"
        " --band {wildcards.band} --raw {input.raw:q} --flags {input.flags:q} --output {output.table:q}"
        " > {log:q} 2>&1"


rule delay:
    input:
        manifest="<results>/{obs}/manifest.json",
        reference="<results>/{obs}/reference.json",
        sky_model="<results>/{obs}/sky_model.json",
        component_lists=component_lists,
        concat=of_bands("<results>/{obs}/concat/{band}.ms"),
        powers=of_bands("<results>/{obs}/concat/{band}.npz"),
        flags=of_bands("<results>/{obs}/flags/{band}.npz"),
        solutions="<results>/{obs}/tables/bandpass_flags.npz",
        solution_flags="<results>/{obs}/tables/bandpass_flags.json",
        reference_table=configured_file("delay", "reference_table"),
    output:
        csv="<results>/{obs}/delay/delays.csv",
        summary="<results>/{obs}/delay/delay.json",
    log:
        "<logs>/{obs}/delay.log",
    benchmark:
        "<benchmarks>/{obs}/delay.tsv"
    conda:
        "../envs/casa.yaml"
    envmodules:
        *modules("casa"),
    threads: 2
    resources:
        mem_mb=memory_mb("delay"),
        runtime=long_runtime,
    params:
        settings=section("delay", "bandpass"),
        code=code_digest("delay.py"),
    message:
        "{wildcards.obs}: fitting delays"
    shell:
        "exec delay.py --manifest {input.manifest:q} --reference {input.reference:q}"
        " --concat {input.concat:q} --powers {input.powers:q} --flags {input.flags:q}"
        " --sky-model {input.sky_model:q}"
        " --solutions {input.solutions:q} --solution-flags {input.solution_flags:q}"
        " --settings {params.settings:q} --threads {threads}"
        " --csv {output.csv:q} --summary {output.summary:q}"
        " > {log:q} 2>&1"


rule delay_table:
    input:
        manifest="<results>/{obs}/manifest.json",
        summary="<results>/{obs}/delay/delay.json",
    output:
        table=directory("<results>/{obs}/tables/{stamp}.K"),
    log:
        "<logs>/{obs}/delay_table/{stamp}.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        code=code_digest("delay_table.py"),
    message:
        "{wildcards.obs}: writing the delay table"
    shell:
        "exec delay_table.py --manifest {input.manifest:q}"
        " --delays {input.summary:q} --output {output.table:q} > {log:q} 2>&1"
