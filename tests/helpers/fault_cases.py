"""The table of faults: the planted fault, the job it affects, its log, and the outcome."""

from __future__ import annotations

import fault_plants as plants
import fault_programs
from fault_cases_data import PRODUCTS, RAW_DATA, SKY
from fault_cases_nights import NIGHTS
from fault_row import RERUN, Case, error, fallback, killed

REFERENCES = {"reference_dir": "{folder}/references", "promote_verdict": "fail"}
BEAMFORMER = {
    "folder": "{folder}/beamformer",
    "force": True,
    "sub_bands": 2,
    "antennas": 16,
    "channels": 12,
}
KILLED = [
    killed("inventory", "os.rename inventory.json", "before its record is in place"),
    killed("concat 59MHz", "os.rename 59MHz.ms", "before the set is in place"),
    killed("concat 73MHz", "os.rename 73MHz.json", "between set and findings"),
    killed("manifest", "os.rename manifest.json", "before its record is in place"),
    killed("mnc_query", "os.rename mnc.json", "before its record is in place"),
    killed("antenna_health", "os.rename health.json", "before its record is in place"),
    killed("flag 59MHz", "os.rename 59MHz.json", "between flags and summary"),
    killed("reference_antenna", "os.rename reference.json", "before its record is in place"),
    killed("sky_model", "os.rename sky_model.cl", "before the component list is in place"),
    killed("bandpass 59MHz", "os.rename 59MHz.bcal", "before the table is in place"),
    killed("ionosphere", "os.rename ionosphere.json", "before its record is in place"),
    killed("flag_solutions", "os.rename bandpass_flags.json", "between flags and summary"),
    killed("bandpass_table 73MHz", "os.rename 73MHz.bcal", "before the table is in place"),
    killed("delay", "os.rename delays.csv", "between record and list"),
    killed("delay_table", "os.rename .K", "before the table is in place"),
    killed("calibrate_split 59MHz", "os.rename calibrated/59MHz", "before its sets are in place"),
    killed("image_source CygA", "os.rename images/CygA", "before the images are in place"),
    killed("image_allsky", "os.rename images/allsky", "before the images are in place"),
    killed("measure", "os.rename offsets.csv", "between two of its lists"),
    killed("assess", "os.rename qa.json", "before the verdict is in place"),
    killed("run_record", "os.rename run.json", "before its record is in place"),
    killed("report", "os.rename report.html", "between PDF and page"),
    killed("outcome", "os.rename outcome.json", "between link and record"),
    killed("trends", "os.rename trends.html", "between database and page"),
    killed(
        "promote",
        "os.rename 73MHz.bcal",
        "while copying the tables",
        plants.for_good(delay=REFERENCES),
    ),
    killed(
        "publish",
        "os.rename beamformer/latest",
        "before the version becomes active",
        plants.for_good(publish=BEAMFORMER),
    ),
    killed("cleanup", "shutil.rmtree .old", "while removing data"),
]

# A program that records its process number for the test and never ends by itself
HANGS = 'echo $$ > "$TMPDIR/../program.$$"; touch "$TMPDIR/../started"; exec sleep 100'
# A program that tries to outlive its job
KILLS = 'kill -9 $PPID; sleep 0.2; touch "$TMPDIR/../outlived"'
STOPPED = [
    Case(
        "image_source CygA: killed while WSClean runs",
        "image_source CygA",
        plants.program("wsclean", KILLS),
        "killed",
        (),
        "WSClean ends with its job. The next job that needs scratch space cleans up TMPDIR. "
        + RERUN,
    ),
    Case(
        "image_allsky: terminated (SIGTERM) while WSClean hangs",
        "image_allsky",
        plants.both(plants.program("wsclean", HANGS), plants.told_to_stop("started")),
        "stopped",
        ("error: stopped by SIGTERM", "--set-resources", "Run again"),
        "WSClean is terminated and incomplete files are removed. " + RERUN,
    ),
    Case(
        "mnc_query: terminated (SIGTERM) while the database does not answer",
        "mnc_query",
        plants.both(
            plants.settings(timeout_s=100),
            plants.module(
                "mnc",
                "import os, time\n"
                "open(os.environ['TMPDIR'] + '/../started', 'w').close()\n"
                "time.sleep(100)\n",
            ),
            plants.told_to_stop("started"),
        ),
        "error",
        ("error: stopped by signal 15",),
        RERUN,
    ),
]

ROOM = ("Free space there", "key results")
DISK = [
    error(
        "the disk of the products is full before concat begins",
        "concat 59MHz",
        plants.full_disk("concat", 200_000),
        ("59MHz.ms needs about", "MB free", *ROOM),
        "The space for a set is checked before it is written. " + RERUN,
    ),
    error(
        "the disk becomes full while concat writes",
        "concat 59MHz",
        plants.largest_file(100_000),
        ("59MHz.ms", *ROOM),
    ),
    error(
        "the disk is full when flags are written",
        "flag 59MHz",
        plants.largest_file(400),
        ("flags/59MHz.npz", "File too large", *ROOM),
    ),
    error(
        "the disk is full before a table is written",
        "delay_table",
        plants.full_disk("tables", 40_000),
        (".K needs about", "MB free", *ROOM),
    ),
    error(
        "the disk is full when calibrated sets are written",
        "calibrate_split 59MHz",
        plants.largest_file(20_000),
        ROOM,
    ),
    error(
        "the disk is full when the verdict is written",
        "assess",
        plants.largest_file(5000),
        ("qa.json", *ROOM),
    ),
    error(
        "the disk is full when the report is written",
        "report",
        plants.largest_file(60_000),
        ("report", *ROOM),
        again=False,
    ),
    error(
        "the disk is full when the trends database is written",
        "trends",
        plants.largest_file(8000),
        ROOM,
    ),
    error(
        "WSClean exceeds the file size limit",
        "image_source CasA",
        plants.largest_file(30_000),
        ("wsclean", "signal 25 (SIGXFSZ)", "ulimit"),
        again=False,
    ),
    error(
        "the folder of the products is not writable",
        "assess",
        plants.forbidden(lambda place: place.path("."), 0o555),
        ("qa.json", "Permission denied", "chmod", "key results"),
    ),
]

IMAGES = ("has not made", "tools.wsclean")
LUA = "function execute(data)\n  this is not Lua\nend\n"


TOOLS = [
    fallback(
        "MNC hangs in a script that wraps its Python",
        "mnc_query",
        plants.wrapper("sleep 100 & wait", timeout_s=1, tries=1),
        ("no answer within 1 s (health.mnc.timeout_s)",),
        "It is terminated with all its child processes. health.cached_list is used if it is set,"
        " and the autocorrelations in any case; health.json records this.",
    ),
    fallback(
        "MNC prints an invalid answer",
        "mnc_query",
        plants.module("mnc", "print('connecting ...\\n{\"bad\": 7}')\nraise SystemExit\n"),
        ("exit code 0",),
        "As above.",
    ),
    fallback(
        "MNC crashes",
        "mnc_query",
        plants.module("mnc", "import os\nos.abort()\n"),
        ("exit code -6",),
        "As above.",
    ),
    error(
        "WSClean is not installed",
        "image_source CygA",
        plants.settings(tools__wsclean="wsclean-9"),
        ("'wsclean-9' is not on PATH", "tools.wsclean"),
        again=False,
    ),
    error(
        "WSClean fails",
        "image_source CygA",
        plants.program("wsclean", "echo no such column; exit 1"),
        ("no such column", "exit code 1"),
        again=False,
    ),
    error(
        "WSClean is killed for lack of memory",
        "image_allsky",
        plants.program("wsclean", "kill -9 $$"),
        ("signal 9 (SIGKILL)", "lack of memory", "--set-resources"),
        again=False,
    ),
    error(
        "WSClean succeeds but makes no image",
        "image_source CasA",
        plants.program("wsclean", "exit 0"),
        IMAGES,
    ),
    error(
        "WSClean makes no all-sky image",
        "image_allsky",
        plants.program("wsclean", "exit 0"),
        IMAGES,
        again=False,
    ),
    error(
        "the AOFlagger program is not installed",
        "flag 59MHz",
        plants.settings(flagging__strategy="generic", tools__aoflagger="aoflagger-9"),
        ("'aoflagger-9' is not on PATH", "tools.aoflagger"),
    ),
    error(
        "the AOFlagger program fails",
        "flag 59MHz",
        plants.both(plants.strategy(""), plants.program("aoflagger", "echo no memory; exit 3")),
        ("no memory", "exit code 3", "flagging.strategy"),
    ),
    error(
        "an AOFlagger strategy contains an error",
        "flag 59MHz",
        plants.strategy(LUA),
        ("flagging.strategy", "strategy.lua"),
    ),
    error(
        "the AOFlagger package is not installed",
        "flag 59MHz",
        plants.module("aoflagger", "raise ImportError('libaoflagger.so is missing')\n"),
        ("libaoflagger.so is missing", "pip install", "flagging.strategy: generic"),
    ),
    error(
        "the AOFlagger package fails",
        "flag 59MHz",
        plants.module("aoflagger", fault_programs.FAILING_AOFLAGGER),
        ("has no function execute", "flagging.aoflagger: false"),
    ),
    fallback(
        "CASA's bandpass fails",
        "bandpass 59MHz",
        plants.both(
            plants.settings(bandpass__engine="casa"),
            plants.module("casatasks", fault_programs.FAILING_CASA),
        ),
        ("no table for 59MHz", "the calibrater is closed", '"failed"'),
        "All solutions of the sub-band are flagged, with the reason; the others continue, and the"
        " verdict takes it into account.",
    ),
    error(
        "CASA is not installed",
        "bandpass 59MHz",
        plants.both(
            plants.settings(bandpass__engine="casa"),
            plants.module("casatasks", "raise ImportError('no casatools')\n"),
        ),
        ("no casatools", "Python environment of this rule"),
    ),
]

SECTIONS = {
    "Killed at the worst moment (SIGKILL)": KILLED,
    "Killed or stopped while a program runs": STOPPED,
    "Disks and permissions": DISK,
    "Programs and packages": TOOLS,
    "Raw data": RAW_DATA,
    "Products": PRODUCTS,
    "Sky and antennas": SKY,
    "Other nights": NIGHTS,
}
CASES = [case for cases in SECTIONS.values() for case in cases]
