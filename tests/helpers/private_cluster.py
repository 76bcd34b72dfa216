"""A private Slurm on this machine: one node, no accounting, no systemd, and nothing left behind.

Its configuration has to be /etc/slurm/slurm.conf, because Snakemake's plugin takes the variables
SLURM_* (and so SLURM_CONF) out of the environment of a job. A file there that these tests did not
write is never touched.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

CONFIGURATION = Path("/etc/slurm/slurm.conf")
MARK = "# Made by the tests of ovro-lwa-calibration, and removed by them."
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "setpriv")
PARTITIONS = ("general", "short")
START_SECONDS, STOP_SECONDS, OTHER_SECONDS = 20, 10, 1200

# Memory is enforced by looking at the processes of a job each second, which needs no cgroups.
TEXT = """\
ClusterName=lwacal-tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
MinJobAge=600
KillWait=2
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={processors} RealMemory={memory_mb}
"""


class UnavailableError(Exception):
    """Why there cannot be a private Slurm here, in words."""


@dataclass(frozen=True)
class Job:
    """A job as squeue tells it: ``memory`` such as 600M, ``time_limit`` such as 4:00:00."""

    number: int
    rule: str
    state: str
    partition: str
    account: str
    memory: str
    processors: int
    time_limit: str
    reason: str


def _job(words: list[str]) -> Job:
    number, comment, state, partition, account, memory, processors, limit, reason = words
    rule = comment.removeprefix("rule_").split("_wildcards_")[0]
    return Job(int(number), rule, state, partition, account, memory, int(processors), limit, reason)


class Cluster:
    """What a test does to the running cluster, by Slurm's own programs."""

    def __init__(self, node: str):
        self.node = node

    def jobs(self, rule: str = "") -> list[Job]:
        """Return all jobs of the last minutes, of one rule or of all, oldest first.

        Snakemake's plugin writes rule and wildcards into the comment of a job.
        """
        text = command(
            "squeue",
            "--states=all",
            "--noheader",
            "--sort=i",
            "--format=%i|%k|%T|%P|%a|%m|%C|%l|%r",
        )
        found = [_job(line.strip().split("|")) for line in text.splitlines()]
        return [job for job in found if rule in ("", job.rule)]

    def cancel(self, job: Job) -> None:
        command("scancel", str(job.number))

    def drain(self, reason: str) -> None:
        """Let the node take no more jobs."""
        command("scontrol", "update", f"NodeName={self.node}", "State=DRAIN", f"Reason={reason}")

    def resume(self) -> None:
        """Let the node take jobs again."""
        command("scontrol", "update", f"NodeName={self.node}", "State=RESUME")

    def node_state(self) -> str:
        """Return what sinfo calls the state of the node, such as idle, mixed, or drained."""
        return command("sinfo", "--noheader", "--format=%T", "--partition", PARTITIONS[0]).strip()

    def clear(self) -> None:
        """Cancel what is left and wait until nothing runs."""
        command("scancel", "--user=root")
        wait_until(
            lambda: not command("squeue", "--noheader").strip(),
            STOP_SECONDS,
            "jobs did not end when cancelled",
        )


def command(*words: str) -> str:
    """Run a program; return what it said. Raises AssertionError with its complaint if it fails."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(words)}: {done.stderr}{done.stdout}")
    return done.stdout


def wait_until(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Wait until a condition holds. Raises TimeoutError with the words given if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{otherwise}, within {seconds} s")
        time.sleep(0.1)


def require() -> None:
    """Skip the test where no private Slurm can be, or fail it if REQUIRE_SLURM is set."""
    obstacle = _obstacle()
    if obstacle and os.environ.get("REQUIRE_SLURM"):
        pytest.fail(f"REQUIRE_SLURM is set, but {obstacle}")
    if obstacle:
        pytest.skip(obstacle)


def _obstacle() -> str:
    if os.geteuid() != 0:
        return "a private Slurm needs root, to write /etc/slurm/slurm.conf"
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed: `make test-cluster` installs them"
    if CONFIGURATION.exists() and not _is_ours():
        return (
            f"{CONFIGURATION} is there and not of these tests: this machine belongs to a"
            " cluster, which is left alone. Run the tests on another one"
        )
    return ""


def _is_ours() -> bool:
    return CONFIGURATION.read_text().rstrip().endswith(MARK)


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other tests have a private Slurm here, and keep others waiting.

    The lock is on the folder above, which always exists, and goes with the process. Raises
    UnavailableError if the others take too long.
    """
    folder = os.open(CONFIGURATION.parent.parent, os.O_RDONLY)
    try:
        try:
            wait_until(lambda: _locked(folder), OTHER_SECONDS, f"other tests use {CONFIGURATION}")
        except TimeoutError as error:
            raise UnavailableError(str(error)) from None
        yield
    finally:
        os.close(folder)


def _locked(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _put(text: str) -> None:
    """Put the configuration in its place, whole, and over nothing but the rest of killed tests.

    Raises UnavailableError if there is one that is not of these tests.
    """
    if CONFIGURATION.exists() and _is_ours():
        CONFIGURATION.unlink()
    with tempfile.NamedTemporaryFile("w", dir=CONFIGURATION.parent, prefix="new-") as new:
        new.write(f"{text}{MARK}\n")
        new.flush()
        os.chmod(new.name, 0o644)
        try:
            os.link(new.name, CONFIGURATION)
        except FileExistsError:
            raise UnavailableError(
                f"{CONFIGURATION} is not of these tests and is left alone"
            ) from None


@contextmanager
def started(processors: int = 4, memory_mb: int = 8000) -> Iterator[Cluster]:
    """Start Slurm on this machine; stop it and remove its files at the end.

    The node is said to have ``processors`` and ``memory_mb``, whatever the machine has. Raises
    UnavailableError if there is another Slurm, TimeoutError with its log if it does not come up.
    """
    with _alone(), _folders() as folder:
        host = socket.gethostname().split(".")[0]
        controller_port, node_port = _free_ports(2)
        partitions = "".join(
            f"PartitionName={name} Nodes=ALL Default={'YES' if name == PARTITIONS[0] else 'NO'}"
            " MaxTime=INFINITE State=UP\n"
            for name in PARTITIONS
        )
        _put(
            partitions
            + TEXT.format(
                host=host,
                folder=folder,
                controller_port=controller_port,
                node_port=node_port,
                processors=processors,
                memory_mb=memory_mb,
            )
        )
        daemons: list[subprocess.Popen] = []
        try:
            cluster = Cluster(host)
            _start(folder, daemons, cluster)
            try:
                yield cluster
            finally:
                cluster.clear()
        finally:
            _stop(daemons)
            CONFIGURATION.unlink()


@contextmanager
def _folders() -> Iterator[Path]:
    """Make a folder for all that Slurm writes, and the one of its configuration if need be."""
    made = not CONFIGURATION.parent.exists()
    CONFIGURATION.parent.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="lwacal-slurm-"))
    folder.chmod(0o755)  # munge insists that everybody can reach its socket
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        if made:
            CONFIGURATION.parent.rmdir()


def _start(folder: Path, daemons: list[subprocess.Popen], cluster: Cluster) -> None:
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(128))
    munge = ["munged", "--foreground", "--force", "--num-threads=2"]
    munge += [f"--{name}-file={folder}/munge.{name}" for name in ("key", "pid", "log", "seed")]
    lines = [
        [*munge, f"--socket={folder}/munge.socket"],
        ["slurmctld", "-D", "-i", "-L", f"{folder}/slurmctld.log"],
        ["slurmd", "-D", "-L", f"{folder}/slurmd.log"],
    ]
    for line in lines:
        said = (folder / f"{line[0]}.out").open("w")
        # The kernel ends the daemon if the process of the tests is killed.
        daemons.append(
            subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *line],
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
            )
        )
        if line[0] == "munged":
            wait_until((folder / "munge.socket").exists, START_SECONDS, _logs(folder))
    try:
        wait_until(lambda: _idle(cluster), START_SECONDS, "the node is not idle")
    except TimeoutError as error:
        raise TimeoutError(f"{error}\n{_logs(folder)}") from None


def _idle(cluster: Cluster) -> bool:
    try:
        return cluster.node_state() == "idle"
    except AssertionError:  # the controller does not answer yet
        return False


def _logs(folder: Path) -> str:
    files = [*folder.glob("*.out"), *folder.glob("*.log")]
    return "\n".join(f"{file.name}: {file.read_text()[-1500:]}" for file in files)


def _stop(daemons: list[subprocess.Popen]) -> None:
    for daemon in reversed(daemons):
        daemon.terminate()
        try:
            daemon.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _free_ports(number: int) -> list[int]:
    listening = [socket.socket() for _ in range(number)]
    try:
        for one in listening:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in listening]
    finally:
        for one in listening:
            one.close()
