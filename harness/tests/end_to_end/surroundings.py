"""What is wrong with the machine and not with the user: launchers, devices, disks. Exit code 4, one line that says
where and what to do, and nothing already measured is lost."""

import os
import signal

import petaproof
from petaproof import EVERYTHING, case, fault, parse, quick_cases, suite

GOOD = suite(case())


def small_disk(limit):
    """No file may grow beyond `limit` bytes, which is how a full disk looks to a writer."""
    return {"wrap": ["prlimit", f"--fsize={limit}", "env", "--ignore-signal=XFSZ"],
            "env": {"OMPI_MCA_btl": "self,tcp"}}  # not through shared memory, which is files too


class Common(petaproof.TestCase):
    def refused(self, *parts, args=(), content=GOOD, **more):
        out = self.new_path()
        result = self.petaproof("run", self.write("suite.json", content), "--out", out, *args, timeout=30, **more)
        self.assertEqual(result.code, 4, str(result))
        self.assertFalse((out / "journal.jsonl").exists(), "something was measured")
        for part in parts:
            self.assertIn(str(part), "\n".join(result.own_lines()), str(result))
        self.assert_nothing_left()
        return result

    def full_disk(self, **more):
        """A run whose journal outgrows the disk: what is in its folder."""
        cases = suite(*quick_cases(60), defaults={"seconds": 0.01, "warm_up_seconds": 0.01})
        out = self.new_path()
        result = self.petaproof("run", self.write("suite.json", cases), "--out", out,
                                timeout=60, **small_disk(48 * 1024), **more)
        self.assertEqual(result.code, 4, str(result))
        self.assertTrue(any("File too large" in line and str(out) in line for line in result.own_lines()), str(result))
        self.assert_nothing_left()
        merged = self.petaproof("merge", out, "--json", timeout=30)
        self.assertEqual(merged.code, 2, str(merged))
        return result, petaproof.RunFolder(out), parse(merged.out)


class OneRank(Common):
    def test_fewer_ranks_than_expected(self):
        self.refused("--expect-ranks 8", "there is 1", "no launcher", args=["--expect-ranks", 8])

    def test_separate_runs_under_another_launcher(self):
        """The classic trap: N processes that are not one world, each reporting its own result as the whole."""
        for name, env in {"PMI": {"PMI_SIZE": "4", "PMI_RANK": "2"},
                          "Slurm step": {"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "1"}}.items():
            with self.subTest(name):
                self.refused(name, "started 4 ranks", "world has 1", "srun --mpi=pmix", env=env)

    def test_open_mpi_without_its_daemon(self):
        """Variables of Open MPI, inherited by a process that it did not start."""
        self.refused("Open MPI", env={"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "0"})

    def test_a_slurm_job_without_a_step(self):
        env = {"SLURM_NTASKS": "8", "SLURM_JOB_ID": "1"}
        self.refused("Slurm job has 8 tasks", "--expect-ranks 1", env=env)
        _, run = self.measure(GOOD, "--expect-ranks", 1, env=env)
        self.assertEqual(run.manifest["environment"]["SLURM_NTASKS"], "8")

    def test_variables_that_are_no_numbers(self):
        self.measure(GOOD, env={"PMI_SIZE": "many", "SLURM_NTASKS": "-3"})

    def test_variables_that_make_libraries_substitute(self):
        """They are gone before the module is loaded, and nobody can overlook it."""
        bad = {"NVIDIA_TF32_OVERRIDE": "1", "CUBLAS_EMULATION_STRATEGY": "eager"}
        result, run = self.measure(suite(fault()), module="module", env={**bad, "CUBLAS_WORKSPACE_CONFIG": ":4096:8"})
        self.assertEqual({entry["name"]: entry["value"] for entry in run.manifest["environment_unset"]}, bad)
        self.assertEqual(run.manifest["environment_unset"][0]["ranks"], 1)
        self.assertFalse(set(bad) & set(run.manifest["environment"]))
        self.assertEqual(run.manifest["environment"]["CUBLAS_WORKSPACE_CONFIG"], ":4096:8")
        self.assertIn("Unset, because libraries would compute something else than they are asked for: "
                      "CUBLAS_EMULATION_STRATEGY=eager, NVIDIA_TF32_OVERRIDE=1", result.err)
        _, clean = self.measure(suite(fault()), module="module")
        self.assertEqual(clean.manifest["environment_unset"], [])

    def test_full_disk(self):
        _, run, merged = self.full_disk()
        dispositions = [record["disposition"] for record in merged["records"]]
        self.assertGreater(len(dispositions), 2)
        self.assertEqual(set(dispositions), {"pass"})
        self.assertEqual(len(dispositions) + len(merged["coverage"]["missing"]), 60)
        self.assertEqual(run.outcome["exit_code"], 4)
        self.assertIn("ended_early", run.outcome)

    def test_full_disk_from_the_start(self):
        out = self.new_path()
        result = self.petaproof("run", self.write("suite.json", GOOD), "--out", out, **small_disk(100))
        self.assertEqual(result.code, 4, str(result))
        self.assertIn(str(out), result.own_lines()[0])

    def test_stdout_that_cannot_be_written(self):
        for args in [], ["--json"]:
            with self.subTest(args), open("/dev/full", "w") as full:
                out = self.new_path()
                cases = suite(*quick_cases(11))
                result = self.petaproof("run", self.write("suite.json", cases), "--out", out, *args, stdout=full)
                self.assertEqual(result.code, 4, str(result))
                self.assertEqual(len(result.own_lines()), 1, str(result))
                self.assertIn("standard output", result.own_lines()[0])
                self.assertIn(str(out), result.own_lines()[0])
                run = petaproof.RunFolder(out)
                self.assertEqual(len(run.records), 11)
                self.assertIn("files_sha256", run.manifest)
        claim = "nexus-hub-240pf"
        for args in ["claim", claim], ["judge", out, "--claim", claim], ["merge", out], ["list"]:
            for more in [], ["--json"]:
                with self.subTest(args + more), open("/dev/full", "w") as full:
                    result = self.petaproof(*args, *more, stdout=full)
                    self.assertEqual(result.code, 4, str(result))
                    self.assertEqual(len(result.own_lines()), 1, str(result))

    def test_stderr_that_cannot_be_written(self):
        """A log on a full disk: the run is complete all the same, and a mistake has its code."""
        for args, code in (["run", self.write("suite.json", GOOD), "--out", self.new_path()], 0), (["claim", "x"], 3):
            with self.subTest(args[0]), open("/dev/full", "w") as full:
                self.assertEqual(self.petaproof(*args, stderr=full).code, code)

    def test_stdout_that_nobody_reads(self):
        """`petaproof run ... | head -1`: the run is complete, whatever becomes of its table."""
        ours, theirs = os.pipe()
        os.close(ours)
        out = self.new_path()
        result = self.petaproof("run", self.write("suite.json", GOOD), "--out", out, stdout=theirs)
        os.close(theirs)
        self.assertIn(result.code, (4, -signal.SIGPIPE), str(result))
        self.assertEqual(petaproof.RunFolder(out).outcome["exit_code"], 0)


class SeveralRanks(Common):
    def test_other_than_expected(self):
        result = self.refused("--expect-ranks 4", "there are 2", args=["--expect-ranks", 4], ranks=2)
        self.assertEqual(len(result.own_lines()), 1, str(result))

    def test_two_ranks_on_one_gpu(self):
        result = self.refused(f"2 ranks on {os.uname().nodename} see 1 GPU between them", "at most 1 a node",
                              "--share-gpu", content=suite(fault()), ranks=2,
                              env={"PETAPROOF_MODULE_DIR": str(petaproof.TEST_FOLDER / "module")})
        self.assertEqual(len(result.own_lines()), 1, str(result))

    def on_gpus(self, gpus, ranks, *args, visible=None, **more):
        """A run of the test module; `visible[rank]` are the GPUs that a scheduler shows each rank."""
        wrap = ()
        if visible:
            choice = " ".join(f"{rank}) export FAKE_VISIBLE={gpu} ;;" for rank, gpu in enumerate(visible))
            wrap = ["sh", "-c", f'case $OMPI_COMM_WORLD_RANK in {choice} esac; exec "$@"', "sh"]
        return self.measure(suite(fault()), *args, ranks=ranks, module="module", wrap=wrap,
                            env={"FAKE_GPUS": str(gpus)}, **more)

    def test_ranks_share_gpus_on_purpose(self):
        result, run = self.on_gpus(2, 3, "--share-gpu")
        self.assertEqual([record["gpu_shared"] for record in run.records], [True])
        self.assert_records_valid(run)
        self.assertTrue(run.manifest["gpu_shared"])
        self.assertEqual(run.manifest["ranks"]["device_index"], [0, 1, 0])
        self.assertEqual(run.manifest["environment_set"], {"FAKE_HOSTID": "rank-0"})
        self.assertIn("ranks share GPUs", result.err)
        self.assertIn("no rate is a GPU's own", result.out)
        judged = self.petaproof("judge", run.path, "--claim", "nexus-hub-240pf")
        self.assertIn("SET ASIDE 1 x gpu_shared: several ranks used one GPU", judged.out, str(judged))

    def test_permission_to_share_marks_nothing(self):
        _, run = self.on_gpus(3, 3, "--share-gpu")
        self.assertEqual([record["gpu_shared"] for record in run.records], [False])
        self.assertFalse(run.manifest["gpu_shared"])
        self.assertEqual(run.manifest["environment_set"], {})

    def test_a_scheduler_that_hides_devices(self):
        """Each rank sees one GPU, and each calls it number 0."""
        _, run = self.on_gpus(4, 3, visible=["2", "0", "3"])
        self.assertEqual(run.manifest["ranks"]["device_index"], [0, 0, 0])
        self.assertEqual([uuid[-1] for uuid in run.manifest["ranks"]["device_uuid"]], ["2", "0", "3"])
        self.assertEqual([record["gpu_shared"] for record in run.records], [False])

    def test_a_scheduler_that_shows_one_rank_none(self):
        wrap = ["sh", "-c", 'test $OMPI_COMM_WORLD_RANK = 0 || export FAKE_GPUS=0; exec "$@"', "sh"]
        result, _ = self.measure(suite(fault()), ranks=2, module="module", wrap=wrap, code=4)
        self.assertIn(f'rank 1 on {os.uname().nodename} disagrees with rank 0 on {os.uname().nodename} about the '
                      'backend: "host (FAKE_GPUS is 0)" and "cuda"; start ranks only where each has a GPU',
                      result.own_lines()[0])

    def test_overlapping_views(self):
        _, run = self.on_gpus(4, 3, visible=["0,1", "1,2", "2"])
        self.assertEqual([uuid[-1] for uuid in run.manifest["ranks"]["device_uuid"]], ["0", "1", "2"])

    def test_a_scheduler_that_shows_one_gpu_to_two_ranks(self):
        result, _ = self.on_gpus(4, 3, visible=["0", "3", "3"], code=4)
        self.assertIn("ranks 1, 2 on", result.own_lines()[0])
        self.assertIn("see 1 GPU between them; let the launcher show each rank a GPU of its own", result.own_lines()[0])

    def test_full_disk(self):
        for ranks in 1, 3:
            with self.subTest(ranks=ranks):
                result, _, merged = self.full_disk(ranks=ranks)
                self.assertGreater(len(merged["records"]), 2)
                self.assertEqual({record["disposition"] for record in merged["records"]}, {"pass"})
                # the other ranks are told, they need not run into a deadline
                self.assertLess(result.seconds, 20, str(result))
                self.assertEqual(len(result.own_lines()), 1, str(result))

    def test_stdout_that_cannot_be_written(self):
        """mpirun reads the ranks' stdout, so it is mpirun that finds no room: the run must be complete all the same."""
        with open("/dev/full", "w") as full:
            out = self.new_path()
            self.petaproof("run", self.write("suite.json", EVERYTHING), "--out", out, ranks=2, stdout=full, timeout=30)
        run = petaproof.RunFolder(out)
        self.assertEqual(run.outcome["exit_code"], 0)
        self.assert_records_valid(run)


if __name__ == "__main__":
    petaproof.main()
