"""Records and manifests that were edited, by one who knows their formats and checksums."""

import json

import petaproof
from audit import CONFIRMED, FP64, REFUTED, Audit
from petaproof import parse
from synthetic_run import Case, Cluster, journal_line

EMULATED = "h200-sxm-141gb/fp64-emulated/dense/kernel"


class Adversaries(Audit):
    """Each would have made a verdict of what is none."""

    def change(self, folder, record=None, manifest=None, checksum=True, run_id=None):
        """Edits every record, and the manifest, as one who knows the formats would: with checksums that fit, unless told."""
        journal = folder / "journal.jsonl"
        lines = [parse(line) for line in journal.read_text().splitlines()]
        text = ""
        for line in lines:
            old = line.pop("checksum")
            if record and line["type"] == "end":
                record(line)
            if run_id:
                line["run_id"] = run_id
            text += journal_line(line) if checksum else json.dumps({**line, "checksum": old},
                                                                   separators=(",", ":")) + "\n"
        journal.write_text(text)
        if manifest or run_id:
            path = folder / "manifest.json"
            document = parse(path.read_text())
            if manifest:
                manifest(document)
            if run_id:
                document["run_id"] = run_id
            path.write_text(json.dumps(document) + "\n")
        return folder

    def test_one_window_copied_under_three_names(self):
        """Nor does it help to say that it was measured an hour later."""
        once = self.run_of(self.rates(52.1), Case(windows=1))

        def copy(name, hour):
            folder = self.run_of(self.rates(52.1), Case(windows=1))

            def later(record):
                record.update({key: record[key].replace("T00", f"T{hour:02}") for key in ("begin_utc", "end_utc")})
            return self.change(folder, later, run_id=name)
        document = self.judged(self.merged(once, copy("ffff", 3), copy("fffe", 0)))
        self.assertEqual(self.reading(document, FP64)["reason"], "N3")
        self.assertEqual(sorted(one["run_id"] for one in document["set_aside"]), ["fffe", "ffff"])
        for one in document["set_aside"]:
            self.assertIn("a copy of case", one["reason"])

    def test_emulated_fp64_counts_for_the_emulated_reading_alone(self):
        native = self.run_of(self.rates(52.1))
        self.assertEqual(self.reading(self.judged(native), EMULATED)["basis"], "none")

        def emulated(record):
            record["notes"]["emulated"] = "yes"
        document = self.judged(self.change(self.run_of(self.rates(100)), emulated))
        self.assertEqual(self.verdict(document, EMULATED), CONFIRMED)
        self.assertEqual(self.reading(document, FP64)["basis"], "none")
        self.assertEqual(document["set_aside"], [])

    def test_what_was_not_measured(self):
        check = petaproof.validator()
        for origin in "simulated", "imported", "injected":
            folder = self.change(self.run_of(self.rates(52.1)), lambda record: record.update(origin=origin))
            for line in petaproof.RunFolder(folder).records:
                self.assertTrue(check.is_valid(line))
                self.assertFalse(check.is_valid({**line, "origin": "invented"}))
            self.assert_set_aside(folder, f"{origin}: only what a run measured is evidence")
        measured = self.change(self.run_of(self.rates(52.1)), lambda record: record.update(origin="measured"))
        self.assertEqual(self.verdict(self.judged(measured), FP64), REFUTED)

    def test_gpus_that_ranks_share(self):
        folder = self.change(self.run_of(self.rates(52.1)), lambda record: record.update(gpu_shared=True))
        self.assert_set_aside(folder, "gpu_shared")

    def test_cpus(self):
        folder = self.change(self.run_of(self.rates(52.1)), lambda record: record.update(backend="host"))
        self.assert_set_aside(folder, "host backend")

    def test_wrong_results(self):
        def failed(record):
            record.update(disposition="fail_verify", reason="3 elements differ")
        document = self.judged(self.change(self.run_of(self.rates(52.1)), failed))
        self.assertEqual(self.reading(document, FP64)["reason"], "N11")

    def test_a_run_that_was_corrupted_on_request(self):
        folder = self.change(self.run_of(self.rates(52.1)), manifest=lambda m: m.update(corrupted_on_request=True))
        self.assert_set_aside(folder, "corrupted on request")

    def test_records_that_were_changed_afterwards(self):
        def faster(record):
            record["rates"][0].update(value=62e12, lower=61e12, upper=63e12)
        document = self.judged(self.change(self.run_of(self.rates(52.1)), faster, checksum=False))
        self.assertEqual(self.reading(document, FP64)["basis"], "none")
        self.assertEqual(document["evidence"]["measurements"], [])
        self.assertEqual(len([one for one in document["run"]["damage"] if "checksum" in one]), 3,
                         document["run"]["damage"])

    def test_records_that_contradict_themselves(self):
        """With checksums that fit: a total is made of its ranks, all of which passed, between a begin and an end."""
        def faster(record):
            for key in "value", "lower", "upper", "sum_over_devices", "synchronous":
                record["rates"][0][key] *= 1.2

        def sum_alone(record):
            record["rates"][0]["sum_over_devices"] *= 1.2

        def wrong_on_one(record):
            record["per_rank"]["disposition"][7] = "fail_verify"

        def at_once(record):
            record["end_utc"] = record["begin_utc"]

        def backwards(record):
            record["begin_utc"], record["end_utc"] = record["end_utc"], record["begin_utc"]
        claim = self.claim_of(190)
        self.assertEqual(self.verdict(self.judged(self.run_of(self.rates(52.1)), claim), FP64), CONFIRMED)
        for edit, reason in ((faster, "its rate is"), (sum_alone, "its sum of rates is"),
                             (wrong_on_one, "a rank of it fail_verify"), (at_once, "it ended at"),
                             (backwards, "it ended at")):
            folder = self.change(self.run_of(self.rates(52.1)), edit)
            document = self.assert_set_aside(folder, reason)
            self.assertEqual(document["evidence"]["measurements"], [])
            told = self.petaproof("judge", folder, "--claim", claim, "--sample", self.draw.path)
            self.assertEqual(told.code, 2, str(told))
            text = " ".join(told.out.split())
            self.assertRegex(text, f"SET ASIDE [13] x it contradicts itself: .*{reason}")

    def test_records_that_no_run_writes(self):
        """Columns, totals and checksums fit each other: what does not fit is what a run cannot have done."""
        def twice_the_work(record):
            ranks, rate = record["per_rank"], record["rates"][0]
            for one in record["work"]:
                one["per_launch"] *= 2
            ranks["rate"] = [2 * one for one in ranks["rate"]]
            for key in "value", "lower", "upper", "sum_over_devices", "synchronous":
                rate[key] *= 2
            ranks["clock_megahertz"] = [1500.0] * len(ranks["rank"])
            record["telemetry"]["clock_megahertz"] = 1500.0

        def petaflops(record):
            record["rates"][0]["unit"] = "PFLOP/s"

        def nothing_checked(record):
            record["verification"]["elements_checked"] = 0

        def clock(megahertz, first=0):
            def change(record):
                ranks = record["per_rank"]
                ranks["clock_megahertz"][first:] = [megahertz] * (len(ranks["rank"]) - first)
                record["telemetry"]["clock_megahertz"] = sum(ranks["clock_megahertz"]) / len(ranks["rank"])
            return change

        def clock_of_none(record):
            record["per_rank"]["clock_megahertz"][0] = None
            record["telemetry"]["clock_megahertz"] = 500.0
        for edit, reason in ((twice_the_work, "2 m n k of its parameters"),
                             (petaflops, "its rate of flops is in PFLOP/s"),
                             (nothing_checked, "nothing says that its results were verified"),
                             (clock(500.0), "at its clock of 500 MHz"), (clock(500.0, 255), "of rank 255 the rate is"),
                             (clock_of_none, "its clock is 500")):
            rates = self.rates(26) if edit is twice_the_work else self.rates(52.1)
            with self.subTest(reason):
                self.assert_set_aside(self.change(self.run_of(rates), edit), reason)

    def test_a_sampled_clock_that_the_rate_excludes_refutes_nothing(self):
        def sampled(record):
            ranks = record["per_rank"]
            ranks["clock_megahertz"] = [None] * len(ranks["rank"])
            record["telemetry"]["per_rank"]["sm_clock_megahertz"]["mean"] = [500.0] * len(ranks["rank"])
            record["telemetry"]["clock_megahertz"] = 500.0
        document = self.judged(self.change(self.run_of(self.rates(52.1)), sampled))
        self.assertEqual(self.reading(document, FP64)["reason"], "N5")

    def test_each_gpus_own_work_called_a_collective(self):
        """No total of a collective is a sum of its ranks, so that any could stand there."""
        def collective(record):
            rate, slowest = record["rates"][0], max(record["per_rank"]["seconds_mean"])
            record["seconds_per_launch"]["mean"] = slowest
            own = record["work"][0]["per_launch"] / slowest / rate["value"]
            for key in "value", "lower", "upper":
                rate[key] *= own
            rate.update(basis="slowest rank of each sample", sum_over_devices=4000 * 66e12, synchronous=4000 * 65e12)
        run = self.run_of(self.rates(52.1), hosts=self.cluster.names)
        document = self.judged(self.change(run, collective), self.claim_of(240), sampled=False)
        self.assertEqual(self.verdict(document, FP64)[0], "NOT DECIDABLE")
        self.assertIn("is said to be that of a collective", document["set_aside"][0]["reason"])

    def idle(self, kept, of_ranks=slice(None)):
        """These ranks make so many of their samples, and their windows last as long as ever."""
        def change(record):
            ranks, per_sample = record["per_rank"], record["launches_per_sample"]
            ranks["samples"][of_ranks] = [max(1, int(kept * one)) for one in ranks["samples"][of_ranks]]
            ranks["launches"] = [per_sample * one for one in ranks["samples"]]
            record["rates"][0]["synchronous"] = (record["work"][0]["per_launch"] * sum(ranks["launches"]) /
                                                 max(ranks["window_seconds"]))
        return change

    def test_gpus_that_idle_in_their_window(self):
        self.assert_set_aside(self.change(self.run_of(self.rates(52.1)), self.idle(0.1)), "its longest window is")
        self.assert_set_aside(self.change(self.run_of(self.rates(52.1)), self.idle(0, slice(0, 115))),
                              "where all launch as often")
        claim = self.claim_of(190)
        busy = self.reading(self.judged(self.run_of(self.rates(52.1)), claim), FP64)
        half = self.reading(self.judged(self.change(self.run_of(self.rates(52.1)), self.idle(0.6)), claim), FP64)
        self.assertEqual((busy["verdict"], half["verdict"], half["reason"]), ("CONFIRMED", "NOT DECIDABLE", "N13"))
        share = half["projected"]["lower_tflops"] / busy["projected"]["lower_tflops"]
        self.assertTrue(0.58 < share < 0.61, share)
        self.assertEqual(half["projected"]["upper_tflops"], busy["projected"]["upper_tflops"])

    def test_a_criterion_of_a_minute_that_was_idle(self):
        self.cluster = Cluster(nodes=1)
        case = Case(precision="bf16", seconds=60, windows=1)

        def accepted(folder):
            result = self.petaproof("judge", folder, "--criteria", "h200-sxm-141gb", "--json")
            return parse(result.out)
        run = self.run_of(self.rates(820), case, hosts=self.cluster.names)
        self.assertIn("bf16-gemm", accepted(run)["passed"])
        idle = accepted(self.change(run, self.idle(0)))
        self.assertIn("bf16-gemm", idle["not_measured"])
        self.assertIn("its longest window is", str(idle["findings"]))

    def test_numbers_that_nothing_can_have_measured(self):
        """With checksums that hold: no records, in every form of the output, and never an infinite sum."""
        def throttled(share):
            def change(record):
                for fractions in record["telemetry"]["per_rank"]["clock_event_fractions"].values():
                    fractions[:] = [share] * len(fractions)
            return change

        def endless(record):
            record["rates"][0].update(value=1e308, lower=1e308, upper=1e308, sum_over_devices=1e308)
        for record, said in ((throttled(1e308), "beyond anything"), (throttled(1.5), "a share of time is from 0 to 1"),
                             (endless, "beyond anything")):
            folder = self.change(self.run_of(self.rates(52.1)), record)
            document = self.judged(folder)
            self.assertEqual(document["evidence"]["measurements"], [])
            damage = document["run"]["damage"]
            self.assertEqual((len(damage), len([one for one in damage if said in one])), (3, 3), damage)
            for arguments in ((), ("--criteria", "h200-sxm-141gb")):
                result = self.petaproof("judge", folder, "--claim", "nexus-hub-240pf", *arguments)
                self.assertIn(result.code, (1, 2), str(result)[-2000:])
                self.assertIn(said, result.err)

    def test_records_and_manifest_that_contradict_each_other(self):
        """Who ran stands in both; a cluster that only the records have was never counted."""
        claim = self.claim_of(190)
        whole = self.run_of(self.rates(52.1), hosts=self.cluster.names)
        self.assertEqual(self.verdict(self.judged(whole, claim, sampled=False), FP64)[0], "CONFIRMED")

        def first_node_only(manifest):
            ranks = manifest["ranks"]
            for columns in ranks, ranks["gpu"]:
                columns.update({key: column[:8] for key, column in columns.items() if key != "gpu"})

        def of_cpus(manifest):
            manifest["backend"] = "host"

        def elsewhere(manifest):
            manifest["ranks"]["host"][0] = "elsewhere"
        for manifest in first_node_only, of_cpus, elsewhere:
            folder = self.run_of(self.rates(52.1), hosts=self.cluster.names)
            document = self.judged(self.change(folder, manifest=manifest), claim, sampled=False)
            self.assertEqual(self.verdict(document, FP64)[0], "NOT DECIDABLE", manifest)
            self.assertIn("contradict its manifest", str(document["set_aside"]), manifest)

    def test_records_of_a_run_without_a_manifest(self):
        folder = self.change(self.run_of(self.rates(52.1)), lambda record: record.update(run_id="another"))
        self.assert_set_aside(folder, "no manifest")


if __name__ == "__main__":
    petaproof.main()
