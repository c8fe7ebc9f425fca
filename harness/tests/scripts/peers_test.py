#!/usr/bin/env python3
"""Tests scripts/peers without a GPU and without PyTorch: what it is asked for, by a stand-in, how work is counted, by
the program's own records, and how blocks are compared.

    peers_test.py SOURCE_FOLDER PROGRAM
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
SOURCE, PROGRAM = Path(sys.argv[1]), sys.argv[2]
PEERS = SOURCE / "scripts/peers"
sys.path[:0] = [str(PEERS), str(SOURCE / "harness/tests/scripts/fake_torch")]

import torch  # the stand-in
import torch_attention
import torch_peer

SHAPE = {"precision": "bf16", "pass": "forward", "mask": "causal", "batch": 2, "heads": 8, "kv_heads": 2,
         "sq": 48, "sk": 48, "dqk": 16, "dv": 8}


def case(**params):
    return {"case_id": "0" * 16, "workload": "attention/cudnn", "mode": "batched", "params": {**SHAPE, **params},
            "seconds": 0.01, "warm_up_seconds": 0}


class InAFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_script(self, name, *arguments, fake=None):
        paths = {"PYTHONPATH": str(SOURCE / "harness/tests/scripts/fake_torch")} if fake is not None else {}
        result = subprocess.run([sys.executable, "-B", PEERS / name, *arguments], capture_output=True, text=True,
                                env={**os.environ, **paths, "FAKE_TORCH": fake or ""}, timeout=60)
        return result.returncode, result.stdout + result.stderr


class Attention(unittest.TestCase):
    def measure(self, kernel="cudnn", **params):
        torch.LOG.clear()
        return torch_attention.measure(torch, case(**params), kernel)

    def test_forward_is_asked_for_as_the_case_has_it(self):
        for mask, kv_heads, kernel in (("causal", 2, "cudnn"), ("full", 8, "flash")):
            result = self.measure(kernel, mask=mask, kv_heads=kv_heads)
            asked = {entry for entry in torch.LOG if entry[0] == "forward"}
            self.assertEqual(asked, {("forward", (kernel.upper(),), (2, 8, 48, 16), (2, kv_heads, 48, 16),
                                      (2, kv_heads, 48, 8), mask == "causal", kv_heads != 8)})
            self.assertTrue(result["finite"])

    def test_backward_is_timed_without_its_forward_pass(self):
        result = self.measure("flash", **{"pass": "backward"})
        kinds = [entry[0] for entry in torch.LOG]
        self.assertEqual(kinds.count("forward"), result["slots"], "once for each slot, before all else")
        self.assertEqual(kinds[:result["slots"]], ["forward"] * result["slots"])
        self.assertGreater(kinds.count("backward"), result["slots"])
        self.assertEqual({entry[1] for entry in torch.LOG if entry[0] == "backward"}, {("FLASH",)})

    def test_slots_overflow_the_cache_three_times(self):
        result = self.measure()
        params = case()["params"]
        self.assertGreaterEqual(result["slots"] * torch_attention.slot_bytes(params), 3 * (50 << 20))
        self.assertLess((result["slots"] - 1) * torch_attention.slot_bytes(params), 3 * (50 << 20))

    def test_rate_is_work_over_the_time_of_a_launch(self):
        result = self.measure()
        launches = result["launches_per_sample"]
        self.assertEqual(launches % result["slots"], 0)
        self.assertAlmostEqual(result["seconds_per_launch_median"], 0.002 / launches)
        work = torch_attention.flops(case()["params"])
        self.assertAlmostEqual(result["flops_per_second"] * 0.002 / launches / work, 1)

    def test_a_causal_mask_that_means_another_thing_is_refused(self):
        with self.assertRaisesRegex(RuntimeError, "top left"):
            self.measure(sq=1)
        self.assertTrue(self.measure(sq=1, mask="full")["finite"])

    def test_a_precision_that_it_has_not(self):
        with self.assertRaisesRegex(RuntimeError, "fp8"):
            self.measure(precision="fp8")


class Work(InAFolder):
    def test_it_is_what_the_program_counts(self):
        shapes = [{**SHAPE, "pass": way, "mask": mask, "sq": sq}  # fewer queries than keys, and more
                  for way, mask, sq in (("forward", "causal", 40), ("forward", "causal", 60), ("forward", "full", 40),
                                        ("backward", "causal", 60), ("backward", "full", 40))]
        suite = self.folder / "suite.json"
        suite.write_text(json.dumps({"schema": "petaproof-suite/1", "name": "suite",
                                     "defaults": {"seconds": 0.001, "warm_up_seconds": 0.001},
                                     "cases": [{"workload": "attention/reference", "params": shapes}]}))
        run = subprocess.run([PROGRAM, "run", suite, "--backend", "host", "--out", self.folder / "run"], check=False,
                             timeout=100, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
        self.assertIn(run.returncode, (0, 2), run.stderr)
        ends = [entry for entry in map(json.loads, (self.folder / "run/journal.jsonl").read_text().splitlines())
                if entry["type"] == "end"]
        if ends and ends[0]["disposition"] == "not_supported":
            self.skipTest(ends[0]["reason"])
        self.assertEqual(len(ends), len(shapes))
        for record in ends:
            work = {one["quantity"]: one["per_launch"] for one in record["work"]}
            self.assertEqual(torch_attention.flops(record["params"]), work["flops"], record["params"])
            if "bytes" in work:  # not where queries see no key
                self.assertEqual(torch_attention.slot_bytes(record["params"]), work["bytes"], record["params"])


class Script(InAFolder):
    def setUp(self):
        super().setUp()
        cases = [case(), case(**{"pass": "backward"}), {**case(), "mode": "burst"},
                 {**case(), "workload": "gemm/cublaslt"},
                 {**case(more="than the shape"), "workload": "attention/hopper", "case_id": "1" * 16}]
        (self.folder / "manifest.json").write_text(json.dumps({"plan": {"cases": cases}}))

    def attention(self, fake):
        code, text = self.run_script("torch_attention.py", self.folder, self.folder / "out.json", fake=fake)
        written = self.folder / "out.json"
        return code, text, json.loads(written.read_text()) if written.exists() else None

    def test_each_batched_case_by_each_kernel(self):
        code, text, document = self.attention("")
        self.assertEqual(code, 0, text)
        self.assertEqual([(one["params"]["pass"], one["kernel"]) for one in document["results"]],
                         [("forward", "cudnn"), ("forward", "flash"), ("backward", "cudnn"), ("backward", "flash"),
                          ("forward", "cudnn"), ("forward", "flash")])
        self.assertEqual(document["results"][-1]["case_id"], "1" * 16)
        for first, again in zip(document["results"], document["results"][4:]):  # of one shape: measured once
            self.assertEqual(first["seconds_per_launch_median"], again["seconds_per_launch_median"])
            self.assertEqual(first["samples"], again["samples"])
        self.assertEqual(document["cannot"], [])
        self.assertEqual(document["libraries"]["cudnn_version"], 90000)

    def test_what_a_kernel_does_not_take_is_said(self):
        code, text, document = self.attention("no_flash")
        self.assertEqual(code, 0, text)
        self.assertEqual({one["kernel"] for one in document["results"]}, {"cudnn"})
        self.assertEqual({(one["kernel"], one["reason"]) for one in document["cannot"]},
                         {("flash", "No available kernel. Aborting execution.")})

    def test_results_that_are_not_finite(self):
        code, text, _ = self.attention("nan")
        self.assertEqual(code, 1)
        self.assertIn("NaN", text.splitlines()[-1])

    def test_nothing_to_measure_with(self):
        code, text, document = self.attention("no_gpu")
        self.assertEqual((code, document), (77, None))
        self.assertIn("sees no GPU", text.splitlines()[-1])
        (self.folder / "manifest.json").write_text(json.dumps({"plan": {"cases": [{**case(), "mode": "burst"}]}}))
        self.assertEqual(self.attention("")[0], 77)

    def test_usage(self):
        self.assertEqual(self.run_script("torch_attention.py", fake="")[0], 3)


class Comparison(InAFolder):
    def block(self, number, ours, theirs, cannot=()):
        """`ours`: FLOP/s by case, or a disposition; `theirs`: by case and kernel."""
        run = self.folder / f"ours-{number}"
        run.mkdir()
        records = []
        for name, rate in ours.items():
            passed = not isinstance(rate, str)
            records.append({"type": "end", "case_id": name, "workload": "attention/cudnn", "params": {"mask": name},
                            "mode": "batched", "disposition": "pass" if passed else rate,
                            "notes": {"cudnn": "9", "other": "1"},
                            "rates": [{"value": rate, "unit": "FLOP/s"}] if passed else []})
        (run / "journal.jsonl").write_text("\n".join(map(json.dumps, records)))
        results = [{"case_id": name, "kernel": kernel, "flops_per_second": rate or 1, "finite": rate is not None}
                   for (name, kernel), rate in theirs.items()]
        refused = [{"case_id": name, "kernel": kernel, "reason": "too odd"} for name, kernel in cannot]
        (self.folder / f"torch-{number}.json").write_text(
            json.dumps({"libraries": {"torch": "0"}, "results": results, "cannot": refused}))

    def compare(self):
        code, text = self.run_script("against_torch.py", self.folder)
        written = self.folder / "comparison.json"
        return code, text, json.loads(written.read_text()) if written.exists() else None

    def test_ratios_are_of_medians_and_of_neighbouring_blocks(self):
        for number, (ours, theirs) in enumerate(((8e12, 10e12), (9e12, 10e12), (12e12, 12e12)), 1):
            self.block(number, {"full": ours}, {("full", "cudnn"): theirs, ("full", "flash"): theirs / 2})
        code, text, document = self.compare()
        self.assertEqual(code, 0, text)
        cudnn, flash = document["cases"]
        self.assertEqual((cudnn["kernel"], flash["kernel"]), ("cudnn", "flash"))
        self.assertAlmostEqual(cudnn["ratio"], 0.9)
        self.assertAlmostEqual(cudnn["ratio_min"], 0.8)
        self.assertAlmostEqual(cudnn["ratio_max"], 1)
        self.assertAlmostEqual(flash["ratio"], 1.8)
        self.assertEqual(document["libraries"], {"ours": {"cudnn": "9"}, "torch": {"torch": "0"}})
        self.assertIn("0.900  0.800 to 1.000", text)

    def test_one_kernel_may_refuse_but_not_all(self):
        self.block(1, {"full": 8e12}, {("full", "cudnn"): 8e12}, [("full", "flash")])
        code, text, document = self.compare()
        self.assertEqual(code, 0, text)
        self.assertIn("not compared: PyTorch cannot: too odd", text)
        self.assertEqual([row["ratio"] for row in document["cases"]], [1, None])

    def test_a_case_that_no_kernel_takes_is_not_compared(self):
        self.block(1, {"full": 8e12, "causal": 8e12}, {("full", "cudnn"): 8e12}, [("causal", "cudnn")])
        self.assertEqual(self.compare()[0], 1)

    def test_a_result_in_some_blocks_alone(self):
        self.block(1, {"full": 8e12}, {("full", "cudnn"): 8e12, ("full", "flash"): 8e12})
        self.block(2, {"full": 8e12}, {("full", "cudnn"): 8e12, ("full", "flash"): None})
        code, text, _ = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("only 1 of 2 blocks have a good result on both sides", text)

    def test_a_failure_of_ours_is_no_comparison(self):
        self.block(1, {"full": "fail_verify"}, {("full", "cudnn"): 8e12})
        self.assertEqual(self.compare()[0], 1)

    def test_what_ours_cannot_do_is_left_out(self):
        self.block(1, {"full": 8e12, "causal": "not_supported"}, {("full", "cudnn"): 8e12})
        code, text, document = self.compare()
        self.assertEqual((code, len(document["cases"])), (0, 1), text)

    def test_nothing_was_measured(self):
        self.assertEqual(self.compare()[0], 1)


class Published(InAFolder):
    def run_folder(self, name, begin, *cases):
        folder = self.folder / name
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps(
            {"begin_utc": begin, "root_device": {"name": "NVIDIA H200"}, "world": {"ranks": 1}}))
        records = [{"type": "end", "case_id": case_id, "workload": "attention/cudnn", "params": {"sq": 1},
                    "mode": "batched", "disposition": "pass", "rates": rates} for case_id, rates in cases]
        (folder / "journal.jsonl").write_text("\n".join(map(json.dumps, records)))
        return folder

    @staticmethod
    def rates(flops, flops_share, bytes_share):
        return [{"quantity": "flops", "unit": "FLOP/s", "value": flops, "share_of_peak": flops_share},
                {"quantity": "customary_flops", "unit": "FLOP/s", "value": 2 * flops},
                {"quantity": "bytes", "unit": "B/s", "value": flops / 8, "share_of_peak": bytes_share}]

    def compare(self, rates, *published):
        for number, other in enumerate(published):
            self.run_folder(f"results/{number}", f"2026-0{number + 1}-01", ("a", other))
        code, text = self.run_script("against_published.py", self.run_folder("mine", "2027", ("a", rates)),
                                     self.folder / "results")
        self.assertEqual(code, 0, text)
        return text

    def test_a_case_that_memory_limits_is_compared_in_bytes(self):
        text = self.compare(self.rates(32e12, 0.04, 0.8), self.rates(24e12, 0.03, 0.6), self.rates(16e12, 0.02, 0.4))
        self.assertIn("4 TB/s, 2.000 x the 2 TB/s of 2026-02-01", text)

    def test_a_case_that_arithmetic_limits_is_compared_in_flops(self):
        self.assertIn("600 TFLOP/s, 1.200 x the 500 TFLOP/s",
                      self.compare(self.rates(600e12, 0.6, 0.1), self.rates(500e12, 0.5, 0.1)))

    def test_of_an_unknown_gpu_it_is_the_first_rate(self):
        self.assertIn("32 TFLOP/s, 1.000 x", self.compare(self.rates(32e12, None, 0.8), self.rates(32e12, None, 0.8)))

    def test_what_was_published_without_that_rate(self):
        self.assertIn("4 TB/s, never published", self.compare(self.rates(32e12, 0.04, 0.8),
                                                              self.rates(32e12, 0.04, 0.8)[:1]))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
