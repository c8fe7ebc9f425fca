"""Four hosts of two ranks each, made of network namespaces by scripts/hosts: what no test on one host can show. Needs
root and network namespaces; exit code 77, skipped, where there are none."""

import os
import signal
import subprocess
import sys
import time

import petaproof
from petaproof import MPIRUN, PROGRAM, case, parse, suite

HOSTS = petaproof.SOURCE / "scripts/hosts"
NAMES = ["h1", "h2", "h3", "h4"]
RANKS = 8

SMOKE = suite(
    case(mode=["burst", "batched"]),
    case("memory/stream", {"size": "64 KiB"}),
    case("all_reduce/mpi", {"size": ["8 KiB", "256 KiB"]}, mode=["burst", "batched"]))


def why_not():
    """Empty if hosts can be made here."""
    tried = subprocess.run([HOSTS, "1", "--", "true"], capture_output=True, text=True, timeout=60, check=False)
    if tried.returncode == 77:
        return tried.stderr.strip()
    if tried.returncode != 0:
        raise RuntimeError(tried.stderr)
    return ""


class SeveralHosts(petaproof.TestCase):
    def on_hosts(self, script, *args, timeout, ranks=RANKS):
        """Runs a shell script on the first host; "$@" in it starts the ranks, two on each host while they last."""
        key, value = self.mark.split("=")
        env = {**petaproof.clean_environment(), "PETAPROOF_MODULE_DIR": str(self.folder), "HOSTS": str(HOSTS),
               key: value}
        launch = ["timeout", "-k", "5", str(timeout), MPIRUN, "-np", str(ranks), "--oversubscribe", "--map-by",
                  "ppr:2:node", "--bind-to", "none", "--mca", "mpi_yield_when_idle", "1"]
        command = [HOSTS, str(len(NAMES)), "--", "sh", "-c", script, "sh", *launch, *map(str, args)]
        process = subprocess.Popen(command, env=env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        self.addCleanup(petaproof.end_group, process)  # before all else is killed: it takes the hosts down
        return process

    def ranks_alive(self):
        """The program's own processes: not mpirun's, which wait for their hosts in ways of their own."""
        def is_rank(process):
            try:
                return os.readlink(f"/proc/{process}/exe") == str(PROGRAM.resolve())
            except OSError:
                return False
        return [process for process in petaproof.processes_with(self.mark) if is_rank(process)]

    def test_everything(self):
        out = self.new_path()
        result = self.finish(self.on_hosts('exec "$@"', PROGRAM, "run", self.write("suite.json", SMOKE), "--out", out,
                                           "--expect-ranks", RANKS, timeout=90), 100)
        self.assertEqual(result.code, 0, str(result))
        run = petaproof.RunFolder(out)
        self.assert_records_valid(run)
        self.assertEqual({record["disposition"] for record in run.records}, {"pass"})
        self.assertEqual(run.manifest["world"], {"ranks": RANKS, "nodes": len(NAMES)})
        self.assertEqual([file.name for file in run.rank_files()],
                         [f"node{i:05}-{name}.jsonl" for i, name in enumerate(NAMES)])
        self.assertEqual(len(run.reports()), RANKS * len(run.records))
        for record in run.records:
            self.assertEqual(sorted(record["per_rank"]["host"]), sorted(NAMES * 2))
        self.assertIn("8 ranks on 4 nodes", result.out)
        print(f"\n  {len(run.records)} cases on {RANKS} ranks of {len(NAMES)} hosts in {result.seconds:.1f} s")

    def test_uneven_hosts(self):
        """A host with one rank has other threads and slots than one with two: it must not be accused of wrong bits."""
        out = self.new_path()
        cases = suite(case(params={"precision": ["fp64", "fp32"], "m": 384, "n": 1000, "k": 129}))
        result = self.finish(self.on_hosts('exec "$@"', PROGRAM, "run", self.write("suite.json", cases), "--out", out,
                                           timeout=60, ranks=3), 70)
        self.assertEqual(result.code, 0, str(result))
        self.assertEqual(petaproof.RunFolder(out).records[0]["per_rank"]["host"], ["h1", "h1", "h2"])

    def test_no_shared_file_system(self):
        """Every host sees a folder of its own below the same path: each keeps what its ranks measured."""
        shared = self.folder / "data"
        for name in ["", *NAMES]:
            (self.folder / f"data{name}").mkdir()
        private = self.folder / "private"
        private.write_text(f'#!/bin/sh\nexec unshare --mount sh -c \'mount --bind "{shared}$(hostname)" "{shared}" && '
                           'exec "$@"\' sh "$@"\n')
        private.chmod(0o755)
        result = self.finish(self.on_hosts('exec "$@"', private, PROGRAM, "run", self.write("suite.json", SMOKE),
                                           "--out", shared / "run", timeout=90), 100)
        self.assertEqual(result.code, 0, str(result))
        self.assertEqual(list(shared.iterdir()), [])
        for i, name in enumerate(NAMES):
            run = petaproof.RunFolder(f"{shared}{name}/run")
            files = sorted(str(file.relative_to(run.path)) for file in run.path.rglob("*") if file.is_file())
            own = [f"ranks/node{i:05}-{name}.jsonl"]
            self.assertEqual(files, ["journal.jsonl", "manifest.json", "outcome.json", *own] if i == 0 else own)
            self.assertEqual({rank for _, rank in run.reports()}, {2 * i, 2 * i + 1})

    def test_dead_link(self):
        """A host drops off the network in the middle of an all-reduce. MPI would wait for ever; every rank, on this
        side and on that, ends by its own watchdog, and what was measured before is there."""
        allowed = 10
        cases = suite(case(), case("all_reduce/mpi", {"size": "64 KiB"}),
                      case("all_reduce/mpi", {"size": "1 MiB"}, mode="sustained", seconds=6),
                      case("memory/stream", {"size": "64 KiB"}))
        out = self.new_path()
        script = '''(until grep -qs sustained "$PETAPROOF_OUT/journal.jsonl"; do sleep 0.1; done
                     sleep 2; "$HOSTS" link-down h3; touch "$PETAPROOF_OUT.down") &
                    exec "$@"'''.replace("$PETAPROOF_OUT", str(out))
        process = self.on_hosts(script, PROGRAM, "run", self.write("suite.json", cases), "--out", out, "--case-timeout",
                                allowed, timeout=60)
        self.wait_until(lambda: out.with_suffix(".down").exists() or process.poll() is not None, 60,
                        "the link to go down")
        if process.poll() is not None:
            self.fail(str(self.finish(process)))
        down = time.monotonic()
        self.assertEqual(len(self.ranks_alive()), RANKS)
        self.wait_until(lambda: not self.ranks_alive(), 30, "every rank to end")
        seconds = time.monotonic() - down
        print(f"\n  every rank ended {seconds:.1f} s after the link went down; a case may take {allowed} s")
        self.assertLess(seconds, allowed + 5)
        os.killpg(process.pid, signal.SIGTERM)  # mpirun itself may still wait for the host that is gone
        result = self.finish(process, 40)

        run = petaproof.RunFolder(out)
        self.assert_records_valid(run)
        self.assertEqual([record["disposition"] for record in run.records], ["pass", "pass", "timeout"])
        self.assertIn("rank 0 on h1", run.records[2]["reason"])
        self.assertIn("ended_early", run.outcome)
        # of whichever ranks the launcher still forwards: it may fall over itself once the first has ended
        self.assertRegex(result.err, r'petaproof: rank \d on h\d: phase ".*" did not end within 10 s')
        # the host that was cut off kept its part too
        self.assertEqual({rank for _, rank in run.reports()}, set(range(RANKS)))
        merged = parse(self.petaproof("merge", out, "--json").out)
        self.assertEqual(len(merged["coverage"]["missing"]), 1)

    def wait_until(self, condition, seconds, what):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited {seconds} s for {what}")
            time.sleep(0.1)


if __name__ == "__main__":
    reason = why_not()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    petaproof.main()
