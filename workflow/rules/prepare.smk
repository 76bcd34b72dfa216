"""From raw measurement sets to flagged data, ready to calibrate.

Needs    raw measurement sets, opened read-only (config: input, input_ms or the sheet)
Makes    inventory.json, concat/<band>.ms, manifest.json, health.json, flags/<band>.npz and .json,
         reference.json
Steps    read the headers; concatenate the integrations of each sub-band and check the data (the
         only pass over the raw data); write the manifest; assess antenna health; flag; choose the
         reference antenna
"""


rule inventory:
    output:
        "<results>/{obs}/inventory.json",
    log:
        "<logs>/{obs}/inventory.log",
    benchmark:
        "<benchmarks>/{obs}/inventory.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        source=lambda wildcards: observation(wildcards).source,
        files=lambda wildcards: observation(wildcards).fingerprint(),
        code=code_digest("inventory.py"),
    message:
        "{wildcards.obs}: reading the headers of the raw data"
    shell:
        "exec inventory.py {params.source:q}"
        " --observation {wildcards.obs} --output {output:q} > {log:q} 2>&1"


rule concat:
    input:
        inventory="<results>/{obs}/inventory.json",
    output:
        ms=directory("<results>/{obs}/concat/{band}.ms"),
        powers="<results>/{obs}/concat/{band}.npz",
        findings="<results>/{obs}/concat/{band}.json",
    log:
        "<logs>/{obs}/concat/{band}.log",
    benchmark:
        "<benchmarks>/{obs}/concat/{band}.tsv"
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    resources:
        mem_mb=memory_mb("concat", record="inventory"),
    params:
        code=code_digest("concat.py"),
    message:
        "{wildcards.obs}: concatenating the integrations of {wildcards.band}"
    shell:
        "exec concat.py --inventory {input.inventory:q} --band {wildcards.band}"
        " --output {output.ms:q} --powers {output.powers:q} --findings {output.findings:q}"
        " > {log:q} 2>&1"


rule manifest:
    input:
        inventory="<results>/{obs}/inventory.json",
        findings=of_bands("<results>/{obs}/concat/{band}.json"),
    output:
        "<results>/{obs}/manifest.json",
    log:
        "<logs>/{obs}/manifest.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        code=code_digest("manifest.py"),
    message:
        "{wildcards.obs}: writing the manifest"
    shell:
        "exec manifest.py --inventory {input.inventory:q} --findings {input.findings:q}"
        " --output {output:q} > {log:q} 2>&1"


rule mnc_query:
    input:
        manifest="<results>/{obs}/manifest.json",
    output:
        "<results>/{obs}/mnc.json",
    log:
        "<logs>/{obs}/mnc_query.log",
    localrule: True
    conda:
        "../envs/mnc.yaml"
    envmodules:
        *modules("mnc"),
    params:
        settings=section_at("health", "mnc"),
        code=code_digest("mnc_query.py", "mnc_list.py"),
    message:
        "{wildcards.obs}: querying the antenna-health database"
    shell:
        "exec mnc_query.py --manifest {input.manifest:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule antenna_health:
    input:
        manifest="<results>/{obs}/manifest.json",
        mnc="<results>/{obs}/mnc.json",
        powers=of_bands("<results>/{obs}/concat/{band}.npz"),
    output:
        "<results>/{obs}/health.json",
    log:
        "<logs>/{obs}/antenna_health.log",
    benchmark:
        "<benchmarks>/{obs}/antenna_health.tsv"
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    resources:
        mem_mb=memory_mb("antenna_health"),
    params:
        settings=section("health"),
        cached_list=digest_of("health", "cached_list"),
        code=code_digest("antenna_health.py"),
    message:
        "{wildcards.obs}: assessing antenna health"
    shell:
        "exec antenna_health.py --manifest {input.manifest:q} --mnc {input.mnc:q}"
        " --powers {input.powers:q} --settings {params.settings:q} --output {output:q}"
        " > {log:q} 2>&1"


rule flag:
    input:
        manifest="<results>/{obs}/manifest.json",
        concat="<results>/{obs}/concat/{band}.ms",
        powers="<results>/{obs}/concat/{band}.npz",
        health="<results>/{obs}/health.json",
        strategy=configured_file("flagging", "strategy", unless="generic"),
    output:
        flags="<results>/{obs}/flags/{band}.npz",
        summary="<results>/{obs}/flags/{band}.json",
    log:
        "<logs>/{obs}/flag/{band}.log",
    benchmark:
        "<benchmarks>/{obs}/flag/{band}.tsv"
    conda:
        "../envs/aoflagger.yaml"
    envmodules:
        *modules("aoflagger"),
    resources:
        mem_mb=memory_mb("flag"),
    params:
        settings=part("flagging", "tools", "health.autocorrelation.enabled"),
        code=code_digest("flag.py", also=["strategies/stacked-baselines.lua"]),
    message:
        "{wildcards.obs}: flagging {wildcards.band}"
    shell:
        "exec flag.py --band {wildcards.band} --concat {input.concat:q} --powers {input.powers:q}"
        " --health {input.health:q} --settings {params.settings:q} --threads {threads}"
        " --output {output.flags:q} --summary {output.summary:q} > {log:q} 2>&1"


rule reference_antenna:
    input:
        manifest="<results>/{obs}/manifest.json",
        health="<results>/{obs}/health.json",
        flags=of_bands("<results>/{obs}/flags/{band}.json"),
    output:
        "<results>/{obs}/reference.json",
    log:
        "<logs>/{obs}/reference_antenna.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    envmodules:
        *modules("analysis"),
    params:
        antennas=section_at("bandpass", "reference_antennas"),
        max_flagged=section_at("bandpass", "reference_max_flagged"),
        code=code_digest("reference_antenna.py"),
    message:
        "{wildcards.obs}: choosing the reference antenna"
    shell:
        "exec reference_antenna.py --manifest {input.manifest:q}"
        " --health {input.health:q} --flags {input.flags:q} --antennas {params.antennas:q}"
        " --max-flagged {params.max_flagged:q} --output {output:q} > {log:q} 2>&1"
