"""petaproof project: a table projected from outside, and what a user may get wrong."""

import csv
import json
import math
import random
import shutil
import unittest

import petaproof
import synthetic_run
from petaproof import SOURCE, parse

TABLE = SOURCE / "harness/tests/project/scaling.csv"


class Project(petaproof.TestCase):
    def projected(self, *args, code=0):
        result = self.petaproof("project", TABLE, "--json", *args)
        self.assertEqual(result.code, code, str(result))
        self.assertEqual(result.err, "")
        return parse(result.out)

    def test_collectives_with_known_parameters(self):
        document = self.projected("--all", "--fit-max-gpus", 128)
        fits = {fit["workload"]: fit for fit in document["fits"] if fit["method"] == "collective_log"}
        for operation in "all_reduce", "all_gather":
            values = {one["name"]: one["value"] for one in fits[operation]["parameters"]}
            self.assertAlmostEqual(values["a"], 40, delta=0.05)
            self.assertAlmostEqual(values["c"], 80, delta=0.05)
            self.assertAlmostEqual(values["B"], 350, delta=0.05)
            self.assertEqual(fits[operation]["gpus"], [32, 64, 128])
        rows = [one for one in document["predictions"] if one["kind"] == "collective"]
        self.assertEqual(len(rows), 24)
        for one in rows:
            self.assertAlmostEqual(one["predicted"] / one["measured"], 1, delta=1e-4)
            self.assertLess(one["lower"], one["predicted"])
            self.assertLess(one["predicted"], one["upper"])

    def test_carried_forward_and_refused(self):
        document = self.projected("--fit-max-gpus", 128)
        found = {(one["series"], one["gpus"]): one for one in document["predictions"]}
        steady = found["steady", 256]
        self.assertEqual((steady["predicted"], steady["measured"], steady["inside"]), (5.06, 5.1, True))
        self.assertFalse(found["steady", 4096]["inside"])
        self.assertAlmostEqual(found["total", 512]["predicted"], 204.8)
        self.assertIn(("rebatched", 512), found)
        reasons = {(one["series"], one["gpus"]): one["reason"] for one in document["refused"]}
        for series, gpus, reason in (("resharded", 512, "parallel configuration"), ("rebatched", 256, "batch per GPU"),
                                     ("strong", None, "strong scaling"), ("two nodes", None, "2 nodes"),
                                     ("jumping", None, "contradict"), ("late", None, "no row of 128 GPUs"),
                                     ("dispatch", None, "bus factor")):
            self.assertIn(reason, reasons[series, gpus])
        left_out = {one["series"]: one["reason"] for one in document["left_out"]}
        self.assertIn("not to mix", left_out["shrunk"])
        self.assertIn("converges", left_out["a run to the end"])

    def test_the_summary_is_that_of_the_predictions(self):
        document = self.projected("--fit-max-gpus", 128)
        for entry in document["summary"]:
            mine = [one for one in document["predictions"] if one["kind"] == entry["kind"]
                    and entry["operation"] in (None, one["operation"])]
            self.assertEqual(len(mine), entry["predictions"])
            errors = [abs(one["predicted"] / one["measured"] - 1) for one in mine]
            self.assertAlmostEqual(entry["mape_percent"], 100 * sum(errors) / len(errors))
            inside = sum(one["lower"] <= one["measured"] <= one["upper"] for one in mine)
            self.assertAlmostEqual(entry["share_inside"], inside / len(mine))

    def test_published_hpl(self):
        one, = self.projected("--series", "hpl-azure-ndh100v5", "--fit-max-gpus", 12800)["predictions"]
        self.assertAlmostEqual(one["predicted"], 552.4, delta=0.1)
        self.assertTrue(one["lower"] < one["measured"] < one["upper"])

    def test_rows_that_cannot_be(self):
        with TABLE.open(newline="") as file:
            reader = csv.DictReader(file)
            columns, rows = reader.fieldnames, [row for row in reader if row["series"] == "hpl-azure-ndh100v5"]

        def refused(**change):
            table = self.folder / "changed.csv"
            with table.open("w", newline="") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows([{**row, **change} if row["gpus"] == "12800" else row for row in rows])
            result = self.petaproof("project", table, "--fit-max-gpus", 12800, "--json")
            self.assertEqual(result.code, 0, str(result))  # the others are carried
            return [(one["gpus"], one["reason"]) for one in parse(result.out)["refused"]]
        self.assertEqual(refused(), [])
        (gpus, reason), = refused(value="4910", per_gpu_value="")
        self.assertEqual(gpus, 12800)
        self.assertRegex(reason, r"383.59 TFLOP/s per GPU are more than the [0-9.]+ that H100 SXM \(80 GB\) can do")
        (gpus, reason), = refused(per_gpu_value="99", per_gpu_unit="TFLOP/s/GPU")
        self.assertIn("per_gpu_value is 99 TFLOP/s/GPU", reason)

    def test_further_counts(self):
        limit = "--series", "steady", "--fit-max-gpus", 1024
        measured, further = self.projected(*limit, "--at", "16384")["predictions"]
        self.assertEqual((measured["gpus"], further["gpus"], further["measured"]), (4096, 16384, None))
        # its last row fell by 7 % at once: nothing is carried from that
        refused, = self.projected("--series", "steady", "--at", "16384", code=2)["refused"]
        self.assertIn("contradict", refused["reason"])

    def test_counts_that_are_not_beyond_what_was_measured(self):
        result = self.petaproof("project", TABLE, "--series", "steady", "--fit-max-gpus", 1024, "--at", "100")
        self.assertRegex(result.out, r"REFUSED +100 GPUs are no more than the 1024 that were measured: steady at 100 GPUs")
        alone = self.petaproof("project", TABLE, "--series", "hpl-azure-ndh100v5", "--at", "4096")
        self.assertEqual(alone.code, 2, str(alone))
        self.assertIn("REFUSED", alone.out)

    def test_counts_out_of_reach(self):
        document = self.projected("--series", "hpl-azure-ndh100v5", "--at", "57600,57601,100000000")
        self.assertEqual([one["gpus"] for one in document["predictions"]], [57600])
        for one in document["refused"]:
            self.assertIn("at most 4 times", one["reason"])
        self.assertEqual([one["gpus"] for one in document["refused"]], [57601, 100000000])

    def test_nothing_predicted(self):
        document = self.projected("--series", "strong", "--fit-max-gpus", 128, code=2)
        self.assertEqual(document["predictions"], [])
        self.assertEqual(len(document["refused"]), 1)

    def test_text_and_the_same_bytes(self):
        first = self.petaproof("project", TABLE, "--fit-max-gpus", 128)
        self.assertEqual(first.code, 0, str(first))
        for word in "FIT", "PREDICTED", "OUTSIDE", "REFUSED", "LEFT OUT", "SUMMARY", "MAPE":
            self.assertIn(word, first.out)
        second = self.petaproof("project", TABLE, "--fit-max-gpus", 128, env={"TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8"})
        self.assertEqual(first.out, second.out)

    def test_goodput(self):
        result = self.petaproof("project", "--goodput", "16384", "--checkpoint-seconds", 30, "--restart-seconds", 300,
                                "--measured", "checkpoint", "--json")
        goodput = parse(result.out)["goodput"]
        self.assertTrue(0.88 < goodput["results"][0]["goodput"] < 0.92)
        self.assertIn("assumed", goodput["failures"]["source"])
        self.assertEqual((goodput["checkpoint"]["measured"], goodput["restart"]["measured"]), (True, False))

    def test_runs(self):
        """Records of four, eight and sixteen nodes are projected; those of this machine's CPUs are not."""
        _, measured = self.measure(petaproof.suite(petaproof.case("all_reduce/mpi", {"size": "8 KiB"}), name="group"), ranks=2)
        result = self.petaproof("project", measured.path, "--at", 1024, "--json")
        self.assertEqual(result.code, 2, str(result))
        left_out, = parse(result.out)["left_out"]
        self.assertIn("host backend", left_out["reason"])

        runs = [self.as_cluster(measured.path, nodes) for nodes in (4, 8, 16)]
        document = parse(self.petaproof("project", *runs, "--at", "1024,8192", "--json").out)
        fit, = document["fits"]
        self.assertEqual((fit["workload"], fit["gpus"], fit["points"]), ("all_reduce", [32, 64, 128], 9))
        self.assertEqual(fit["system"], "NVIDIA H200, 8 a node")
        self.assertEqual(len(document["predictions"]), 6)
        self.assertEqual({one["gpus"] for one in document["predictions"]}, {1024, 8192})
        for one in document["predictions"]:
            expected = self.busbw(one["gpus"] // 8, one["msg_bytes"])
            self.assertAlmostEqual(one["predicted"] / (expected / 1e9), 1, delta=1e-6)
        self.assertEqual(document["inputs"], [str(run) for run in runs])

        # of two runs, the smaller ones hold back
        held_out = parse(self.petaproof("project", *runs, "--fit-max-gpus", 64, "--json").out)
        self.assertEqual(held_out["predictions"], [])
        self.assertIn("2 different node counts", held_out["refused"][0]["reason"])
        self.assert_one_line(self.petaproof("project", runs[0], runs[0], "--at", "1024"), 3, "given already")
        self.assert_one_line(self.petaproof("project", runs[0], TABLE), 3, "no folder")

    def test_runs_that_nothing_may_rest_on(self):
        """What the judge would set aside is no point here either: left out with the reason, in text and JSON."""
        _, measured = self.measure(petaproof.suite(petaproof.case("all_reduce/mpi", {"size": "8 KiB"}), name="group"), ranks=2)
        sound = [self.as_cluster(measured.path, nodes) for nodes in (4, 8, 16)]

        def edited(nodes, change):
            folder = self.as_cluster(measured.path, nodes)
            manifest = parse((folder / "manifest.json").read_text())
            change(manifest)
            (folder / "manifest.json").write_text(synthetic_run.compact(manifest))
            return folder

        def slice_of_a_gpu(manifest):
            manifest["ranks"]["gpu"]["mig"][3] = True

        def one_gpu_for_all(manifest):
            manifest["ranks"]["device_uuid"] = manifest["ranks"]["device_uuid"][:1] * 256

        cases = [(lambda m: m.update(corrupted_on_request=True), "corrupted on request"),
                 (slice_of_a_gpu, "1 of its 256 ranks have no whole GPU of their own"),
                 (one_gpu_for_all, "256 of its 256 ranks have no whole GPU of their own"),
                 (lambda m: m.update(run_id="another"), "no manifest")]
        for change, reason in cases:
            with self.subTest(reason=reason):
                bad = edited(32, change)
                result = self.petaproof("project", *sound, bad, "--at", 1024, "--json")
                document = parse(result.out)
                self.assertEqual(document["fits"][0]["gpus"], [32, 64, 128])
                left_out, = document["left_out"]
                self.assertEqual(len(left_out["lines"]), 3)
                self.assertIn(reason, left_out["reason"])
                self.assertEqual([len(run["faults"]) for run in document["runs"]], [0, 0, 0, 1])
                self.assertIn(reason, document["runs"][3]["faults"][0])
                alone = self.petaproof("project", bad, "--at", 1024)
                self.assertEqual(alone.code, 2, str(alone))
                self.assertIn("all that was given was left out", alone.out)

        # one run that is given again under another name
        again = edited(16, lambda manifest: manifest.update(run_id="again"))
        journal = again / "journal.jsonl"
        lines = [{**parse(line), "run_id": "again"} for line in journal.read_text().splitlines()]
        journal.write_text("".join(synthetic_run.journal_line({k: v for k, v in line.items() if k != "checksum"})
                                   for line in lines))
        document = parse(self.petaproof("project", *sound, again, "--at", 1024, "--json").out)
        self.assertEqual(document["fits"][0]["points"], 9)
        self.assertEqual([len(one["lines"]) for one in document["left_out"]], [3])
        self.assertIn("a copy of case", document["left_out"][0]["reason"])

        # numbers that nothing can have measured
        for nodes, change, said, in_damage in (
                (32, lambda one: one["rates"][0].update(value=0), "it contradicts itself: its rate is 0", False),
                (32, lambda one: one["rates"][0].update(value=1e308), "/rates/0/value is 1e+308", True),
                (32, lambda one: one["work"].pop(), "it lacks what a record of what was measured has", False),
                (32, lambda one: one["work"][1].update(per_launch=1e19), "it contradicts itself: its rate is", False)):
            with self.subTest(said):
                folder = self.as_cluster(measured.path, nodes)
                journal = folder / "journal.jsonl"
                records = [{k: v for k, v in parse(line).items() if k != "checksum"}
                           for line in journal.read_text().splitlines()]
                change(records[0])
                journal.write_text("".join(map(synthetic_run.journal_line, records)))
                result = self.petaproof("project", *sound, folder, "--at", 1024, "--json")
                self.assertEqual(result.code, 0, str(result))
                document = parse(result.out)
                self.assertEqual(document["fits"][0]["points"], 11)
                reasons = document["runs"][3]["damage"] if in_damage else [one["reason"] for one in document["left_out"]]
                self.assertEqual(len(reasons), 1)
                self.assertIn(said, reasons[0])

        lines = (sound[1] / "journal.jsonl").read_text().splitlines(keepends=True)
        (sound[1] / "journal.jsonl").write_text("".join([lines[0].replace("NVIDIA H200", "NVIDIA H100"), *lines[1:]]))
        result = self.petaproof("project", *sound, "--at", 1024, "--json")
        document = parse(result.out)
        self.assertEqual([len(run["damage"]) for run in document["runs"]], [0, 1, 0])
        self.assertIn("checksum", document["runs"][1]["damage"][0])
        self.assertIn(f"petaproof: damaged: {sound[1]}: ", result.err)
        self.assertEqual(document["fits"][0]["points"], 8)

    @staticmethod
    def busbw(nodes, size):
        wire = size * 2 * (8 * nodes - 1) / (8 * nodes)
        return wire / (40e-6 + 80e-6 * math.log2(nodes) + wire / 350e9)

    def as_cluster(self, source, nodes):
        """The run as so many nodes of eight GPUs would have written it, by the model itself."""
        folder = self.new_path(f"cluster-{nodes}")
        shutil.copytree(source, folder)
        plan = parse((folder / "manifest.json").read_text())["plan"]
        plan["cases"] = [{**one, "workload": "all_reduce/nccl"} for one in plan["cases"]]
        cluster = synthetic_run.Cluster(32)  # of which the first nodes ran
        manifest = synthetic_run.manifest_of(f"synthetic-{nodes}", cluster, range(8 * nodes), plan)
        (folder / "manifest.json").write_text(synthetic_run.compact(manifest))
        journal = folder / "journal.jsonl"
        end = next(line for line in map(parse, journal.read_text().splitlines()) if line["type"] == "end")
        end.pop("checksum")
        lines = []
        for minute, size in enumerate((16 << 20, 256 << 20, 4 << 30)):
            hour = {name: f"2026-01-01T{nodes:02}:{at:02}:00.000Z"
                    for name, at in (("begin_utc", minute), ("end_utc", minute + 1))}
            one = json.loads(json.dumps(end))
            one.update(run_id=manifest["run_id"], **hour, workload="all_reduce/nccl", backend="cuda", notes={"nccl": "2.28.3"},
                       work=[{"quantity": "busbw", "unit": "B", "per_launch": 2 * size},
                             {"quantity": "algbw", "unit": "B", "per_launch": size}])
            seconds = 2 * size / self.busbw(nodes, size)
            for rate, work in zip(one["rates"], one["work"]):
                rate.update(quantity=work["quantity"], value=work["per_launch"] / seconds)
            one["seconds_per_launch"]["mean"], one["launches_per_sample"] = seconds, 1
            ranks = {name: column[0] for name, column in one["per_rank"].items()}
            ranks.update({name: seconds for name in ranks if name.startswith("seconds_")}, disposition="pass",
                         rate=2 * size / seconds, samples=10, launches=10, window_seconds=10 * seconds)
            one["per_rank"] = {name: [value] * 8 * nodes for name, value in ranks.items()}
            one["per_rank"].update(rank=list(range(8 * nodes)), host=cluster.hosts[:8 * nodes],
                                   device=cluster.devices[:8 * nodes])
            lines.append(synthetic_run.journal_line(one))
        journal.write_text("".join(lines))
        return folder

    def test_mistakes(self):
        lines = TABLE.read_text().splitlines(keepends=True)

        def table(name, text):
            return self.write(name, text)

        def row(column, value):
            fields = lines[1].rstrip("\n").split(",")
            fields[lines[0].rstrip("\n").split(",").index(column)] = value
            return lines[0] + ",".join(fields) + "\n"

        goodput = "project", "--goodput", "9", "--checkpoint-seconds", "1", "--restart-seconds", "1"
        cases = [
            (("project", table("a.csv", "")), ["a.csv", "line 1"]),
            (("project", table("b.csv", lines[0])), ["no rows"]),
            (("project", table("c.csv", lines[0].replace("gpus", "cards") + lines[1])), ["line 1", '"cards"', "gpus"]),
            (("project", table("d.csv", row("gpus", "0"))), ["line 2", '"gpus"', "from 1", '"0"']),
            (("project", table("e.csv", row("value", "fast"))), ["line 2", '"value"', "above 0", '"fast"']),
            (("project", table("h.csv", row("value", "1e308"))), ["line 2", '"value"', "1e+30", '"1e308"']),
            (("project", table("i.csv", row("value", "1e-310"))), ["line 2", '"value"', "1e-30"]),
            (("project", table("f.csv", row("unit", "GB"))), ["line 2", '"unit"', "GB/s", '"GB"']),
            (("project", table("g.csv", lines[0] + lines[1] + "1,2\n")), ["line 3", "23 fields"]),
            (("project", self.folder / "none.csv"), ["none.csv"]),
            (("project", self.folder), ["manifest"]),
            (("project", TABLE, self.folder), ["one table, or run folders"]),
            (("project", self.folder, TABLE), ["manifest"]),
            (("project",), ["table or runs"]),
            (("project", TABLE, "--series", "nobody"), ["nobody", "jumping"]),
            (("project", TABLE, "--all", "--series", "steady"), ["--all"]),
            (("project", TABLE, "--fit-max-gpus", "0"), ["--fit-max-gpus"]),
            (("project", TABLE, "--fit-max-gpus", "many"), ["--fit-max-gpus"]),
            (("project", TABLE, "--at", "-5"), ["--at"]),
            (("project", "--goodput", "100"), ["--checkpoint-seconds"]),
            (("project", TABLE, "--restart-seconds", "3"), ["--goodput"]),
            (("project", "--goodput", "100", "--checkpoint-seconds", "-1", "--restart-seconds", "1"), ["checkpoint"]),
            (("project", "--goodput", "9", "--checkpoint-seconds", "1", "--restart-seconds", "1", "--failures", "1"),
             ["--gpu-hours"]),
            ((*goodput, "--failures", 2**63 - 1, "--gpu-hours", "1e6"), ["failures", str(2**63 - 1)]),
            ((*goodput, "--failures", 2**63, "--gpu-hours", "1e6"), ["failures"]),
            ((*goodput, "--failures", "1", "--gpu-hours", "1e-320"), ["GPU-hours"]),
            ((*goodput, "--failures-per-gpu-day", "1e308"), ["failures per GPU and day"]),
            ((*goodput, "--failures-per-gpu-day", "1e-320"), ["failures per GPU and day"]),
            (("project", "--goodput", "9", "--checkpoint-seconds", "1", "--restart-seconds", "1e308"), ["restart"]),
        ]
        for arguments, parts in cases:
            with self.subTest(arguments=arguments):
                self.assert_one_line(self.petaproof(*arguments), 3, *parts)

    def test_malformed_tables(self):
        """Cut, doubled and mangled bytes: projected, or refused in one line; never anything else."""
        text = TABLE.read_bytes()
        chance = random.Random(5)
        codes = set()
        for i in range(60):
            mangled = bytearray(text)
            for _ in range(chance.randint(1, 3)):
                at = chance.randrange(len(mangled))
                mangled[at:at + chance.randint(0, 3)] = bytes(chance.choices(b'",\n\r\0\xff019x-', k=chance.randint(0, 3)))
            if i % 5 == 0:
                del mangled[chance.randrange(len(mangled)):]
            path = self.folder / f"{i}.csv"
            path.write_bytes(mangled)
            result = self.petaproof("project", path, "--fit-max-gpus", 128)
            codes.add(result.code)
            if result.code == 3:
                self.assert_one_line(result, 3, f"{i}.csv")
            else:
                self.assertIn(result.code, (0, 2), str(result))
        self.assertLessEqual({0, 3}, codes)

    def test_help(self):
        text = self.petaproof("project", "--help").out
        for word in "Examples", "Exit codes", "--fit-max-gpus", "--goodput":
            self.assertIn(word, text)


if __name__ == "__main__":
    petaproof.main()
