"""`--criteria` of `run` and `judge`: the program against criteria files, shipped and made up, with real run folders of
the host backend, of a stand-in for the GPU, and with one that was edited."""

import json

import jsonschema
import petaproof
from petaproof import case, fault, parse, suite

H100 = "NVIDIA H100 80GB HBM3"


def schema():
    text = json.loads((petaproof.SOURCE / "configs/schema/acceptance.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(text)
    return jsonschema.Draft7Validator(text)


def criterion(kind, scope="gpu", **more):
    return {"id": kind, "kind": kind, "scope": scope, "source": "me", "status": "read", **more}


# The stand-in adds two arrays on a CPU core, some 1e-3 TFLOP/s: no minimum that physics lets through can be met by it.
VERIFIED = criterion("verified", at_most=0, unit="cases")
BF16 = criterion("rate", at_least=715, unit="TFLOP/s", cases={"workload": "test/fault", "params": {"precision": "bf16"}})
SPREAD = criterion("spread", "group", at_most=50, unit="percent",
                   cases={"workload": "test/fault", "params": {"precision": "bf16"}})
ECC = criterion("counter", counter="ecc_uncorrected", at_most=0, unit="errors")
POWER = criterion("power_limit", at_least=650, unit="W")


def run_at(record, rate):
    """One rank's record at another rate, as a run would have written it: all of its times in proportion."""
    ranks, faster = record["per_rank"], rate / record["per_rank"]["rate"][0]
    ranks["rate"] = [rate]
    for name in ranks:
        if name.startswith("seconds_") or name == "window_seconds":
            ranks[name] = [seconds / faster for seconds in ranks[name]]
    for one in record["rates"]:
        for key in "value", "lower", "upper", "sum_over_devices", "synchronous":
            one[key] = one[key] and one[key] * faster
    record["seconds_per_launch"]["mean"] /= faster


class Acceptance(petaproof.TestCase):
    def criteria(self, *criteria, **more):
        return self.write("mine.json", {"schema": "petaproof-acceptance/1", "id": "mine", "gpu": "h100-sxm-80gb",
                                        "description": "test", "criteria": list(criteria),
                                        "sources": {"me": "this test"}, **more})

    def on_gpus(self, cases, *args, gpus=1, env=None, **more):
        library = petaproof.TEST_FOLDER / "nvml" / "libnvidia-ml.so.1"
        environment = {"PETAPROOF_NVML": str(library), "FAKE_GPUS": str(gpus), **(env or {})}
        return self.measure(suite(*cases), *args, module="module", env=environment, **more)

    def judged(self, run, criteria, code):
        result = self.petaproof("judge", run.path, "--criteria", criteria, "--json")
        self.assertEqual(result.code, code, str(result))
        return parse(result.out)


class OneRank(Acceptance):
    def test_the_files_are_of_their_schema(self):
        check = schema()
        files = sorted((petaproof.SOURCE / "configs/acceptance").glob("*.json"))
        self.assertGreaterEqual(len(files), 3)
        for file in files:
            document = json.loads(file.read_text())
            self.assertEqual([f"{e.json_path}: {e.message}" for e in check.iter_errors(document)], [], file)
            first = document["criteria"][0]
            for what, change in {"no unit": {"unit": ...}, "no source": {"source": ...}, "two bounds": {"at_most": 1},
                                 "an unknown key": {"hello": 1}, "a proposal without its reasoning":
                                 {"status": "proposed", "reasoning": ...}, "a unit that is none": {"unit": "GFLOP/s"}}.items():
                with self.subTest(what):
                    changed = {k: v for k, v in {**first, **change}.items() if v is not ...}
                    self.assertFalse(check.is_valid({**document, "criteria": [changed]}))
        self.assertTrue(check.is_valid(json.loads(self.criteria(VERIFIED, BF16, SPREAD, ECC, POWER).read_text())))

    def test_the_host_measures_no_criterion(self):
        for name in "h100-sxm-80gb", "h200-sxm-141gb", "b200-hgx":
            result, run = self.measure(suite(case()), "--criteria", name, code=2)
            self.assertRegex(result.out, r"ACCEPTANCE +NOT MEASURED: ")
            self.assertNotIn("PASSED", result.out)
            outcome = run.outcome
            self.assertEqual((outcome["exit_code"], outcome["acceptance"]["exit_code"]), (2, 2))
            self.assertEqual((outcome["acceptance"]["passed"], outcome["acceptance"]["failed"]), ([], []))
            self.assertIn("host backend", result.out)
            document = self.judged(run, name, 2)
            self.assertEqual(document["not_measured"], outcome["acceptance"]["not_measured"])
            self.assertEqual([gpu["outcome"] for gpu in document["gpus"]], ["NOT MEASURED"])

    def test_bad_criteria_end_the_run_before_it_begins(self):
        for what, (content, *parts) in {
                "above the peak": (criterion("rate", at_least=990, unit="TFLOP/s", cases=BF16["cases"]),
                                   "$.criteria[0].at_least", "989.4 TFLOP/s", "Lockwood"),
                "next to nothing": (criterion("rate", at_least=0.7, unit="TFLOP/s", cases=BF16["cases"]), "implausibly"),
                "above the wire": (criterion("bus_bandwidth", "group", at_least=800, unit="GB/s", cases={
                    "workload": "all_reduce/nccl", "params": {"size": "1 GiB"}}), "450 GB/s"),
                "above 100 percent": (criterion("throttle", events=["hw_slowdown"], at_most=101, unit="percent"), "100 %"),
                "no such workload": (criterion("rate", at_least=700, unit="TFLOP/s", cases={
                    "workload": "gemm/cublas", "params": {"precision": "bf16"}}), '"gemm/cublas"', "gemm/cublaslt"),
                "no such parameter": (criterion("rate", at_least=20, unit="percent of peak", cases={
                    "workload": "gemm/openblas", "params": {"precision": "fp64", "mm": 512}}), 'no parameter "mm"'),
                "no source": ({**VERIFIED, "source": "hearsay"}, "$.criteria[0].source")}.items():
            with self.subTest(what):
                file, out = self.criteria(content), self.new_path()
                path = self.write("suite.json", suite(case()))
                result = self.petaproof("run", path, "--out", out, "--criteria", file)
                self.assert_one_line(result, 3, file, *parts)
                self.assertFalse(out.exists())
        self.assert_one_line(self.petaproof("run", path, "--out", out, "--criteria", "h999"), 3, "h999", "h100-sxm-80gb")
        self.assert_one_line(self.petaproof("judge", self.folder, "--criteria", "h100-sxm-80gb"), 3, "not a run folder")

    def test_pass(self):
        result, run = self.on_gpus([fault(precision="bf16") | {"mode": "sustained"}], "--criteria",
                                   self.criteria(VERIFIED, ECC, POWER))
        self.assertRegex(result.out, r"ACCEPTANCE +PASS: 3 criteria: 3 passed; 1 GPU: 1 passed; 1 node: 1 passed")
        self.assertEqual(run.outcome["acceptance"]["outcome"], "PASS")
        document = self.judged(run, self.folder / "mine.json", 0)
        self.assertEqual(document["findings"], [])
        misspelt = {**BF16, "cases": {"workload": "test/fault", "params": {"precision": "bf16", "lable": 1}}}
        self.assert_one_line(self.petaproof("judge", run.path, "--criteria", self.criteria(misspelt)), 3,
                             'test/fault has no parameter "lable"; it has after, ')
        self.assertEqual(document["gpus"][0]["uuid"], run.manifest["ranks"]["device_uuid"][0])

    def test_fail(self):
        result, run = self.on_gpus([fault(precision="bf16")], "--criteria", self.criteria(VERIFIED, BF16), code=1)
        self.assertEqual(run.outcome["coverage"]["sentence"], "1 of 1 cases passed")
        self.assertRegex(result.out, r"FAILED +rate: \S+ rank 0 GPU-\S+: \S+ TFLOP/s \(-100 %\)")
        document = self.judged(run, self.folder / "mine.json", 1)
        self.assertEqual((document["failed"], document["passed"]), (["rate"], ["verified"]))
        self.assertEqual(document["nodes"][0]["outcome"], "FAIL")

    def test_wrong_results_fail(self):
        _, run = self.on_gpus([fault("wrong", precision="bf16", after=200)], "--criteria",
                              self.criteria(VERIFIED), code=1)
        finding, = self.judged(run, self.folder / "mine.json", 1)["findings"]
        self.assertIn("fail_verify", finding["reason"])

    def test_not_measured(self):
        """Another model, results that were corrupted, one GPU where a spread takes two, and a run that broke off."""
        file = self.criteria(VERIFIED)
        _, run = self.on_gpus([fault()], "--criteria", file, code=2, env={"FAKE_GPU": "NVIDIA H200"})
        self.assertEqual(self.judged(run, file, 2)["criteria_results"][0]["outcome"], "NOT APPLICABLE")
        _, run = self.on_gpus([fault()], "--corrupt", code=1)
        self.assertEqual(self.judged(run, file, 2)["failed"], [])
        _, run = self.on_gpus([fault(precision="bf16"), fault(label=1)])
        self.judged(run, self.criteria(SPREAD), 2)
        file = self.criteria(VERIFIED)
        self.judged(run, file, 0)
        journal = run.path / "journal.jsonl"
        journal.write_bytes(journal.read_bytes()[:-100])
        self.assertIn("broke off", str(self.judged(run, file, 2)["findings"]))

    def test_a_fast_gpu_that_was_made_up(self):
        """The record of a stand-in, with rates and counters as an H100's."""
        _, run = self.on_gpus([fault(precision="bf16")])
        begin, end = run.journal
        file = self.criteria(BF16, ECC)
        for rate, errors, code in (800e12, 0, 0), (714e12, 0, 1), (800e12, 1, 1), (800e12, None, 2):
            run_at(end, rate)
            counters = end["telemetry"]["per_rank"]
            counters["after"]["ecc_uncorrected"] = [errors and counters["before"]["ecc_uncorrected"][0] + errors]
            if errors == 0:
                counters["after"]["ecc_uncorrected"] = counters["before"]["ecc_uncorrected"]
            (run.path / "journal.jsonl").write_text(petaproof.with_checksum(begin) + petaproof.with_checksum(end))
            with self.subTest(rate=rate, errors=errors):
                self.judged(run, file, code)

    def test_beside_a_claim(self):
        _, run = self.on_gpus([fault(precision="bf16")])
        file = self.criteria(VERIFIED)
        self.assertEqual(self.petaproof("judge", run.path, "--criteria", file).code, 0)
        both = self.petaproof("judge", run.path, "--criteria", file, "--claim", "nexus-hub-240pf", "--json")
        self.assertEqual(both.code, 2, "the claim is under-specified")
        document = parse(both.out)
        self.assertEqual(document["acceptance"]["outcome"], "PASS")
        self.assertIn("readings", document)
        text = self.petaproof("judge", run.path, "--criteria", file, "--claim", "nexus-hub-240pf").out
        self.assertIn("CLAIM", text)
        self.assertIn("ACCEPTANCE", text)


class SeveralRanks(Acceptance):
    def test_each_gpu_is_named(self):
        result, run = self.on_gpus([fault("wrong", precision="bf16", after=200, rank=1)], "--criteria",
                                   self.criteria(VERIFIED), gpus=2, ranks=2, code=1)
        self.assertIn("rank 1 GPU-00000000-0000-0000-0000-000000000001", result.out)
        document = self.judged(run, self.folder / "mine.json", 1)
        self.assertEqual([gpu["outcome"] for gpu in document["gpus"]], ["NOT MEASURED", "FAIL"])

    def test_shared_gpus_are_not_accepted(self):
        result, _ = self.on_gpus([fault(precision="bf16")], "--share-gpu", "--criteria", self.criteria(VERIFIED, SPREAD),
                                 ranks=2, code=2)
        self.assertIn("gpu_shared", result.out)

    def test_bad_criteria_are_told_once(self):
        path = self.write("suite.json", suite(case()))
        result = self.petaproof("run", path, "--out", self.new_path(), "--criteria", "h999", ranks=2)
        self.assert_one_line(result, 3, "h999")


if __name__ == "__main__":
    petaproof.main()
