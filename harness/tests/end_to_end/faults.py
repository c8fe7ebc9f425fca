"""Workloads that go wrong on request (tests/module/fake_cuda.cpp): each fault gets its disposition, names its rank, and
costs the case in flight at most; what was measured before it stays."""

import os
import signal
import time

import petaproof
from petaproof import case, fault, parse, suite

GPUS = {"FAKE_GPUS": "16"}  # enough for every rank to have its own
HOST = os.uname().nodename


class Common(petaproof.TestCase):
    def faults(self, *cases, code, **more):
        """Runs the faults between two good cases of the same kind. Returns the result and the faults' records."""
        content = suite(fault(label=1), *cases, fault(label=2))
        result, run = self.measure(content, code=code, module="module", env=GPUS, **more)
        self.assert_records_valid(run)
        first, *records, last = run.records
        self.assertEqual((first["disposition"], last["disposition"]), ("pass", "pass"), "its neighbours go on")
        self.assertEqual(run.outcome["exit_code"], code)
        self.assertEqual(len(records), len(cases))
        return result, records

    def ends(self, *cases, code, ranks=0, args=(), **more):
        """Runs two good cases, then what ends the run. Returns the result, the run folder and what `merge` says."""
        content = suite(fault(label=1), fault(label=2), *cases, fault(label=3))
        out = self.new_path()
        result = self.petaproof("run", self.write("suite.json", content), "--out", out, *args, ranks=ranks, timeout=30,
                                env={"PETAPROOF_MODULE_DIR": str(petaproof.TEST_FOLDER / "module"), **GPUS}, **more)
        self.assertEqual(result.code, code, str(result))
        self.assert_nothing_left()
        run = petaproof.RunFolder(out)
        self.assert_records_valid(run)
        self.assertEqual([record["disposition"] for record in run.records[:2]], ["pass", "pass"])
        return result, run, parse(self.petaproof("merge", out, "--json").out)

    def assert_ended_early(self, run, *parts):
        outcome = run.outcome
        self.assertEqual((outcome["exit_code"], outcome["complete"]), (4, False))
        for part in parts:
            self.assertIn(part, outcome["ended_early"])

    def signalled(self, number, ranks=0):
        """Sends a signal to the program (under mpirun: to mpirun) while a case hangs, and sees it end."""
        content = suite(fault(label=1), fault("hang"), fault(label=2))
        out = self.new_path()
        process = self.start("run", self.write("suite.json", content), "--out", out, ranks=ranks,
                             env={"PETAPROOF_MODULE_DIR": str(petaproof.TEST_FOLDER / "module"), **GPUS})
        journal = out / "journal.jsonl"
        deadline = time.monotonic() + 20
        while not (journal.exists() and journal.read_bytes().count(b"\n") >= 3) and time.monotonic() < deadline:
            time.sleep(0.05)
        begin = time.monotonic()
        # `timeout`, which stands before mpirun, passes SIGINT and SIGTERM on
        os.kill(process.pid, number)
        result = self.finish(process, 20)
        self.assertLess(time.monotonic() - begin, 10, str(result))
        self.assert_nothing_left()
        return result, petaproof.RunFolder(out)


class OneRank(Common):
    def test_thrown(self):
        for kind, expected in {"throw": "[cuda at", "throw_other": ""}.items():
            for where in "prepare", "launch", "verify":
                with self.subTest(kind=kind, where=where):
                    _, [record] = self.faults(fault(kind, where=where), code=1)
                    self.assertEqual(record["disposition"], "fail_run")
                    self.assertIn(f"thrown in {where} on request", record["reason"])
                    self.assertIn(expected, record["reason"])
                    self.assertEqual(record["rates"], [])

    def test_thrown_after_timing(self):
        _, [record] = self.faults(fault("throw", where="verify", after=100), code=1)
        self.assertEqual(record["disposition"], "fail_run")
        self.assertFalse(record["verification"]["pass"])

    def test_wrong_results(self):
        """Found before timing, and also where only the timed launches go wrong."""
        cases = [fault(kind, after=after) for kind in ("wrong", "nan") for after in (0, 200)]
        result, records = self.faults(*cases, code=1)
        for record, one in zip(records, cases):
            with self.subTest(one["params"]):
                self.assertEqual(record["disposition"], "fail_verify")
                self.assertIn("got nan" if one["params"]["fault"] == "nan" else "sum[4096]: expected", record["reason"])
                self.assertIs(record["verification"]["pass"], False)
                self.assertEqual(record["rates"] == [], one["params"]["after"] == 0)
        self.assertEqual(sum(" NO " in line for line in result.out.splitlines()), 4, result.out)

    def test_results_that_change(self):
        """Each launch within its bounds, but not the same bits twice."""
        _, [record] = self.faults(fault("unstable"), code=1)
        self.assertEqual(record["disposition"], "fail_verify")
        self.assertIn("other bits than the same launch before", record["reason"])

    def test_corrupted_on_request(self):
        """--corrupt flips one bit of every timed output: were any case to pass, verification would be for show."""
        content = petaproof.EVERYTHING
        result, run = self.measure(content, "--corrupt", code=1)
        self.assertEqual({record["disposition"] for record in run.records}, {"fail_verify"})
        self.assertTrue(run.manifest["corrupted_on_request"])
        self.assert_records_valid(run)

    def test_not_supported(self):
        """Asked for without `when`, it counts as missing; and the run goes on."""
        _, run = self.measure(suite(case("all_reduce/mpi", {"size": "8 KiB"}),
                                    case("memory/stream", {"size": "1000 GiB"}), case()), code=2)
        self.assertEqual([record["disposition"] for record in run.records], ["not_supported", "not_supported", "pass"])
        self.assertIn("at least 2 ranks", run.records[0]["reason"])
        self.assertIn("GiB", run.records[1]["reason"])
        self.assertEqual((run.outcome["exit_code"], run.outcome["complete"]), (2, False))
        self.assert_records_valid(run)

    def test_memory(self):
        _, [refused, too_much] = self.faults(fault("refuse"), fault("memory"), code=1)
        self.assertEqual((refused["disposition"], refused["reason"]), ("not_supported", "refused on request"))
        self.assertEqual(too_much["disposition"], "fail_run")
        self.assertIn("GiB", too_much["reason"])

    def test_no_such_device(self):
        """Asked for, but not there: a record that says so, and no number."""
        _, run = self.measure(suite(fault(), case()), "--backend", "cuda", code=2, module="module",
                              env={"FAKE_GPUS": "0"})
        self.assertEqual([record["disposition"] for record in run.records], ["not_supported", "pass"])
        self.assertIn("FAKE_GPUS is 0", run.records[0]["reason"])

    def test_broken_device(self):
        """After an illegal address nothing can be trusted: the record is kept, and the run ends."""
        result, run, merged = self.ends(fault("throw_sticky"), code=4)
        self.assertEqual(run.records[2]["disposition"], "fail_run")
        self.assertIn("thrown in launch on request", run.records[2]["reason"])
        self.assertEqual(len(run.records), 3)
        self.assertEqual(len(merged["coverage"]["missing"]), 1)
        self.assert_ended_early(run, "thrown in launch on request")
        self.assertEqual(len(result.own_lines()), 1, str(result))

    def test_hang(self):
        result, run, merged = self.ends(fault("hang"), code=4, args=["--case-timeout", "1"])
        self.assertLess(result.seconds, 8)
        record = run.records[2]
        self.assertEqual(record["disposition"], "timeout")
        for part in "rank 0", HOST, "first launches", "1 s":
            self.assertIn(part, record["reason"])
        self.assertEqual(len(merged["coverage"]["missing"]), 1)
        self.assert_ended_early(run, "did not end within 1 s")
        self.assertIn(str(run.path), result.err)

    def test_killed(self):
        for kind, number in ("kill", signal.SIGKILL), ("segv", signal.SIGSEGV), ("abort", signal.SIGABRT):
            with self.subTest(kind):
                _, run, merged = self.ends(fault(kind), code=-number)
                self.assertEqual(len(run.records), 2)
                self.assertEqual(run.journal[-1]["type"], "begin")
                self.assertEqual(merged["in_flight"], [run.journal[-1]["case_id"]])
                self.assertEqual(len(merged["coverage"]["missing"]), 2)

    def test_ended_by_a_person(self):
        for number, disposition in (signal.SIGINT, "skipped"), (signal.SIGTERM, "skipped"):
            with self.subTest(number.name):
                result, run = self.signalled(number)
                self.assertEqual(result.code, 4, str(result))
                self.assertEqual([record["disposition"] for record in run.records], ["pass", disposition])
                self.assert_records_valid(run)
                self.assert_ended_early(run)


class SeveralRanks(Common):
    def test_thrown(self):
        cases = [fault("throw", rank=1, where=where) for where in ("prepare", "launch", "verify")]
        cases.append(fault("throw_other", rank=2))
        _, records = self.faults(*cases, code=1, ranks=3)
        for record, one in zip(records, cases):
            with self.subTest(one["params"]):
                rank = one["params"]["rank"]
                self.assertEqual(record["disposition"], "fail_run")
                self.assertIn(f"rank {rank} on {HOST}", record["reason"])
                self.assertIn("on request", record["reason"])
                others = [d for i, d in enumerate(record["per_rank"]["disposition"]) if i != rank]
                self.assertEqual(others, ["skipped"] * 2)

    def test_wrong_results(self):
        _, records = self.faults(fault("wrong", rank=1), fault("nan", rank=2), fault("bits", rank=1),
                                 fault("wrong", rank=0, after=200), code=1, ranks=3)
        for record, rank, part in zip(records, (1, 2, 1, 0), ("sum[4096]", "got nan", "other bits", "sum[4096]")):
            with self.subTest(part):
                self.assertEqual(record["disposition"], "fail_verify")
                self.assertIn(f"rank {rank}", record["reason"])
                self.assertIn(part, record["reason"])
                self.assertIs(record["verification"]["pass"], False)

    def test_corrupted_on_request(self):
        _, run = self.measure(petaproof.EVERYTHING, "--corrupt", code=1, ranks=2)
        self.assertEqual({record["disposition"] for record in run.records}, {"fail_verify"})
        self.assert_records_valid(run)

    def test_hang(self):
        """Rank 1 hangs in a launch, the others wait for it: each ends by its own watchdog, and each says so."""
        result, run, merged = self.ends(fault("hang", rank=1), code=4, ranks=3, args=["--case-timeout", "2"])
        self.assertLess(result.seconds, 15)
        self.assertEqual(run.records[2]["disposition"], "timeout")
        self.assertIn("rank 0 on " + HOST, run.records[2]["reason"])
        for rank in range(3):
            phase = "first launches" if rank == 1 else "verify"
            self.assertIn(f'petaproof: rank {rank} on {HOST}: phase "{phase}" did not end within 2 s', result.err)
        self.assertEqual(len(merged["coverage"]["missing"]), 1)
        self.assert_ended_early(run, "did not end within 2 s")

    def test_killed(self):
        for kind, rank in ("kill", 1), ("segv", 0), ("abort", 1):
            with self.subTest(kind):
                out = self.new_path()
                content = suite(fault(label=1), fault(label=2), fault(kind, rank=rank), fault(label=3))
                result = self.petaproof("run", self.write("suite.json", content), "--out", out, ranks=3, timeout=30,
                                        env={"PETAPROOF_MODULE_DIR": str(petaproof.TEST_FOLDER / "module"), **GPUS})
                self.assertNotEqual(result.code, 0, str(result))
                self.assertLess(result.seconds, 20)
                self.assert_nothing_left()
                run = petaproof.RunFolder(out)
                self.assert_records_valid(run)
                self.assertEqual([record["disposition"] for record in run.records[:2]], ["pass", "pass"])
                merged = parse(self.petaproof("merge", out, "--json").out)
                # where rank 0 is not the one killed, it is told by SIGTERM and records the case, if it gets the time
                self.assertIn(len(merged["coverage"]["missing"]), [2] if rank == 0 else [1, 2])

    def test_broken_device(self):
        result, run, merged = self.ends(fault("throw_sticky", rank=1), code=4, ranks=2)
        self.assertIn(f"rank 1 on {HOST}", run.records[2]["reason"])
        self.assertEqual(len(merged["coverage"]["missing"]), 1)
        self.assert_ended_early(run, f"rank 1 on {HOST}")
        self.assertEqual(len(result.own_lines()), 1, str(result))

    def test_ended_by_a_person(self):
        for number in signal.SIGINT, signal.SIGTERM:
            with self.subTest(number.name):
                result, run = self.signalled(number, ranks=2)
                self.assertNotEqual(result.code, 0)
                self.assertEqual(run.records[0]["disposition"], "pass")
                # Open MPI may leave the ranks too little time for their last words
                for record in run.records[1:]:
                    self.assertIn(record["disposition"], ("fail_run", "skipped"))

    def test_slow_rank(self):
        """A slow rank slows nothing but itself, and is in the columns for all to see."""
        _, [record] = self.faults(fault("slow", rank=1), code=0, ranks=2)
        mean = record["per_rank"]["seconds_mean"]
        self.assertGreater(mean[1], 20e-6)
        self.assertGreater(mean[1], 2 * mean[0])


if __name__ == "__main__":
    petaproof.main()
