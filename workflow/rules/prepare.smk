"""From raw measurement sets to data that can be calibrated.

Needs    raw measurement sets, opened read-only (config: input, input_ms or the sheet)
Makes    manifest.json, health.json, reference.json, concat/<band>.ms, flags/<band>.npz and .json
Steps    say what is there; join the integrations of a sub-band; judge the antennas; flag
"""


localrules:
    manifest,
    mnc_query,
    reference_antenna,


rule manifest:
    output:
        "<results>/{obs}/manifest.json",
    params:
        input_dir=lambda wildcards: observation(wildcards).input_dir,
        input_ms=lambda wildcards: observation(wildcards).input_ms,
        files=lambda wildcards: observation(wildcards).fingerprint(),
        code=code_digest("manifest.py"),
    log:
        "<logs>/{obs}/manifest.log",
    benchmark:
        "<benchmarks>/{obs}/manifest.tsv"
    conda:
        "../envs/analysis.yaml"
    message:
        "{wildcards.obs}: what the observation consists of"
    shell:
        "python {SCRIPTS:q}/manifest.py --input {params.input_dir:q} --input-ms {params.input_ms:q}"
        " --observation {wildcards.obs} --output {output:q} > {log:q} 2>&1"


rule concat:
    input:
        manifest="<results>/{obs}/manifest.json",
    output:
        ms=directory("<results>/{obs}/concat/{band}.ms"),
    params:
        code=code_digest("concat.py"),
    log:
        "<logs>/{obs}/concat/{band}.log",
    benchmark:
        "<benchmarks>/{obs}/concat/{band}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=memory_mb("concat"),
    message:
        "{wildcards.obs}: joining the integrations of {wildcards.band}"
    shell:
        "python {SCRIPTS:q}/concat.py --manifest {input.manifest:q} --band {wildcards.band}"
        " --output {output.ms:q} > {log:q} 2>&1"


rule mnc_query:
    input:
        manifest="<results>/{obs}/manifest.json",
    output:
        "<results>/{obs}/mnc.json",
    params:
        settings=section_at("health", "mnc"),
        code=code_digest("mnc_query.py", "mnc_list.py"),
    log:
        "<logs>/{obs}/mnc_query.log",
    conda:
        "../envs/mnc.yaml"
    message:
        "{wildcards.obs}: asking the antenna-health database"
    shell:
        "python {SCRIPTS:q}/mnc_query.py --manifest {input.manifest:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule antenna_health:
    input:
        manifest="<results>/{obs}/manifest.json",
        mnc="<results>/{obs}/mnc.json",
        concat=of_bands("<results>/{obs}/concat/{band}.ms"),
    output:
        "<results>/{obs}/health.json",
    params:
        settings=section("health"),
        code=code_digest("antenna_health.py"),
    log:
        "<logs>/{obs}/antenna_health.log",
    benchmark:
        "<benchmarks>/{obs}/antenna_health.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=memory_mb("antenna_health"),
    message:
        "{wildcards.obs}: judging the antennas"
    shell:
        "python {SCRIPTS:q}/antenna_health.py --manifest {input.manifest:q} --mnc {input.mnc:q}"
        " --concat {input.concat:q} --settings {params.settings:q} --output {output:q}"
        " > {log:q} 2>&1"


rule reference_antenna:
    input:
        manifest="<results>/{obs}/manifest.json",
        health="<results>/{obs}/health.json",
    output:
        "<results>/{obs}/reference.json",
    params:
        settings=section_at("bandpass", "reference_antennas"),
        code=code_digest("reference_antenna.py"),
    log:
        "<logs>/{obs}/reference_antenna.log",
    conda:
        "../envs/analysis.yaml"
    message:
        "{wildcards.obs}: choosing the reference antenna"
    shell:
        "python {SCRIPTS:q}/reference_antenna.py --manifest {input.manifest:q}"
        " --health {input.health:q} --antennas {params.settings:q} --output {output:q}"
        " > {log:q} 2>&1"


rule flag:
    input:
        manifest="<results>/{obs}/manifest.json",
        concat="<results>/{obs}/concat/{band}.ms",
        health="<results>/{obs}/health.json",
    output:
        flags="<results>/{obs}/flags/{band}.npz",
        summary="<results>/{obs}/flags/{band}.json",
    params:
        settings=section("flagging", "tools"),
        code=code_digest("flag.py"),
    log:
        "<logs>/{obs}/flag/{band}.log",
    benchmark:
        "<benchmarks>/{obs}/flag/{band}.tsv"
    conda:
        "../envs/aoflagger.yaml"
    resources:
        mem_mb=memory_mb("flag"),
    message:
        "{wildcards.obs}: flagging {wildcards.band}"
    shell:
        "python {SCRIPTS:q}/flag.py --band {wildcards.band} --concat {input.concat:q}"
        " --health {input.health:q} --settings {params.settings:q} --threads {threads}"
        " --output {output.flags:q} --summary {output.summary:q} > {log:q} 2>&1"
