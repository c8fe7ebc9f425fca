"""`judge`: a claim beside what was measured, with the run folder and the claim alone."""

import shutil

import petaproof
from petaproof import case, fault, parse, suite

CLAIM = "nexus-hub-240pf"


class Judge(petaproof.TestCase):
    def judged(self, run, *args, code=2):
        result = self.petaproof("judge", run.path, "--claim", CLAIM, "--json", *args)
        self.assertEqual(result.code, code, str(result))
        return parse(result.out)

    def test_host_records_support_nothing(self):
        _, run = self.measure(suite(case(), case(mode="sustained", params={"m": 64, "n": 64, "k": 64})))
        judgement = self.judged(run)
        verdicts = {reading["verdict"] for reading in judgement["readings"]}
        self.assertEqual(verdicts, {"REFUTED", "NOT DECIDABLE"})  # never CONFIRMED
        # what is refuted is so on paper: exactly what `claim` says without any run
        paper = parse(self.petaproof("claim", CLAIM, "--json").out)
        self.assertEqual([(r["reading"], r["verdict"]) for r in judgement["readings"]],
                         [(r["reading"], r["verdict"]) for r in paper["readings"]])
        self.assertEqual(len(judgement["set_aside"]), 2)
        for one in judgement["set_aside"]:
            self.assertIn("host", str(one))
        text = self.petaproof("judge", run.path, "--claim", CLAIM).out
        self.assertIn("set aside", text.lower())
        self.assertIn("gemm/openblas", text)

    def test_the_same_bytes_anywhere(self):
        """Not the machine, not the module, not the folder's place and not the day change a byte."""
        _, run = self.measure(suite(fault(), case()), module="module")
        first = self.petaproof("judge", run.path, "--claim", CLAIM, "--json")
        second = self.petaproof("judge", run.path, "--claim", CLAIM, "--json",
                                env={"PETAPROOF_MODULE_DIR": "/nonexistent", "TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8"})
        moved = self.folder / "moved"
        shutil.copytree(run.path, moved)
        for file in "outcome.json", "ranks":  # not even these are needed
            path = moved / file
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        third = self.petaproof("judge", moved, "--claim", CLAIM, "--json")
        self.assertEqual(first.out, second.out)
        self.assertEqual(first.out, third.out)
        self.assertGreater(len(first.out), 1000)

    def test_one_gpu_decides_nothing_about_a_cluster(self):
        """A record that says it is of an H100 is shown beside the reading, as a sample of one."""
        _, run = self.measure(suite(fault(precision="bf16")), module="module",
                              env={"FAKE_GPU": "NVIDIA H100 80GB HBM3"})
        judgement = self.judged(run)
        reading, = [r for r in judgement["readings"] if r["reading"] == "h100-sxm-80gb/bf16/dense/kernel"]
        self.assertEqual(reading["verdict"], "NOT DECIDABLE")
        self.assertIsNotNone(reading["measured"])
        self.assertEqual(reading["measured"]["gpus"], 1)
        text = self.petaproof("judge", run.path, "--claim", CLAIM, "--reading", reading["reading"]).out
        self.assertIn("MEASURED", text)

    def test_a_gpu_that_computed_wrong_supports_nothing(self):
        _, run = self.measure(suite(fault("wrong", precision="bf16", after=200)), module="module", code=1)
        judgement = self.judged(run)
        self.assertTrue(all(reading["measured"] is None for reading in judgement["readings"]))
        self.assertEqual(len(judgement["set_aside"]), 1)
        reading, = [r for r in judgement["readings"] if r["reading"] == "h100-sxm-80gb/bf16/dense/kernel"]
        self.assertEqual(reading["verdict"], "NOT DECIDABLE")

    def test_a_run_that_broke_off(self):
        _, run = self.measure(suite(*petaproof.quick_cases(3)))
        journal = run.path / "journal.jsonl"
        journal.write_bytes(journal.read_bytes()[:-100])
        result = self.petaproof("judge", run.path, "--claim", CLAIM)
        self.assertEqual(result.code, 2, str(result))
        self.assertIn("2 of 3 cases passed: 1 missing", result.out)
        self.assertIn("cut off", result.err)

    def test_no_claim(self):
        _, run = self.measure(suite(case()))
        self.assert_one_line(self.petaproof("judge", run.path), 3, "names no claim", "--claim")
        _, run = self.measure(suite(case(), claim=CLAIM))
        self.assertEqual(self.petaproof("judge", run.path).code, 2)
        self.assert_one_line(self.petaproof("judge", run.path, "--reading", "h999"), 3, "h999")

    def test_the_run_prints_what_judge_says(self):
        result, run = self.measure(suite(case(), claim=CLAIM))
        outcome = run.outcome["claim"]
        aggregate = self.judged(run)["aggregate"]
        self.assertEqual([outcome[key] for key in ("confirmed", "refuted", "not_decidable")],
                         [aggregate[key] for key in ("confirmed", "refuted", "not_decidable")])
        self.assertIn(outcome["aggregate"], result.out)


if __name__ == "__main__":
    petaproof.main()
