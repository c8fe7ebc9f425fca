"""A suite from start to end, on one rank and on several: the exit code, what is printed, every file that is left."""

import hashlib
import json
import os
import pty
import re
import shutil

import petaproof
from petaproof import EVERYTHING, case, parse, suite

HOST_LINE = "Backend host: no GPU is used"


class Common(petaproof.TestCase):
    def check_files(self, run, ranks):
        """Everything that a folder of a run in which all passed must be."""
        journal, manifest, outcome = run.journal, run.manifest, run.outcome
        planned = [one["case_id"] for one in manifest["plan"]["cases"]]
        self.assert_records_valid(run)
        self.assertEqual([(line["type"], line["case_id"]) for line in journal],
                         [(kind, one) for one in planned for kind in ("begin", "end")])
        self.assertEqual({record["disposition"] for record in run.records}, {"pass"})
        self.assertEqual({line["run_id"] for line in journal}, {manifest["run_id"]})
        self.assertEqual(outcome["exit_code"], 0)
        self.assertTrue(outcome["complete"])
        self.assertEqual(outcome["coverage"]["by_disposition"], {"pass": len(planned)})
        self.assertEqual(manifest["world"], {"ranks": ranks, "nodes": 1})
        self.check_digests(run)
        self.check_ranks(run, ranks)

    def check_digests(self, run):
        files = [file for file in run.path.rglob("*") if file.is_file() and file.name != "manifest.json"]
        self.assertEqual(run.manifest["files_sha256"],
                         {str(file.relative_to(run.path)): hashlib.sha256(file.read_bytes()).hexdigest()
                          for file in files})

    def check_ranks(self, run, ranks):
        """The columns of every record against the raw samples that the ranks kept."""
        self.assertEqual(len(run.rank_files()), 1)
        reports = run.reports()
        self.assertEqual(len(reports), ranks * len(run.records))
        for record in run.records:
            columns = record["per_rank"]
            self.assertEqual(columns["rank"], list(range(ranks)))
            for name, column in columns.items():
                self.assertEqual(len(column), ranks, name)
            for rank in range(ranks):
                samples = reports[record["case_id"], rank]["sample_seconds"]
                self.assertEqual(columns["samples"][rank], len(samples))
                self.assertAlmostEqual(columns["seconds_mean"][rank] / (sum(samples) / len(samples)), 1, 9)
                self.assertEqual(columns["seconds_min"][rank], min(samples))
                self.assertEqual(columns["seconds_max"][rank], max(samples))
                self.assertEqual(columns["launches"][rank], len(samples) * record["launches_per_sample"])
            self.check_rates(record, reports)

    def check_rates(self, record, reports):
        """The rates anew: from work and samples alone."""
        ranks = record["per_rank"]["rank"]
        samples = [reports[record["case_id"], rank]["sample_seconds"] for rank in ranks]
        for work, rate in zip(record["work"], record["rates"]):
            self.assertEqual((rate["quantity"], rate["unit"]), (work["quantity"], work["unit"] + "/s"))
            if record["workload"] == "all_reduce/mpi":
                slowest = [max(column) for column in zip(*samples)]
                expected = work["per_launch"] / (sum(slowest) / len(slowest))
            else:
                expected = sum(work["per_launch"] * len(s) / sum(s) for s in samples) / len(ranks)
            self.assertAlmostEqual(rate["value"] / expected, 1, 9)
            if rate["unit"] == "load/s":
                self.assertAlmostEqual(rate["latency"]["value"] * expected, 1, 9)
            if rate["lower"] is not None:
                self.assertLessEqual(rate["lower"], rate["value"])
            if rate["upper"] is not None:  # null where so few or so scattered samples bound it no longer
                self.assertGreaterEqual(rate["upper"], rate["value"])

    def check_text(self, result, run):
        """The table on stdout, progress on stderr, and no escape codes where there is no terminal."""
        self.assertNotIn("\033", result.out + result.err)
        self.assertTrue(result.err.startswith(HOST_LINE), result.err)
        table = result.out.splitlines()
        self.assertTrue(table[0].startswith("CASE"), table[0])
        self.assertEqual(sum(line.endswith("pass") for line in table), len(run.records))
        progress = re.findall(r"^\[\d\d:\d\d\] (\d+)/(\d+) ", result.err, re.M)
        total = str(len(run.records))
        self.assertEqual(progress, [(str(i + 1), total) for i in range(len(run.records))])
        self.assertNotRegex(result.out, r"(?m)^\[\d\d:\d\d\]")


class OneRank(Common):
    def test_everything(self):
        result, run = self.measure(EVERYTHING)
        self.check_files(run, 1)
        self.check_text(result, run)
        self.assertIn("left out: all_reduce/mpi (2 cases): for 2 ranks or more", result.out)
        self.assertIsNone(run.manifest["libraries"]["mpi"], "one rank without a launcher starts no MPI")

    def test_json(self):
        result, run = self.measure(suite(case(), claim="nexus-hub-240pf"), "--json")
        document = parse(result.out)
        self.assertEqual(document["records"], [{k: v for k, v in record.items() if k != "checksum"}
                                               for record in run.records])
        self.assertEqual(document["outcome"], run.outcome)
        self.assertEqual(document["folder"], str(run.path))
        self.assertEqual(run.outcome["claim"]["id"], "nexus-hub-240pf")
        self.assertEqual(run.outcome["claim"]["confirmed"], 0)

    def test_case_ids_are_stable(self):
        _, first = self.measure(EVERYTHING)
        _, second = self.measure(EVERYTHING)
        self.assertEqual(first.manifest["plan"], second.manifest["plan"])
        self.assertEqual(first.manifest["plan_hash"], second.manifest["plan_hash"])
        self.assertNotEqual(first.manifest["run_id"], second.manifest["run_id"])
        canonical = json.dumps(first.manifest["plan"], sort_keys=True, separators=(",", ":"))
        self.assertEqual(hashlib.sha256(canonical.encode()).hexdigest(), first.manifest["plan_hash"])

    def test_equal_inputs_give_equal_bits(self):
        # large, so that there are two slots only: a digest is over the slots that the timed part reached
        cases = suite(case(params={"m": 384, "n": 384, "k": 384, "precision": ["fp64", "fp32"]}))
        digests = [[record["per_rank"]["digest"] for record in self.measure(cases)[1].records] for _ in range(2)]
        self.assertEqual(*digests)
        self.assertNotEqual(*digests[0])

    def test_every_fill(self):
        _, run = self.measure(suite(case(fill=["normal", "uniform", "integers", "zeros"])))
        self.assertEqual([record["fill"] for record in run.records], ["normal", "uniform", "integers", "zeros"])
        self.check_files(run, 1)

    def test_secrets_stay_out(self):
        _, run = self.measure(suite(case()), env={"AWS_SECRET_ACCESS_KEY": "hunter2", "OMP_PLACES": "cores"})
        everything = "".join(file.read_text() for file in run.path.rglob("*") if file.is_file())
        self.assertNotIn("hunter2", everything)
        self.assertEqual(run.manifest["environment"]["OMP_PLACES"], "cores")

    def test_why_there_is_no_gpu(self):
        broken, _ = self.measure(suite(case()), module="module-broken")
        self.assertIn("libpetaproof_absent.so.13 is missing", broken.err.splitlines()[0])
        none, _ = self.measure(suite(case()), module="module", env={"FAKE_GPUS": "0"})
        self.assertIn("FAKE_GPUS is 0", none.err.splitlines()[0])

    def test_a_module_with_a_gpu(self):
        result, run = self.measure(suite(case("test/fault", {})), module="module")
        self.assertNotIn(HOST_LINE, result.err)
        self.assertEqual(run.manifest["backend"], "cuda")
        record = run.records[0]
        self.assertEqual((record["backend"], record["per_rank"]["device"]), ("cuda", ["NVIDIA H100 80GB HBM3"]))
        self.assertEqual(run.manifest["ranks"]["device_uuid"], ["GPU-00000000-0000-0000-0000-000000000000"])

    def on_a_terminal(self, env):
        """What a person sees who runs a suite on a terminal: stdout and stderr together."""
        path = self.write("terminal.json", suite(case(), case(params={"m": 8, "n": 8, "k": 8})))
        ours, theirs = pty.openpty()
        process = self.start("run", path, "--out", self.new_path(), env=env, stdout=theirs, stderr=theirs)
        os.close(theirs)
        seen = b""
        try:
            while block := os.read(ours, 65536):
                seen += block
        except OSError:  # Linux: the other side is closed
            pass
        os.close(ours)
        self.assertEqual(self.finish(process).code, 0, seen)
        return seen.decode()

    def test_terminal(self):
        text = self.on_a_terminal({})
        self.assertIn("\033[32mpass\033[0m", text)
        self.assertIn("\r\033[K", text)

    def test_terminal_without_colour(self):
        self.assertNotRegex(self.on_a_terminal({"NO_COLOR": "1"}), "\033\\[[0-9;]*m")
        self.assertNotIn("\033", self.on_a_terminal({"TERM": "dumb"}))

    def test_default_folder(self):
        """Without --out a new folder, whose name says when and what."""
        path = self.write("here.json", suite(case(), name="here"))
        result = self.petaproof("run", path, env={"PETAPROOF_CONFIGS": str(self.copy_of_configs())}, cwd=self.folder)
        self.assertEqual(result.code, 0, str(result))
        folders = list((self.folder / "petaproof-results").iterdir())
        self.assertEqual(len(folders), 1)
        self.assertRegex(folders[0].name, r"^\d{8}T\d{6}Z-here-[0-9a-f]{6}$")
        self.assertIn(str(folders[0]), result.out)

    def copy_of_configs(self):
        """Configs with no results folder beside them, as where the program is installed."""
        return shutil.copytree(petaproof.SOURCE / "configs", self.folder / "installed" / "configs")


class SeveralRanks(Common):
    def test_everything(self):
        for ranks in 1, 2, 3, 4, 7:
            with self.subTest(ranks=ranks):
                result, run = self.measure(EVERYTHING, "--expect-ranks", ranks, ranks=ranks)
                self.check_files(run, ranks)
                self.check_text(result, run)
                self.check_collectives(run, ranks)
                self.assertIn("Open MPI", run.manifest["libraries"]["mpi"])
                self.assert_nothing_left()

    def check_collectives(self, run, ranks):
        records = [record for record in run.records if record["workload"] == "all_reduce/mpi"]
        self.assertEqual(len(records), 2 if ranks > 1 else 0)
        for record in records:
            size = record["params"]["size"]
            self.assertEqual([work["quantity"] for work in record["work"]], ["busbw", "algbw"])
            self.assertAlmostEqual(record["work"][0]["per_launch"], size * 2 * (ranks - 1) / ranks)
            self.assertEqual(record["work"][1]["per_launch"], size)
            self.assertEqual(record["verification"]["method"], "every element, bit for bit")
            self.assertEqual(record["verification"]["elements_checked"] % (ranks * size // 4), 0)

    def test_ranks_on_distinct_gpus(self):
        _, run = self.measure(suite(case("test/fault", {})), ranks=3, module="module", env={"FAKE_GPUS": "3"})
        self.assertEqual(len(set(run.manifest["ranks"]["device_uuid"])), 3)
        self.assertEqual(run.records[0]["per_rank"]["device"], ["NVIDIA H100 80GB HBM3"] * 3)

    def test_one_document_on_stdout(self):
        result, run = self.measure(EVERYTHING, "--json", ranks=2)
        self.assertEqual(len(parse(result.out)["records"]), len(run.records))


if __name__ == "__main__":
    petaproof.main()
