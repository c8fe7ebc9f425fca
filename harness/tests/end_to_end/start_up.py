"""What starts, and what does not: no CUDA library in the program, no MPI where one process is enough, and in how much
time (printed, never judged: a busy machine is no defect)."""

import json
import re
import subprocess
import time

import petaproof
from petaproof import PROGRAM, TEST_FOLDER, case, suite

SHIM = {"LD_PRELOAD": str(TEST_FOLDER / "no_mpi.so")}  # ends the process with code 99 in MPI_Init
CLAIM = "nexus-hub-240pf"


class StartUp(petaproof.TestCase):
    def test_no_cuda_library(self):
        needed = subprocess.run(["readelf", "-d", PROGRAM], capture_output=True, text=True, check=True).stdout
        libraries = [line for line in needed.splitlines() if "(NEEDED)" in line]
        self.assertTrue(any("libmpi" in line for line in libraries), needed)
        for word in "cuda", "cublas", "cudnn", "nccl", "nvidia", "nvml", "petaproof":
            self.assertNotIn(word, "\n".join(libraries).lower())

    def test_the_shim_works(self):
        path = self.write("suite.json", suite(case()))
        result = self.petaproof("run", path, "--out", self.new_path(), env={**SHIM, "PMI_SIZE": "1"})
        self.assertEqual(result.code, 99, str(result))

    def test_no_mpi(self):
        _, run = self.measure(suite(case()), env=SHIM)
        for args, code in [(["claim", CLAIM], 2), (["judge", run.path, "--claim", CLAIM], 2), (["merge", run.path], 0),
                           (["list"], 0), (["version"], 0), (["--help"], 0), (["run", "--help"], 0),
                           (["run", "absent"], 3)]:
            with self.subTest(args[0]):
                result = self.petaproof(*args, env=SHIM)
                self.assertEqual(result.code, code, str(result))
                # nor under a launcher, where the others would wait for a rank that only judges
                if args[0] != "run":
                    launched = {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"}
                    result = self.petaproof(*args, env={**SHIM, **launched})
                    self.assertEqual(result.code, code, str(result))

    def test_the_module_is_loaded_by_those_who_measure(self):
        _, run = self.measure(suite(case()))
        env = {"PETAPROOF_MODULE_DIR": str(TEST_FOLDER / "module"), "LD_DEBUG": "files"}
        for args, loads in [(["list"], True), (["claim", CLAIM], False), (["judge", run.path, "--claim", CLAIM], False),
                            (["merge", run.path], False), (["version"], False)]:
            with self.subTest(args[0]):
                self.assertEqual("libpetaproof_cuda.so" in self.petaproof(*args, env=env).err, loads)

    def test_list_names_what_is_missing(self):
        working = self.petaproof("list", env={"PETAPROOF_MODULE_DIR": str(TEST_FOLDER / "module")})
        self.assertIn("test/fault", working.out)
        self.assertEqual(working.code, 0)
        broken = self.petaproof("list", env={"PETAPROOF_MODULE_DIR": str(TEST_FOLDER / "module-broken")})
        self.assertNotIn("test/fault", broken.out)
        self.assertEqual(broken.code, 0)

    def test_list_fits_a_page_and_says_all_that_its_json_does(self):
        env = {"PETAPROOF_MODULE_DIR": str(TEST_FOLDER / "module")}
        text = self.petaproof("list", env=env).out
        for line in text.splitlines():
            if "not available: " not in line:  # a reason stands whole, for whoever searches a log for it
                self.assertLessEqual(len(line), 110, line)
        words = " ".join(text.split())
        for workload in json.loads(self.petaproof("list", "--json", env=env).out)["workloads"]:
            if not workload["available"]:
                self.assertIn(f"{workload['name']} not available: {workload['reason']}", words)
                continue
            self.assertRegex(text, rf"(?m)^  {re.escape(workload['name'])} +\[{workload['backend']}[],]")
            self.assertIn(" ".join(workload["summary"].split()), words)
            for param in workload["params"]:
                shown = f"{param['name']} {param['help']}: {param['allowed']} (default {param['default']})"
                self.assertIn(" ".join(shown.split()), words)

    def test_how_long_it_takes(self):
        _, run = self.measure(suite(case()))
        for args in ["version"], ["claim", CLAIM], ["judge", run.path, "--claim", CLAIM], ["merge", run.path], ["list"]:
            times = []
            for _ in range(7):
                begin = time.perf_counter()
                self.petaproof(*args)
                times.append(time.perf_counter() - begin)
            print(f"\n  petaproof {args[0]}: {1e3 * sorted(times)[3]:.0f} ms (best {1e3 * min(times):.0f})", end="")
        print()
        outcome = run.outcome
        print(f"  run of one case: harness {1e3 * outcome['time']['harness_seconds']:.0f} ms, "
              f"{outcome['peak_memory_bytes'] / 1e6:.0f} MB")


if __name__ == "__main__":
    petaproof.main()
