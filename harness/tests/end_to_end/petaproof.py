"""What the end-to-end tests share: running the real program, alone or under mpirun, with a deadline and nothing left
behind, and reading its run folders with nothing of its own code.

Where things are comes from the environment, which CMake sets for CTest:
  PETAPROOF_PROGRAM       the program
  PETAPROOF_SOURCE        the source tree, for configs/
  PETAPROOF_TEST_FOLDER   the build's tests folder: the test modules and the preloaded shim
  PETAPROOF_MPIRUN        the mpirun of the MPI that the program is linked with
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import uuid
from pathlib import Path

import jsonschema  # Debian: python3-jsonschema. Without it the tests fail here: no record would be validated.

PROGRAM = Path(os.environ["PETAPROOF_PROGRAM"])
SOURCE = Path(os.environ["PETAPROOF_SOURCE"])
TEST_FOLDER = Path(os.environ["PETAPROOF_TEST_FOLDER"])
MPIRUN = os.environ["PETAPROOF_MPIRUN"]

DISPOSITIONS = ["pass", "fail_verify", "fail_run", "invalid", "timeout", "skipped", "not_supported"]

# Under a sanitizer: a test that kills the program wants the plain signal, and a shim is preloaded before its runtime.
SANITIZER = "detect_leaks=0:handle_segv=0:handle_abort=0:handle_sigbus=0:verify_asan_link_order=0"


def clean_environment():
    """The caller's, without what would make the program see a launcher, a scheduler or other settings of its own."""
    mine = {k: v for k, v in os.environ.items()
            if not re.match(r"OMPI_|PMI|SLURM_|PETAPROOF_|FAKE_|NO_COLOR|OMP_|OPENBLAS_", k)}
    mine.update(PETAPROOF_CONFIGS=str(SOURCE / "configs"), OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1",
                TERM="xterm", ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":" + SANITIZER)
    return mine


def launcher_environment(scratch):
    """Ranks that share few cores, as any user, on shared memory alone; what Open MPI writes goes to `scratch`."""
    return {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_pml": "ob1",
            "OMPI_MCA_btl": "self,vader", "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
            "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_orte_tmpdir_base": str(scratch),
            "OMPI_MCA_btl_vader_backing_directory": str(scratch)}


class Result:
    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    def own_lines(self):
        """What the program itself says on stderr; a launcher adds paragraphs of its own."""
        return [line for line in self.err.splitlines() if line.startswith("petaproof:")]

    def __str__(self):
        return f"exit code {self.code} after {self.seconds:.1f} s\n--- stdout\n{self.out}--- stderr\n{self.err}---"


class RunFolder:
    """A run folder read by other means than the program's own: what it wrote must speak for itself."""

    def __init__(self, path):
        self.path = Path(path)

    def read(self, name):
        return parse((self.path / name).read_text())

    manifest = property(lambda self: self.read("manifest.json"))
    outcome = property(lambda self: self.read("outcome.json"))
    journal = property(lambda self: read_lines(self.path / "journal.jsonl"))
    records = property(lambda self: [line for line in self.journal if line["type"] == "end"])

    def rank_files(self):
        return sorted((self.path / "ranks").iterdir())

    def reports(self):
        """What every rank said about every case, raw samples included: {(case_id, rank): report}."""
        lines = []
        for file in self.rank_files():
            plan, *rest = read_lines(file)  # each file tells what it is about without rank 0's manifest
            assert plan["type"] == "plan" and plan["plan"]["cases"], plan
            lines += rest
        return {(line["case_id"], line["report"]["rank"]): line["report"] for line in lines}


def parse(text):
    def refuse(literal):
        raise ValueError(f"{literal} is not JSON")
    return json.loads(text, parse_constant=refuse)


def with_checksum(line):
    """A journal line as the program would write it."""
    body = json.dumps({k: v for k, v in line.items() if k != "checksum"}, separators=(",", ":"))[:-1]
    return f'{body},"checksum":"{hashlib.sha256(body.encode()).hexdigest()[:16]}"}}\n'


def read_lines(path):
    """The lines of a journal, each checksum computed anew."""
    lines = []
    for number, text in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        match = re.fullmatch(rb'(.*),"checksum":"([0-9a-f]{16})"}\n', text)
        assert match, f"{path}:{number}: no whole line with a checksum: {text[-60:]}"
        assert hashlib.sha256(match[1]).hexdigest()[:16].encode() == match[2], f"{path}:{number}: checksum"
        lines.append(parse(text))
    return lines


def validator():
    schema = json.loads((SOURCE / "configs/schema/record.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def processes_with(mark):
    """Process ids whose environment holds `mark`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # a zombie has no environment any more
            if mark.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            pass
    return found


def case(workload="gemm/openblas", params=None, **more):
    if params is None:  # gemm/openblas's
        params = {"m": 96, "n": 88, "k": 80}
    return {"workload": workload, "params": params, **more}


def quick_cases(count):
    """Different cases that take next to no time."""
    return [case(params={"m": 96, "n": 96, "k": 64 + i}) for i in range(count)]


def fault(kind="none", label=0, **params):
    """A case of the test module: tests/module/fake_cuda.cpp."""
    return case("test/fault", {"fault": kind, "label": label, **params})


def suite(*cases, name="test", **more):
    return {"schema": "petaproof-suite/1", "name": name, "defaults": {"seconds": 0.05, "warm_up_seconds": 0.03},
            "cases": list(cases), **more}


# A case of everything there is, quickly; the last two only on two ranks or more.
EVERYTHING = suite(
    case(params={"m": 96, "n": 88, "k": 80, "precision": ["fp64", "fp32"]}, mode=["burst", "batched"]),
    case(params={"m": 64, "n": 64, "k": 64}, mode="sustained"),
    case("memory/stream", {"size": "64 KiB", "operation": ["copy", "triad"]}),
    case("memory/host_latency", {"size": "64 KiB", "loads": 4096}),
    case("all_reduce/mpi", {"size": "8 KiB"}, mode=["burst", "batched"], when={"min_ranks": 2}))


def end_group(process):
    """Ends a process and its group: first politely, as some have things to take down."""
    for number in signal.SIGTERM, signal.SIGKILL:
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


class TestCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="petaproof-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.mark = f"E2E_MARK={uuid.uuid4().hex}"
        self.addCleanup(self.end_all)
        self.count = 0

    def end_all(self):
        for process in processes_with(self.mark):
            os.kill(process, signal.SIGKILL)

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def new_path(self, name="run"):
        self.count += 1
        return self.folder / f"{name}{self.count}"

    def start(self, *args, ranks=0, env=None, timeout=60, wrap=(), **more):
        """The program, started: under mpirun with `ranks`, alone with 0. `wrap` is a command that goes before it."""
        key, value = self.mark.split("=")
        environment = {**clean_environment(), key: value}
        command = [*wrap, str(PROGRAM), *map(str, args)]
        if ranks:
            environment.update(launcher_environment(self.folder))
            command = ["timeout", "-k", "5", str(timeout), MPIRUN, "-np", str(ranks), "--oversubscribe", "--bind-to",
                       "none", *command]
        environment.update(env or {})
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen(command, env=environment, text=True, start_new_session=True, **more)

    def finish(self, process, timeout=60):
        """Waits for it and everything it started; none of that may outlive it."""
        begin = time.monotonic()
        try:
            out, err = process.communicate(timeout=timeout + 10)
        except subprocess.TimeoutExpired:
            end_group(process)
            self.end_all()
            out, err = process.communicate()
            self.fail(f"did not end within {timeout} s\n{out}\n{err}")
        return Result(process.returncode, out or "", err or "", time.monotonic() - begin)

    def petaproof(self, *args, timeout=60, **more):
        begin = time.monotonic()
        result = self.finish(self.start(*args, timeout=timeout, **more), timeout)
        result.seconds = time.monotonic() - begin
        return result

    def measure(self, content, *args, code=0, module=None, env=None, **more):
        """Runs a suite into a new folder and expects an exit code. Returns the result and the folder."""
        out = self.new_path()
        environment = {"PETAPROOF_MODULE_DIR": str(TEST_FOLDER / module) if module else str(self.folder), **(env or {})}
        path = self.write(f"{out.name}.suite.json", content)
        result = self.petaproof("run", path, "--out", out, *args, env=environment, **more)
        self.assertEqual(result.code, code, str(result))
        return result, RunFolder(out)

    def assert_records_valid(self, run):
        check = validator()
        for line in run.journal:
            errors = [f"{error.json_path}: {error.message}" for error in check.iter_errors(line)]
            self.assertEqual(errors, [], json.dumps(line, indent=1))

    def assert_one_line(self, result, code, *parts):
        """A mistake of the user's: its exit code, nothing on stdout, and one line that says what is wrong."""
        self.assertEqual(result.code, code, str(result))
        self.assertEqual(result.out, "", str(result))
        self.assertEqual(len(result.own_lines()), 1, str(result))
        # a launcher may have more to say, and the first line tells of a missing GPU; the message has no second line
        lines = [line for line in result.err.splitlines() if not line.startswith("Backend host:")]
        self.assertTrue("-----" in result.err or len(lines) == 1, str(result))
        for part in parts:
            self.assertIn(str(part), result.own_lines()[0])

    def assert_nothing_left(self):
        for _ in range(100):
            if not processes_with(self.mark):
                return
            time.sleep(0.05)
        self.fail(f"processes left: {processes_with(self.mark)}")


def main():
    unittest.main(verbosity=2)
