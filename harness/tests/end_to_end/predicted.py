"""What the hardware file of the GPU predicts to be not supported does not count against coverage, and is no pass: from
the record to the exit code, by the stand-in for the CUDA module (tests/module/fake_cuda.cpp)."""

import petaproof
from petaproof import fault, parse, suite, with_checksum

FOR_BLACKWELL = fault("none", label=10, least_capability=100)
# refused by a library, on a GPU whose file has the precision
UNFORESEEN = fault("refuse", label=11, precision="fp8")


class Predicted(petaproof.TestCase):
    def run_on(self, *cases, code, **gpu):
        result, run = self.measure(suite(*cases), code=code, module="module", env=gpu)
        self.assert_records_valid(run)
        self.assertEqual(run.outcome["exit_code"], code)
        self.assertEqual(run.outcome["complete"], code != 2)
        return result, run

    def test_it_does_not_count(self):
        """By compute capability, and by a precision that the file of an H100 does not have."""
        by_precision = fault("refuse", label=12, precision="nvfp4")
        result, run = self.run_on(fault(), FOR_BLACKWELL, by_precision, code=0)
        passed, by_capability, by_file = run.records
        self.assertNotIn("predicted", passed)
        for record, why in (by_capability, "H100 SXM (80 GB) has compute capability 9.0: this needs 100"), (
                by_file, "H100 SXM (80 GB) has no fp4"):
            self.assertEqual((record["disposition"], record["predicted"]), ("not_supported", why))
        coverage = run.outcome["coverage"]
        self.assertEqual((coverage["planned"], coverage["predicted"]), (3, 2))
        self.assertEqual(coverage["by_disposition"], {"pass": 1, "not_supported": 2})
        self.assertIn("1 of 1 cases passed: 2 not for this GPU (predicted)", result.out)
        self.assertIn("not_supported (predicted): test/fault", result.out)
        self.assertIn("not_supported (predicted): NVIDIA H100 80GB HBM3 has compute capability 9.0", result.err)

    def test_what_was_not_predicted_counts(self):
        result, run = self.run_on(fault(), FOR_BLACKWELL, UNFORESEEN, code=2)
        self.assertNotIn("predicted", run.records[2])
        self.assertIn("1 of 2 cases passed: 1 not_supported, 1 not for this GPU (predicted)", result.out)

    def test_a_failure_is_one(self):
        self.run_on(fault("wrong"), FOR_BLACKWELL, code=1)

    def test_the_gpu_for_which_it_is_measures_it(self):
        _, run = self.run_on(FOR_BLACKWELL, code=0, FAKE_GPU="NVIDIA B200", FAKE_CAPABILITY="10.0")
        self.assertEqual(run.records[0]["disposition"], "pass")

    def test_nothing_measured_is_not_success(self):
        result, run = self.run_on(FOR_BLACKWELL, code=2)
        self.assertIn("0 of 0 cases passed: 1 not for this GPU (predicted)", result.out)
        self.assertIs(run.outcome["complete"], False)

    def test_an_unknown_gpu_predicts_nothing(self):
        _, run = self.run_on(fault(), FOR_BLACKWELL, code=2, FAKE_GPU="NVIDIA A100-PCIE-40GB", FAKE_CAPABILITY="8.0")
        self.assertEqual(run.records[1]["disposition"], "not_supported")
        self.assertNotIn("predicted", run.records[1])

    def test_no_gpu_predicts_nothing(self):
        _, run = self.measure(suite(petaproof.case(), FOR_BLACKWELL), "--backend", "cuda", code=2, module="module",
                              env={"FAKE_GPUS": "0"})
        self.assertNotIn("predicted", run.records[1])

    def test_judged_and_merged(self):
        """A merged run keeps it, and the verdict on a claim is that of a run without such a case."""
        content = suite(fault(), FOR_BLACKWELL)
        _, run = self.measure(content, module="module")
        _, other = self.measure(content, module="module")
        both = self.new_path("both")
        merged = parse(self.petaproof("merge", run.path, other.path, "--out", both, "--json").out)
        self.assertEqual((merged["coverage"]["predicted"], merged["coverage"]["complete"]), (1, True))
        self.assertEqual(self.petaproof("merge", both).code, 0)
        older = self.without_the_field(other)
        self.assertEqual(self.petaproof("merge", older.path).code, 2)
        self.assertEqual(self.petaproof("merge", run.path, older.path).code, 2)
        said = [self.petaproof("judge", one.path, "--claim", "nexus-hub-240pf", "--json") for one in (other, older)]
        self.assertEqual(said[0].code, said[1].code)
        verdicts = [parse(one.out) for one in said]
        for one in verdicts:
            one.pop("run")
        self.assertEqual(*verdicts)

    def without_the_field(self, run):
        """The run as an older program would have left it: its records say nothing of predictions."""
        lines = [{key: value for key, value in line.items() if key not in ("predicted", "checksum")}
                 for line in run.journal]
        (run.path / "journal.jsonl").write_text("".join(map(with_checksum, lines)))
        return run


if __name__ == "__main__":
    petaproof.main()
