"""The sky model as seen by each dipole.

Needs    manifest.json
Makes    sky_model.json (every source and channel), sky_model.csv, sky_model.cl (CASA)
Steps    compute positions and fluxes; apply the X and Y beams; leave out low and faint sources
"""


rule sky_model:
    input:
        manifest="<results>/{obs}/manifest.json",
        beam=configured_file("beam", "file"),
        component_lists=component_lists,
    output:
        json="<results>/{obs}/sky_model.json",
        csv="<results>/{obs}/sky_model.csv",
        components=directory("<results>/{obs}/sky_model.cl"),
    log:
        "<logs>/{obs}/sky_model.log",
    benchmark:
        "<benchmarks>/{obs}/sky_model.tsv"
    conda:
        "../envs/casa.yaml"
    envmodules:
        *modules("casa"),
    params:
        settings=section("sky_model", "beam"),
        code=code_digest("sky_model.py"),
    message:
        "{wildcards.obs}: computing the sky model"
    shell:
        "exec sky_model.py --manifest {input.manifest:q}"
        " --settings {params.settings:q} --json {output.json:q} --csv {output.csv:q}"
        " --component-list {output.components:q} > {log:q} 2>&1"
