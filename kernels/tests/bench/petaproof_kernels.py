"""The Google Benchmark program from outside: its flags, its output as others read it, its exit codes.

  PETAPROOF_KERNELS  the program
  PETAPROOF_SOURCE   the source tree, for configs/hardware
  PETAPROOF_MODULES  a folder with a stand-in for the CUDA module: kernels/tests/modules/fake_gpu.cpp
"""

import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ["PETAPROOF_KERNELS"]
SOURCE = Path(os.environ["PETAPROOF_SOURCE"])
MODULES = os.environ["PETAPROOF_MODULES"]
QUICK = "--benchmark_min_time=0.001"


def run(*flags, env=None):
    """Without a module but the stand-in, and without flags in the caller's environment."""
    clean = {k: v for k, v in os.environ.items() if not re.match(r"BENCHMARK_|PETAPROOF_|FAKE_|NVIDIA_", k)}
    clean.update({"PETAPROOF_MODULE_DIR": MODULES, "OMP_NUM_THREADS": "1", **(env or {})})
    return subprocess.run([PROGRAM, *flags], env=clean, capture_output=True, text=True, timeout=100)


def parse(text):
    def refuse(literal):
        raise ValueError(f"{literal} is not a finite number")
    return json.loads(text, parse_constant=refuse)


def hardware(name):
    return json.loads((SOURCE / "configs/hardware" / f"{name}.json").read_text())


class Flags(unittest.TestCase):
    def test_list(self):
        result = run("--benchmark_list_tests")
        self.assertEqual(result.returncode, 0, result.stderr)
        names = result.stdout.splitlines()
        self.assertIn("memory/host_latency/size:1073741824/stride:128/loads:262144/manual_time", names)
        self.assertIn("test/flops/precision:bf16/manual_time", names)
        self.assertIn("test/flops/precision:fp17/fast:false/manual_time", names)  # a parameter of some cases alone
        self.assertTrue(all(re.fullmatch(r"[a-z_]+/[a-z_]+(/[a-z_]+:\S+)*/manual_time", name) for name in names), names)
        self.assertFalse(any("all_reduce" in name for name in names), "a collective needs ranks")

    def test_filter(self):
        result = run("--benchmark_filter=test/flops.*fp64", QUICK, "--benchmark_format=json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([one["name"] for one in parse(result.stdout)["benchmarks"]],
                         ["test/flops/precision:fp64/manual_time"])

    def test_a_filter_that_matches_nothing(self):
        self.assertEqual(run("--benchmark_filter=no_such_kernel").returncode, 1)
        self.assertEqual(run("--benchmark_filter=no_such_kernel", "--benchmark_list_tests").returncode, 1)

    def test_flags_that_are_none(self):
        for flag in "--benchmark_filtre=x", "--size=3", "gemm":
            result = run(flag)
            self.assertEqual(result.returncode, 3)
            self.assertIn("unrecognized command-line flag", result.stderr)

    def test_repetitions(self):
        result = run("--benchmark_filter=test/bytes", QUICK, "--benchmark_repetitions=3", "--benchmark_format=json")
        self.assertEqual(result.returncode, 0, result.stderr)
        runs = parse(result.stdout)["benchmarks"]
        self.assertEqual([one["repetition_index"] for one in runs if one["run_type"] == "iteration"], [0, 1, 2])
        self.assertEqual([one["aggregate_name"] for one in runs if one["run_type"] == "aggregate"],
                         ["mean", "median", "stddev", "cv"])

    def test_a_file_beside_the_console(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.json"
            result = run("--benchmark_filter=test/bytes", QUICK, f"--benchmark_out={out}")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("test/bytes/manual_time", result.stdout)
            self.assertEqual(len(parse(out.read_text())["benchmarks"]), 1)

    def test_csv(self):
        result = run("--benchmark_filter=test/bytes", QUICK, "--benchmark_format=csv")
        self.assertEqual(result.returncode, 0, result.stderr)
        row, = csv.DictReader(io.StringIO(result.stdout))
        self.assertEqual(row["name"], "test/bytes/manual_time")
        self.assertGreater(float(row["bytes_per_second"]), 0)
        self.assertEqual(row["error_occurred"], "")


class Output(unittest.TestCase):
    def measure(self, which, env=None):
        result = run(f"--benchmark_filter={which}", QUICK, "--benchmark_format=json", env=env)
        self.assertEqual(result.returncode, 0, str(result))
        document = parse(result.stdout)
        return document["context"], document["benchmarks"]

    def test_rates_are_work_over_manual_time(self):
        _, runs = self.measure("test/(flops|bytes|loads)")
        work = {"flops_per_second": 5e8, "ops_per_second": 5e8, "bytes_per_second": 3e6, "loads_per_second": 1e4}
        seen = set()
        for one in runs:
            self.assertEqual(one["time_unit"], "ns")
            name, = work.keys() & one.keys()
            self.assertAlmostEqual(one[name] * one["real_time"] * 1e-9 / work[name], 1, 6, one["name"])
            seen.add(name)
            if name == "loads_per_second":
                self.assertAlmostEqual(one["seconds_per_load"] * one[name], 1, 6)
        self.assertEqual(seen, work.keys())

    def test_a_workload_of_the_host(self):
        if "gemm/openblas" not in run("--benchmark_list_tests").stdout:
            self.skipTest("this build has no OpenBLAS")
        context, runs = self.measure("gemm/openblas/precision:fp32")
        self.assertAlmostEqual(runs[0]["flops_per_second"] * runs[0]["real_time"] * 1e-9 / (2 * 1024**3), 1, 6)
        self.assertNotIn("percent_of_peak", runs[0])
        self.assertIn("blas_threads=", runs[0]["label"])
        self.assertGreater(int(context["host.units"]), 0)

    def test_attention(self):
        names = run("--benchmark_list_tests").stdout
        if "attention/reference" not in names:
            self.skipTest("this build has no OpenMP")
        for variant in "pass:forward/mask:causal", "pass:forward/mask:full", "pass:backward/mask:causal":
            self.assertIn(f"attention/reference/precision:bf16/{variant}/batch:1/heads:32/kv_heads:8/sq:512", names)
        _, runs = self.measure("attention/reference/precision:bf16/pass:forward/mask:(causal|full)/")
        tokens, heads, kv_heads, d = 512, 32, 8, 128
        moved = 2 * tokens * d * (2 * heads + 2 * kv_heads) + 4 * tokens * heads
        for one, pairs in zip(runs, (tokens * (tokens + 1) / 2, tokens ** 2)):
            seconds = one["real_time"] * 1e-9
            self.assertAlmostEqual(one["flops_per_second"] * seconds / (heads * 4 * d * pairs), 1, 6, one["name"])
            self.assertAlmostEqual(one["bytes_per_second"] * seconds / moved, 1, 6, one["name"])
        self.assertAlmostEqual(runs[0]["customary_flops_per_second"] / runs[0]["flops_per_second"], 512 / 513, 6)
        self.assertNotIn("customary_flops_per_second", runs[1], "without a mask there is but one count")

    def percent(self, gpu):
        """By benchmark: what the program says of the peak, and the rate that this is a part of."""
        _, runs = self.measure("test/flops|test/bytes", {"FAKE_GPU": gpu})
        return {one["name"].split("/")[1] + one["name"].split("/")[2].removeprefix("precision"):
                (one.get("percent_of_peak"), next(v for k, v in one.items() if k.endswith("s_per_second")))
                for one in runs}

    def test_percent_of_the_peak_on_paper(self):
        file = hardware("h200-sxm-141gb")
        percent = self.percent("NVIDIA H200")
        peaks = {"flops:fp64": 1e12 * file["peak_dense_tflops"]["fp64_tensor"]["value"],  # what has such uses them
                 "flops:bf16": 1e12 * file["peak_dense_tflops"]["bf16"]["value"],
                 "flops:int8": 1e12 * file["peak_dense_tops"]["int8"]["value"],
                 "flops:mxfp8": 1e12 * file["peak_dense_tflops"]["fp8"]["value"],  # runs on the same units
                 "bytesmanual_time": 1e12 * file["memory"][0]["bandwidth_tbs"]["value"]}
        for name, peak in peaks.items():
            self.assertAlmostEqual(percent[name][0] / (100 * percent[name][1] / peak), 1, 6, name)
        self.assertIsNone(percent["flops:fp17"][0], "no GPU has a peak of that")

    def test_what_leaves_tensor_cores_aside_is_held_against_vector_units(self):
        _, (one,) = self.measure("test/vector", {"FAKE_GPU": "NVIDIA H200"})
        peak = 1e12 * hardware("h200-sxm-141gb")["peak_dense_tflops"]["fp64"]["value"]
        self.assertAlmostEqual(one["percent_of_peak"] / (100 * one["flops_per_second"] / peak), 1, 6)

    def test_percent_of_the_nearer_peak_of_two(self):
        _, runs = self.measure("test/skinny", {"FAKE_GPU": "NVIDIA H200"})
        bandwidth = 1e12 * hardware("h200-sxm-141gb")["memory"][0]["bandwidth_tbs"]["value"]
        bf16, fp17 = runs
        self.assertEqual(bf16["bytes_per_second"], bf16["flops_per_second"])
        self.assertAlmostEqual(bf16["percent_of_peak"] / (100 * bf16["bytes_per_second"] / bandwidth), 1, 6)
        self.assertNotIn("percent_of_peak", fp17, "what it computes has no peak, so that none of two is the nearer")

    def test_no_percent_where_the_peak_is_not_known(self):
        self.assertEqual({p for p, _ in self.percent("NVIDIA Unheard Of").values()}, {None})

    def test_fp64_of_a_gpu_without_such_tensor_cores(self):
        file = hardware("l40s")
        self.assertNotIn("fp64_tensor", file["peak_dense_tflops"])
        percent, rate = self.percent(file["reported_names"][0]["value"])["flops:fp64"]
        self.assertAlmostEqual(percent * file["peak_dense_tflops"]["fp64"]["value"] * 1e10 / rate, 1, 6)

    def test_the_table_is_that_of_the_hardware_files(self):
        for file in sorted((SOURCE / "configs/hardware").glob("*.json")):
            gpu = json.loads(file.read_text())
            for name in gpu["reported_names"]:
                percent = self.percent(name["value"])
                # nothing where one name stands for several kinds of memory
                one_memory = len(gpu["memory"]) == 1 and "bandwidth_tbs" in gpu["memory"][0]
                self.assertEqual(percent["bytesmanual_time"][0] is not None, one_memory, file.name)
                bf16 = gpu["peak_dense_tflops"].get("bf16")
                self.assertEqual(percent["flops:bf16"][0] is not None, bf16 is not None, file.name)
                if bf16:
                    self.assertAlmostEqual(percent["flops:bf16"][0] * bf16["value"] * 1e10 / percent["flops:bf16"][1],
                                           1, 6, file.name)

    def test_context(self):
        context, _ = self.measure("test/bytes", {"NVIDIA_TF32_OVERRIDE": "0"})
        for key in "date", "host_name", "executable", "num_cpus":  # the library's own
            self.assertIn(key, context)
        self.assertRegex(context["petaproof_version"], r"^\d+\.\d+\.\d+$")
        self.assertRegex(context["git_commit"], r"^([0-9a-f]{40}|[0-9a-f]{64}|unknown)$")
        self.assertIn(context["git_dirty"], ("yes", "no"))
        self.assertRegex(context["compiler"], r"\d")
        self.assertTrue(context["build_type"])
        self.assertTrue(context["cuda_module"].endswith("libpetaproof_cuda.so"))
        self.assertEqual(context["environment_unset"], "NVIDIA_TF32_OVERRIDE=0")
        self.assertEqual({k: context[k] for k in ("cuda.name", "cuda.driver", "cuda.uuid", "cuda.peaks_known")},
                         {"cuda.name": "NVIDIA H200", "cuda.driver": "580.0", "cuda.peaks_known": "yes",
                          "cuda.uuid": "GPU-00000000-0000-0000-0000-000000000000"})
        self.assertTrue(context["host.name"])

    def test_labels_are_the_notes(self):
        _, runs = self.measure("test/flops.*bf16")
        self.assertEqual(runs[0]["label"], "algorithm=7")

    @unittest.skipUnless(Path("/usr/share/benchmark/compare.py").exists(), "there is no compare.py (libbenchmark-tools)")
    def test_compare(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [f"{folder}/{name}.json" for name in ("before", "after")]
            for file in files:
                run("--benchmark_filter=test/flops", QUICK, "--benchmark_repetitions=9", f"--benchmark_out={file}")
            result = subprocess.run([sys.executable, "/usr/share/benchmark/compare.py", "benchmarks", *files],
                                    capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("test/flops/precision:bf16/manual_time_pvalue", result.stdout)


class Failures(unittest.TestCase):
    def fault(self, *which, env=None):
        names = "|".join(which)
        result = run(f"--benchmark_filter=test/fault/fault:({names})/", QUICK, "--benchmark_format=json", env=env)
        return result, {one["name"].split(":")[1].split("/")[0]: one for one in parse(result.stdout)["benchmarks"]}

    def test_what_goes_wrong_is_an_error_and_the_rest_runs(self):
        result, runs = self.fault("none", "wrong", "later", "idle", "throw")
        self.assertEqual(result.returncode, 1)
        self.assertNotIn("error_occurred", runs["none"])
        self.assertGreater(runs["none"]["flops_per_second"], 0)
        for fault, message in (("wrong", "wrong result, slot 0: it is 1.0"), ("throw", "thrown on request"),
                               ("later", "wrong result, slot 0: it is 1.0"),
                               ("idle", "wrong result, slot 0: it is -nan")):  # the poison
            self.assertTrue(runs[fault].get("error_occurred"), fault)
            self.assertIn(message, runs[fault]["error_message"])
            self.assertNotIn("flops_per_second", runs[fault])

    def test_all_well_is_0(self):
        result, _ = self.fault("none")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_nothing_runs_on_a_broken_device(self):
        result = run("--benchmark_filter=fault:sticky|test/flops.*fp64", QUICK, "--benchmark_format=json")
        self.assertEqual(result.returncode, 1)
        broken, after = parse(result.stdout)["benchmarks"]
        self.assertIn("an illegal address", broken["error_message"])
        self.assertIn("not run: the device is unusable after: an illegal address", after["error_message"])

    def test_a_clock_that_stands_still(self):
        result, runs = self.fault("none", env={"FAKE_CLOCK": "stopped"})
        self.assertEqual(result.returncode, 1)
        self.assertIn("broken timing", runs["none"]["error_message"])

    def test_what_cannot_run_is_left_out_and_said(self):
        result = run("--benchmark_filter=test/fault/fault:refuse")
        self.assertEqual(result.returncode, 1, "asked for, and nothing was measured")
        self.assertIn("left out test/fault/fault:refuse: refused on request", result.stderr)

    def test_no_gpu(self):
        result = run("--benchmark_list_tests", env={"FAKE_GPU": "none"})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("test/", result.stdout)
        self.assertIn("memory/host_latency", result.stdout)
        self.assertIn("left out test/bytes, test/fault, test/flops, test/loads, test/skinny, test/vector: FAKE_GPU is "
                      "none", result.stderr)

    def test_no_module(self):
        result = run("--benchmark_list_tests", env={"PETAPROOF_MODULE_DIR": "/nowhere"})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("test/", result.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
