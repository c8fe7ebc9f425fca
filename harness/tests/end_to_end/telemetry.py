"""Clocks, power and temperatures of a GPU: a stand-in for the CUDA module, and one for NVML (fake_nvml.cpp), which says
what a test wants of it. What stands in the record, in the trace, and what does not where NVML is not there."""

import copy
import hashlib
import re

import petaproof
from petaproof import case, fault, read_lines, suite

GAUGES = ["sm_clock_megahertz", "memory_clock_megahertz", "power_watts", "temperature_celsius",
          "memory_temperature_celsius"]
COUNTERS = ["ecc_corrected", "ecc_uncorrected", "remapped_rows_corrected", "remapped_rows_uncorrected"]


def slow(seconds=0.5):
    """A case whose timed part takes a while."""
    return fault("slow") | {"seconds": seconds}


class Common(petaproof.TestCase):
    def sampled(self, cases, *args, nvml="nvml", env=None, **more):
        """Runs cases on a GPU that NVML knows."""
        library = petaproof.TEST_FOLDER / nvml / "libnvidia-ml.so.1"
        return self.measure(suite(*cases), *args, module="module",
                            env={"PETAPROOF_NVML": str(library), **(env or {})}, **more)

    def traces(self, run):
        """{rank: (header, [case lines])}"""
        traces = {}
        for file in sorted((run.path / "telemetry").iterdir()):
            header, *lines = read_lines(file)
            self.assertEqual((header["type"], header["schema"]), ("telemetry", "petaproof-telemetry/1"))
            self.assertEqual(header["run_id"], run.manifest["run_id"])
            self.assertTrue(file.name.startswith(f"rank{header['rank']:05}-"), file.name)
            traces[header["rank"]] = header, lines
        return traces

    def assert_unsampled(self, run, reason):
        """Nothing of telemetry but why: in no record and in no file."""
        for record in run.records:
            self.assertEqual(record["disposition"], "pass")
            self.assertEqual(record["telemetry"],
                             {"clock_megahertz": None, "clock_basis": None, "power_watts": None, "power_basis": None,
                              "reason": reason, "per_rank": None})
        self.assertFalse((run.path / "telemetry").exists())
        self.assert_records_valid(run)


class OneRank(Common):
    def test_cycle_counters_come_before_the_sensor(self):
        result, run = self.sampled([slow(0.2)], env={"FAKE_NVML_SM_CLOCK": "1980", "FAKE_CLOCK_MEGAHERTZ": "1755"})
        self.assert_records_valid(run)
        record, = run.records
        self.assertEqual(record["telemetry"]["clock_megahertz"], 1755)
        self.assertEqual(record["telemetry"]["clock_basis"], "the multiprocessors' own cycle counters")
        self.assertEqual(record["telemetry"]["per_rank"]["sm_clock_megahertz"]["mean"], [1980])
        self.assertEqual(record["per_rank"]["clock_megahertz"], [1755])
        self.assertEqual(record["per_rank"]["clock_tolerance"], [0.001])
        # the share of the peak at the measured clock, the issue rate that no peak case measured, the clock
        self.assertRegex(result.out, r" 0\.\d% +- +1755 MHz ")
        self.assertGreater(record["rates"][0]["share_of_clock_peak"], 0)
        self.assertIsNone(record["rates"][0]["share_of_issue_peak"])

    def test_a_rate_above_the_peak_at_the_measured_clock_is_invalid(self):
        result, run = self.sampled([slow(0.2)], env={"FAKE_CLOCK_MEGAHERTZ": "0.001"}, code=1)
        self.assert_records_valid(run)
        record, = run.records
        self.assertEqual(record["disposition"], "invalid")
        self.assertIn("at the measured clock of 0 MHz", record["reason"])
        self.assertIn("above the", result.out)

    def test_everything(self):
        result, run = self.sampled([slow(), fault(label=2)],
                                   env={"FAKE_NVML_SM_CLOCK": "1980", "FAKE_NVML_REASONS": "4"})
        self.assert_records_valid(run)
        record, quick = (record["telemetry"] for record in run.records)
        self.assertEqual((record["clock_megahertz"], record["power_watts"]), (1980, 500))
        self.assertEqual(record["clock_basis"], "NVML, mean over the timed part")
        self.assertIn("NVML_FI_DEV_POWER_INSTANT", record["power_basis"])
        self.assertIsNone(record["reason"])
        self.assertRegex(result.out, r"1980 MHz +500 W")
        columns = record["per_rank"]
        for gauge in GAUGES:
            self.assertEqual(set(columns[gauge]), {"mean", "min", "max"})
            self.assertEqual(len(columns[gauge]["mean"]), 1)
        self.assertAlmostEqual(columns["clock_event_fractions"]["sw_power_cap"][0], 1)
        self.assertEqual(columns["clock_event_fractions"]["hw_slowdown"], [0])
        self.assertEqual([columns["before"][name] for name in COUNTERS], [[7], [0], [2], [1]])
        self.assertEqual(columns["after"]["ecc_corrected"], [8])
        self.assertEqual(quick["per_rank"]["before"]["ecc_corrected"], [9])
        self.assertEqual((columns["power_limit_watts"], columns["max_sm_clock_megahertz"]), ([700], [1980]))
        self.assertEqual((columns["driver_version"], columns["nvml_version"]), (["580.65.06"], ["13.580.65.06"]))
        self.assertEqual(columns["unread"], [{}])
        self.assertGreaterEqual(columns["samples"][0], 2)
        self.assertLess(columns["sampling_seconds"][0], columns["window_seconds"][0])

    def test_trace(self):
        _, run = self.sampled([slow(), fault(label=2)])
        header, lines = self.traces(run)[0]
        self.assertEqual(header["device"], "NVIDIA H100 80GB HBM3")
        self.assertEqual([line["case_id"] for line in lines], [record["case_id"] for record in run.records])
        line = lines[0]
        self.assertEqual(line["device_uuid"], run.manifest["ranks"]["device_uuid"][0])
        self.assertEqual([phase["name"] for phase in line["phases"]],
                         ["begin", "prepare", "first launches", "verify", "warm-up", "measure", "verify timed outputs"])
        columns = line["columns"]
        self.assertEqual(set(columns), {"unix_seconds", "phase", "energy_joules", "clock_event_reasons", *GAUGES})
        rows = len(columns["phase"])
        self.assertEqual({len(column) for column in columns.values()}, {rows})
        self.assertEqual(columns["unix_seconds"], sorted(columns["unix_seconds"]))
        self.assertEqual(columns["energy_joules"], sorted(columns["energy_joules"]))
        measure = [phase["name"] for phase in line["phases"]].index("measure")
        self.assertEqual(columns["phase"].count(measure), run.records[0]["telemetry"]["per_rank"]["samples"][0])
        for time, phase in zip(columns["unix_seconds"], columns["phase"]):
            self.assertGreaterEqual(time + 0.002, line["phases"][phase]["unix_seconds"])

    def test_trace_is_in_the_manifest(self):
        _, run = self.sampled([fault()])
        (file,) = (run.path / "telemetry").iterdir()
        self.assertEqual(run.manifest["files_sha256"][f"telemetry/{file.name}"],
                         hashlib.sha256(file.read_bytes()).hexdigest())

    def test_rank_report_carries_it(self):
        _, run = self.sampled([slow()])
        (report,) = run.reports().values()
        self.assertEqual(report["telemetry"]["mean_min_max"]["sm_clock_megahertz"], [1980, 1980, 1980])

    def test_without_nvml(self):
        missing = "libpetaproof-no-nvml.so.1"
        _, run = self.measure(suite(fault()), module="module", env={"PETAPROOF_NVML": missing})
        self.assert_unsampled(run, f"{missing} is missing")

    def test_nvml_that_does_not_start(self):
        _, run = self.sampled([fault()], env={"FAKE_NVML_FAIL": "nvmlInit_v2=9"})
        self.assert_unsampled(run, "NVML does not start: Driver Not Loaded (NVML error 9)")

    def test_a_device_that_nvml_does_not_know(self):
        _, run = self.sampled([fault()], env={"FAKE_NVML_FAIL": "nvmlDeviceGetHandleByUUID=6"})
        uuid = run.manifest["ranks"]["device_uuid"][0]
        self.assert_unsampled(run, f"NVML has no device {uuid}: Not Found (NVML error 6)")

    def test_the_host_backend_does_not_ask(self):
        """NVML is not even loaded."""
        library = petaproof.TEST_FOLDER / "nvml" / "libnvidia-ml.so.1"
        result, run = self.measure(suite(case()), env={"PETAPROOF_NVML": str(library), "LD_DEBUG": "files"})
        self.assert_unsampled(run, "the host backend has no source of clock or power")
        self.assertNotIn("libnvidia-ml", result.err)
        asked, _ = self.sampled([fault()], env={"LD_DEBUG": "files"})
        self.assertIn("libnvidia-ml", asked.err)

    def test_an_old_driver(self):
        _, run = self.sampled([slow()], nvml="nvml-old")
        self.assert_records_valid(run)
        telemetry = run.records[0]["telemetry"]
        columns = telemetry["per_rank"]
        self.assertEqual((telemetry["clock_megahertz"], telemetry["power_watts"]), (1980, 501))
        self.assertIn("nvmlDeviceGetPowerUsage", telemetry["power_basis"])
        self.assertEqual(columns["memory_temperature_celsius"]["mean"], [None])
        self.assertEqual(columns["energy_joules"], [None])
        self.assertEqual(set(columns["unread"][0]), {"memory_temperature_celsius", "energy_joules",
                                                     "remapped_rows_corrected", "remapped_rows_uncorrected"})
        self.assertIn("has no nvmlDeviceGetTotalEnergyConsumption", columns["unread"][0]["energy_joules"])

    def test_a_mig_instance(self):
        _, run = self.sampled([slow()], env={"FAKE_NVML_MIG": "instance"})
        self.assert_records_valid(run)
        telemetry = run.records[0]["telemetry"]
        self.assertEqual((telemetry["clock_megahertz"], telemetry["power_watts"]), (1980, None))
        self.assertRegex(telemetry["reason"], "^power: .*MIG")

    def test_lost_before_the_timed_part(self):
        _, run = self.sampled([slow()], env={"FAKE_NVML_LOST_AFTER": "2"})
        self.assert_records_valid(run)
        telemetry = run.records[0]["telemetry"]
        self.assertEqual(telemetry["reason"], "GPU is lost (NVML error 15)")
        self.assertIsNone(telemetry["clock_megahertz"])
        self.assertEqual(telemetry["per_rank"]["clock_event_fractions"], {})
        self.assertEqual(telemetry["per_rank"]["after"]["ecc_corrected"], [None])
        clocks = self.traces(run)[0][1][0]["columns"]["sm_clock_megahertz"]
        self.assertEqual((clocks[0], clocks[-1]), (1980, None))

    def test_a_hang_ends_the_run(self):
        """NVML hangs in the sampler's thread: the case goes on, and the watchdog ends the wait for that thread."""
        result, run = self.sampled([fault()], "--case-timeout", 2, code=4, env={"FAKE_NVML_HANG_AFTER": "1"})
        self.assertIn('phase "end of telemetry" did not end within 2 s', result.err)
        self.assertEqual(run.records[0]["disposition"], "timeout")
        self.assert_records_valid(run)
        self.assert_nothing_left()

    def test_a_case_that_fails(self):
        for kind in "throw", "wrong":
            with self.subTest(kind):
                _, run = self.sampled([fault(kind), fault(kind, after=3)], code=1)
                self.assert_records_valid(run)
                self.assertEqual(len(self.traces(run)[0][1]), 2)

    def test_a_trace_that_cannot_be_written(self):
        folder = self.new_path()
        folder.mkdir()
        (folder / "telemetry").write_text("in the way")
        path = self.write("blocked.json", suite(fault()))
        result = self.petaproof("run", path, "--out", folder, env={
            "PETAPROOF_MODULE_DIR": str(petaproof.TEST_FOLDER / "module"),
            "PETAPROOF_NVML": str(petaproof.TEST_FOLDER / "nvml" / "libnvidia-ml.so.1")})
        self.assertEqual(result.code, 4, str(result))
        self.assertIn("telemetry", result.own_lines()[0])

    def test_what_is_no_telemetry(self):
        """The schema accepts what the program writes, and nothing that only looks like it."""
        check = petaproof.validator()
        _, run = self.sampled([slow()])
        record = run.records[0]
        self.assertTrue(check.is_valid(record))

        def with_value(path, value):
            changed = copy.deepcopy(record)
            *parents, last = path.split(".")
            at = changed["telemetry"]
            for key in parents:
                at = at[key]
            at[last] = value
            return changed

        for what, (path, value) in {
                "a clock without a basis": ("clock_basis", None),
                "a null without a reason": ("power_watts", None),
                "a reason without a null": ("reason", "because"),
                "a power of zero": ("per_rank.power_watts.mean", [0]),
                "an unknown column": ("per_rank.hello", [1]),
                "an unknown clock event": ("per_rank.clock_event_fractions.hello", [0.5]),
                "a fraction above one": ("per_rank.clock_event_fractions.sw_power_cap", [1.5]),
                "an unknown gauge": ("per_rank.sm_clock_megahertz.median", [1]),
                "half an error": ("per_rank.after.ecc_corrected", [0.5]),
                "an unknown counter": ("per_rank.after.hello", [1]),
                "no samples": ("per_rank.samples", []),
                "an unread thing that is none": ("per_rank.unread", [{"hello": "why"}])}.items():
            with self.subTest(what):
                self.assertFalse(check.is_valid(with_value(path, value)))
        self.assertTrue(check.is_valid(with_value("per_rank.clock_event_fractions.bit_12", [0.5])))


class SeveralRanks(Common):
    def test_each_rank_has_its_own(self):
        _, run = self.sampled([slow()], ranks=3, env={"FAKE_GPUS": "3"})
        self.assert_records_valid(run)
        telemetry = run.records[0]["telemetry"]
        self.assertEqual(telemetry["clock_megahertz"], 1980)
        self.assertEqual(telemetry["per_rank"]["sm_clock_megahertz"]["mean"], [1980] * 3)
        traces = self.traces(run)
        self.assertEqual(sorted(traces), [0, 1, 2])
        for rank, (_, (line,)) in traces.items():
            self.assertEqual(line["device_uuid"], run.manifest["ranks"]["device_uuid"][rank])
        self.assertEqual(sum(name.startswith("telemetry/") for name in run.manifest["files_sha256"]), 3)
        self.assert_nothing_left()

    def test_a_hang_on_all(self):
        result, run = self.sampled([fault()], "--case-timeout", 3, ranks=2, code=4,
                                   env={"FAKE_GPUS": "2", "FAKE_NVML_HANG_AFTER": "1"})
        self.assertTrue(re.search(r'phase "end of telemetry" did not end', result.err), str(result))
        self.assertEqual(run.outcome["exit_code"], 4)
        self.assert_nothing_left()


if __name__ == "__main__":
    petaproof.main()
