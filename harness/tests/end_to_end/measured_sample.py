"""`sample check` and `sample census`: what became of a draw, and which GPUs there were, by the runs measured there."""

import json
import socket

import petaproof
from committed_draw import SEED, CommittedDraw
from petaproof import case, fault, parse, suite, with_checksum


class Runs(CommittedDraw):
    """What became of a draw. The measured node is this one; the others of the list are nowhere."""

    HOST = socket.gethostname().lower()

    def setUp(self):
        super().setUp()
        if not self.HOST[0].isalnum() or self.HOST.replace(".", "").isdigit():
            self.skipTest(f"this machine's name, {self.HOST}, is none for a list of nodes")
        self.short = self.HOST.split(".")[0]

    def measured(self, *cases, env=None, **more):
        return self.measure(suite(*(cases or [fault()])), module="module", env=env, **more)[1]

    def rewritten(self, run, hosts, uuids=None, **gpu):
        """The same run as if its ranks had been on other hosts: manifest and journal say so, checksums included."""
        manifest = run.manifest
        manifest["ranks"]["host"] = hosts
        manifest["ranks"]["gpu"].update(gpu)
        if uuids:
            manifest["ranks"]["device_uuid"] = uuids
        (run.path / "manifest.json").write_text(json.dumps(manifest))
        lines = run.journal
        for line in lines:
            if line["type"] == "end" and line["per_rank"]:
                line["per_rank"]["host"] = hosts
        (run.path / "journal.jsonl").write_text("".join(with_checksum(line) for line in lines))
        return run

    def check(self, draw_file, *runs, code):
        args = ["check", "--draw", draw_file, *(run.path for run in runs)]
        text = self.petaproof("sample", *args)
        self.assertEqual(text.code, code, str(text))
        return self.sample(*args, code=code), text.out

    def test_delivered(self):
        file, _ = self.draw_file([f"{self.short} a"], "--size", 1)
        checked, text = self.check(file, self.measured(), code=0)
        self.assertEqual([one["node"] for one in checked["delivered"]], [self.short])
        self.assertEqual((checked["missing"], checked["selection"]), ([], "all"))
        self.assertIn("1 of 1 drawn nodes", text)

    def test_a_name_with_and_without_its_domain(self):
        file, _ = self.draw_file([f"{self.short}.some.example a"], "--size", 1)
        run = self.measured()
        if "." not in self.HOST:
            self.check(file, run, code=0)
        self.rewritten(run, [f"{self.short}.other.example"])
        checked, _ = self.check(file, run, code=1)
        self.assertEqual(checked["set_aside"][0]["why"], "not in the list")

    def test_not_delivered_counts_against(self):
        lines = [f"n{i:02} a" for i in range(40)]
        file, document = self.draw_file(lines, "--size", 20)
        drawn = document["drawn"]
        other = next(line.split()[0] for line in lines if line.split()[0] not in drawn)
        run = self.measured(ranks=2, env={"FAKE_GPUS": "2"})

        nearly = [*drawn[:19], other]
        runs = []
        for i in range(0, 20, 2):
            runs.append(self.copy_of(run, i, nearly[i:i + 2]))
        checked, text = self.check(file, *runs, code=2)  # 19 of 20 are 95 %
        self.assertEqual([one["node"] for one in checked["missing"]], drawn[19:])
        self.assertEqual(checked["set_aside"], [{"node": other, "why": "not drawn"}])
        self.assertEqual((checked["selection"], checked["capped"]), ("random", False))
        self.assertIn("Each counts as a failed node", text)

        checked, text = self.check(file, *runs[:9], code=1)  # 18 of 20
        self.assertEqual((checked["selection"], checked["capped"]), ("provider_chosen", True))
        self.assertEqual(checked["level"]["can_reach"], "D")
        self.assertIn("can confirm nothing", text)

    def copy_of(self, run, number, hosts):
        """A run of its own: another run_id, other hosts, other GPUs."""
        copy = petaproof.RunFolder(self.new_path("copy"))
        copy.path.mkdir()
        run_id = f"{number:016x}"
        (copy.path / "manifest.json").write_text(json.dumps({**run.manifest, "run_id": run_id}))
        (copy.path / "journal.jsonl").write_text("".join(with_checksum({**line, "run_id": run_id})
                                                         for line in run.journal))
        return self.rewritten(copy, hosts, [f"GPU-{number + i}" for i in range(len(hosts))])

    def test_one_node_under_two_names(self):
        """Two names, one GPU: the second is not delivered."""
        file, document = self.draw_file([f"n{i} a" for i in range(2)], "--size", 2)
        run = self.measured(ranks=2, env={"FAKE_GPUS": "2"})
        self.rewritten(run, ["n0", "n1"], ["GPU-1", "GPU-1"])
        checked, _ = self.check(file, run, code=1)
        self.assertEqual([one["node"] for one in checked["missing"]], ["n1"])
        self.assertIn("GPU-1", checked["missing"][0]["why"])
        census = self.sample("census", run.path, code=1)
        self.assertEqual(census["counted"], 0)
        self.assertIn("on several nodes", census["findings"][0])
        self.assertIn("GPU-1 on n0, n1", census["findings"][0])

    def test_a_run_that_measured_nothing_there(self):
        file, _ = self.draw_file([f"{self.short} a"], "--size", 1)
        run = self.measured(fault("refuse"), code=2)
        checked, _ = self.check(file, run, code=1)
        self.assertIn("no case ended", checked["missing"][0]["why"])
        wrong = self.measured(fault("wrong"), code=1)
        checked, text = self.check(file, wrong, code=0)
        self.assertEqual(checked["delivered"][0]["passed"], 0)
        self.assertIn("no case passed", text)

    def test_a_manifest_that_was_edited(self):
        """The records, which have checksums, still say where they were measured."""
        file, _ = self.draw_file(["n1 a"], "--size", 1)
        run = self.measured()
        manifest = run.manifest
        manifest["ranks"]["host"] = ["n1"]
        (run.path / "manifest.json").write_text(json.dumps(manifest))
        checked, _ = self.check(file, run, code=1)
        self.assertIn("no case ended", checked["missing"][0]["why"])
        self.assertIn("the manifest on n1", checked["notes"][0])

    def test_cpus_are_no_evidence(self):
        file, _ = self.draw_file([f"{self.short} a"], "--size", 1)
        checked, _ = self.check(file, self.measure(suite(case()))[1], code=0)
        self.assertIn("no evidence about a GPU", checked["notes"][0])

    def test_a_merged_run(self):
        file, _ = self.draw_file([f"{self.short} a"], "--size", 1)
        runs = [self.measured(), self.measured()]
        both = petaproof.RunFolder(self.new_path("both"))
        self.assertEqual(self.petaproof("merge", *(run.path for run in runs), "--out", both.path).code, 0)
        checked, _ = self.check(file, both, code=0)
        self.assertEqual(checked["delivered"][0]["passed"], 2)
        self.assert_one_line(self.petaproof("sample", "check", "--draw", file, both.path, runs[0].path), 3, "twice")

    def test_a_draw_that_is_not_the_auditors(self):
        file, document = self.draw_file([f"n{i:02} a" for i in range(60)], "--size", 15)
        run = self.measured()
        contiguous = {**document, "drawn": [f"n{i:02}" for i in range(15)]}
        forged = self.write("forged.json", contiguous)
        self.assert_one_line(self.petaproof("sample", "check", "--draw", forged, run.path), 3, forged, "drawn",
                             "changed afterwards")
        for args, parts in {("--expect-seed", "another"): [SEED, "another"],
                            ("--expect-hash", "0" * 64): ["0" * 64]}.items():
            self.assert_one_line(self.petaproof("sample", "check", "--draw", file, *args, run.path), 3, *parts)
        self.assertEqual(self.petaproof("sample", "check", "--draw", file, "--expect-seed", SEED, "--expect-hash",
                                        document["nodes_sha256"], run.path).code, 1)
        self.assert_one_line(self.petaproof("sample", "check", "--draw", file, self.folder), 3, "not a run folder")
        self.assert_one_line(self.petaproof("sample", "check", "--draw", run.path, run.path), 3)
        self.assertEqual(self.petaproof("sample", "check", run.path).code, 3)

    def test_run_and_judge_read_a_draw(self):
        file, document = self.draw_file([f"{self.short} a", "n2 a"], "--size", 2)
        result, run = self.measure(suite(fault()), "--sample", file, module="module")
        self.assertIn("1 of 2 drawn nodes", result.out)
        written = run.manifest["sample"]
        self.assertEqual([one["node"] for one in written["missing"]], ["n2"])
        self.assertTrue(written["capped"])
        args = ["judge", run.path, "--claim", "nexus-hub-240pf", "--sample", file]
        judged = parse(self.petaproof(*args, "--json").out)
        self.assertEqual({**judged["sample"], "notes": []}, {**written, "notes": []})
        self.assertIn("can confirm nothing", self.petaproof(*args).out)
        forged = self.write("forged.json", {**document, "drawn": ["n2", "n3"]})
        self.assert_one_line(self.petaproof("run", self.write("s.json", suite(case())), "--sample", forged, "--out",
                                            self.folder / "none"), 3, forged)
        self.assertFalse((self.folder / "none").exists())
        self.assert_one_line(self.petaproof("judge", run.path, "--sample", "/nonexistent", "--claim",
                                            "nexus-hub-240pf"), 3, "/nonexistent")

    def with_nvml(self, ranks=2, **settings):
        nvml = petaproof.TEST_FOLDER / "nvml" / "libnvidia-ml.so.1"
        return self.measured(ranks=ranks, env={"FAKE_GPUS": str(ranks), "PETAPROOF_NVML": str(nvml), **settings})

    def test_census(self):
        run = self.with_nvml()
        census = self.sample("census", run.path)
        self.assertEqual(census["counted"], 2)
        self.assertEqual(census["findings"], [])
        self.assertEqual([gpu["uuid"] for gpu in census["gpus"]], sorted(run.manifest["ranks"]["device_uuid"]))
        self.assertEqual([gpu["serials"] for gpu in census["gpus"]], [["1654223000"], ["1654223001"]])
        self.assertEqual(list(census["nodes"].values()), [2])
        self.assertEqual([model["usual_limit_watts"] for model in census["models"]], [700])
        self.assertEqual(census["not_recorded"], ["base clocks"])
        text = self.petaproof("sample", "census", run.path).out
        self.assertIn("2 distinct, whole", text)

    def test_the_manifest_tells_gpus_apart(self):
        gpu = self.with_nvml(FAKE_NVML_FAIL="nvmlDeviceGetBoardPartNumber=3").manifest["ranks"]["gpu"]
        self.assertEqual(gpu["reason"], [None, None])
        self.assertEqual(gpu["pci_bus_id"], ["00000000:00:00.0", "00000000:01:00.0"])
        self.assertEqual((gpu["ecc"], gpu["mig"]), ([True, True], [False, False]))
        self.assertEqual(gpu["max_power_limit_watts"], [710, 710])
        self.assertEqual(gpu["board_part_number"], [None, None])
        self.assertEqual(gpu["unread"], [{"board_part_number": "Not Supported (NVML error 3)"}] * 2)
        self.assertTrue(all(len(column) == 2 for column in gpu.values()))

    def test_without_a_driver_the_run_is_as_before(self):
        run = self.measured(env={"PETAPROOF_NVML": "/nonexistent.so"})
        gpu = run.manifest["ranks"]["gpu"]
        self.assertIn("/nonexistent.so", gpu["reason"][0])
        self.assertEqual((gpu["serial"], gpu["unread"]), ([None], [{}]))
        census = self.sample("census", run.path, code=2)
        self.assertEqual(census["counted"], 1)
        self.assertIn("/nonexistent.so", census["findings"][0])
        host = self.measure(suite(case()))[1].manifest["ranks"]["gpu"]
        self.assertEqual(host["reason"], ["the host backend has no GPU"])
        manifest = run.manifest  # of an older version
        del manifest["ranks"]["gpu"]
        (run.path / "manifest.json").write_text(json.dumps(manifest))
        self.assertIn("older version", self.sample("census", run.path, code=2)["findings"][0])

    def test_one_gpu_behind_two_uuids(self):
        run = self.with_nvml(FAKE_NVML_SERIAL="1650000000007")
        census = self.sample("census", run.path, code=1)
        self.assertEqual(census["counted"], 1)
        self.assertIn("serial number", census["findings"][0])
        here = self.HOST
        slot = self.rewritten(self.with_nvml(), [here, here], pci_bus_id=["00000000:1B:00.0"] * 2)
        census = self.sample("census", slot.path, code=1)
        self.assertEqual(census["counted"], 1)
        self.assertIn("PCI slot", census["findings"][0])
        self.assertEqual([gpu["counted"] for gpu in census["gpus"]], [True, False])

    def test_what_an_inventory_should_not_have(self):
        for settings, code, words in (({"FAKE_NVML_ECC_MODE": "0"}, 2, "with ECC off"),
                                      ({"FAKE_NVML_MAX_CLOCK": "1410"}, 2, "1410 MHz, below the model's 1980 MHz"),
                                      ({"FAKE_NVML_FAIL": "nvmlDeviceGetEccMode=3"}, 2, "ECC mode is not known"),
                                      ({"FAKE_NVML_MIG": "mode"}, 1, "MIG")):
            with self.subTest(settings):
                findings = self.sample("census", self.with_nvml(1, **settings).path, code=code)["findings"]
                self.assertIn(words, findings[0])

    def test_a_manifest_that_sells_another_model(self):
        """The records, which have checksums, say what the GPUs were: no case ended on the ones that are claimed."""
        run = self.with_nvml(1)
        manifest = run.manifest
        manifest["ranks"]["device"] = ["NVIDIA B200"]
        (run.path / "manifest.json").write_text(json.dumps(manifest))
        file, _ = self.draw_file([f"{self.short} a"], "--size", 1)
        checked, _ = self.check(file, run, code=1)
        self.assertIn("no case ended", checked["missing"][0]["why"])
        self.assertIn("NVIDIA B200", checked["notes"][0])

    def test_census_by_pod(self):
        file, _ = self.draw_file([f"{self.short} pod-a", "n2 pod-a", "n3 pod-b"], "--size", 2)
        run = self.with_nvml()
        census = self.sample("census", run.path, "--draw", file)
        self.assertEqual(census["pods"], [{"pod": "pod-a", "nodes": 2, "answered": 1, "gpus": 2},
                                          {"pod": "pod-b", "nodes": 1, "answered": 0, "gpus": 0}])
        text = self.petaproof("sample", "census", run.path, "--draw", file).out
        self.assertRegex(text, "pod-a +2 GPUs on 1 of 2 nodes")
        self.assert_one_line(self.petaproof("sample", "census", run.path, "--draw", run.path), 3)

    def test_census_of_cpus(self):
        result = self.petaproof("sample", "census", self.measure(suite(case()))[1].path)
        self.assertEqual(result.code, 2, str(result))
        self.assertIn("0 distinct", result.out)


if __name__ == "__main__":
    petaproof.main()
