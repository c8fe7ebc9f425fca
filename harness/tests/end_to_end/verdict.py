"""From the list of nodes to the verdict, and everything that must change it or be refused on the way.

The runs are synthetic_run.py's: 500 nodes of eight H200 in nine pods, of which level C draws 32, with known rates.
"""

import json
from dataclasses import dataclass, field

import petaproof
from petaproof import parse
from synthetic_run import Case, Cluster, journal_line, true_rates, write_run

FP64 = "h200-sxm-141gb/fp64_tensor/dense/kernel"
EMULATED = "h200-sxm-141gb/fp64-emulated/dense/kernel"
FP32 = "h200-sxm-141gb/fp32/dense/kernel"
BF16 = "h200-sxm-141gb/bf16/dense/kernel"
SEED = "dice 4 2 6 6 1 3 20261125"
REFUTED = "REFUTED", "projected from 32 of 500 nodes, level C, weak"
CONFIRMED = "CONFIRMED", "projected from 32 of 500 nodes, level C, weak"


@dataclass
class Drawn:
    """What the auditor has: the draw, and which nodes are in it."""
    path: object
    hosts: list = field(default_factory=list)


class Common(petaproof.TestCase):
    def setUp(self):
        super().setUp()
        self.cluster = Cluster(nodes=500, pods=9)
        self.draw = self.drawn()

    def drawn(self, *size):
        """List, hash, draw; of level C unless told how many."""
        nodes = self.write("nodes.txt", self.cluster.node_list())
        digest = parse(self.petaproof("sample", "--nodes", nodes, "--json").out)["nodes_sha256"]
        path = self.new_path("draw")
        drawn = self.petaproof("sample", "--nodes", nodes, "--expect-hash", digest, "--seed", SEED, "--out", path,
                               "--json", *(size or ("--level", "C")))
        self.assertEqual(drawn.code, 0, str(drawn))
        return Drawn(path, parse(drawn.out)["drawn"])

    def rates(self, tflops, **more):
        return true_rates(self.cluster, tflops, **more)

    def run_of(self, rates, case=None, hosts=None):
        """The folder of a run of the drawn nodes, or of others."""
        folder = self.new_path("run")
        write_run(folder, self.cluster, rates, case or Case(), hosts=self.draw.hosts if hosts is None else hosts)
        return folder

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

    def judged(self, folder, claim="nexus-hub-240pf", sampled=True):
        draw = ("--sample", self.draw.path) if sampled else ()
        result = self.petaproof("judge", folder, "--claim", claim, "--json", *draw)
        self.assertIn(result.code, (0, 1, 2), str(result))
        return parse(result.out)

    def reading(self, document, name):
        found, = [one for one in document["readings"] if one["reading"] == name]
        return found

    def verdict(self, document, name):
        found = self.reading(document, name)
        return found["verdict"], found["qualifier"]

    def claim_of(self, petaflops, precision="fp64_tensor"):
        """4,000 H200 that are claimed to do this with kernels of this precision."""
        return self.write(f"{petaflops}.json", {
            "schema": "petaproof-claim/1", "id": f"made-up-{petaflops}",
            "quote": f"4,000 GPUs, {petaflops} petaflops", "subject": "nobody", "source": "made up",
            "as_of": "2026-01-31", "status": "operational",
            "compute": {"value": petaflops, "printed": str(petaflops), "unit": "PFLOP/s", "kind": "kernel",
                        "precision": precision, "sparsity": "dense", "emulation": "native"},
            "gpus": {"count": 4000, "printed": "4,000", "rounding": "exact", "unit": "package",
                     "model": "h200-sxm-141gb"}})


class Flow(Common):
    def test_what_the_drawn_nodes_miss_is_refuted(self):
        document = self.judged(self.run_of(self.rates(52.1)))
        self.assertEqual(self.verdict(document, FP64), REFUTED)
        found = self.reading(document, FP64)
        self.assertEqual((found["reason"], found["basis"]), ("A5", "sample"))
        truth = 4000 * 52.1
        self.assertTrue(found["projected"]["lower_tflops"] < truth < found["projected"]["upper_tflops"] < 235e3)
        self.assertEqual(document["sample"]["selection"], "random")

    def test_what_they_reach_is_confirmed(self):
        document = self.judged(self.run_of(self.rates(700), Case(precision="bf16")))
        self.assertEqual(self.verdict(document, BF16), CONFIRMED)
        self.assertEqual(self.reading(document, BF16)["reason"], "A4")
        self.assertEqual(self.verdict(document, FP64)[0], "NOT DECIDABLE")  # BF16 says nothing of FP64

    def test_the_draw_is_held_against_the_auditors_notes(self):
        run = self.run_of(self.rates(52.1))
        common = "judge", run, "--claim", "nexus-hub-240pf"
        wrong = "0" * 64
        self.assert_one_line(self.petaproof(*common, "--sample", self.draw.path, "--expect-hash", wrong), 3, "hashes to")
        self.assert_one_line(self.petaproof(*common, "--sample", self.draw.path, "--expect-seed", "other"), 3, "seed")
        self.assert_one_line(self.petaproof(*common, "--expect-seed", "other"), 3, "--sample")
        seed = json.loads(self.draw.path.read_text())["seed"]
        told = self.petaproof(*common, "--sample", self.draw.path, "--expect-seed", seed)
        self.assertEqual(told.code, 2, str(told))
        self.assertIn("AUDITOR", told.out)

    def test_a_claim_of_that_reading_alone_has_its_exit_code(self):
        folder = self.run_of(self.rates(52.1))
        for petaflops, code, verdict in (190, 0, "CONFIRMED"), (205, 2, "NOT DECIDABLE"), (240, 1, "REFUTED"):
            result = self.petaproof("judge", folder, "--claim", self.claim_of(petaflops), "--sample", self.draw.path)
            self.assertEqual(result.code, code, str(result))
            self.assertTrue(result.out.startswith(f"VERDICT   {verdict}"), result.out)

    def test_without_the_draw_nothing_is_said_of_the_cluster(self):
        document = self.judged(self.run_of(self.rates(52.1)), sampled=False)
        self.assertEqual(self.reading(document, FP64)["reason"], "N3")
        self.assertEqual(self.verdict(document, FP64)[0], "NOT DECIDABLE")

    def test_metered_nodes_of_the_draw(self):
        """4,000 H200 at 6,850 W a node need 3.5 to 4 MW of IT; 52.1 TFLOP/s per GPU for 856 W."""
        claim = parse(self.claim_of(240).read_text())
        claim["power"] = {"value": 5, "printed": "5", "rounding": "exact", "unit": "MW", "point": "it",
                          "meaning": "average", "of": "site"}
        claim = self.write("power.json", {**claim, "id": "power"})
        folder = self.run_of(self.rates(52.1))

        def judged(hosts, minutes=range(11), burst=None):
            meters = self.write("meters.csv", "utc,meter,of,watts\n" + "".join(
                f"2026-11-25T20:{minute:02}:00Z,bmc,{host},{6850 + 50 * (i % 2)}\n"
                for i, host in enumerate(hosts) for minute in minutes) + "".join(
                f"2026-11-25T20:20:{second:02}Z,bmc,{host},{burst}\n"
                for host in hosts for second in range(60) if burst))
            result = self.petaproof("judge", folder, "--claim", claim, "--sample", self.draw.path, "--power", meters,
                                    "--json")
            document = parse(result.out)
            metered, = [one for one in document["facts"] if one["reading"] == "power/metered/h200-sxm-141gb"]
            return document, metered

        document, metered = judged(self.draw.hosts)
        self.assertEqual((metered["verdict"], metered["reason"], metered["basis"]), ("REFUTED", "A5", "sample"))
        self.assertEqual(metered["qualifier"], "metered on 32 of 500 nodes")
        measured, = document["node_efficiency"]["measured"]
        self.assertEqual(measured["nodes"], 32)
        self.assertAlmostEqual(measured["gflops_per_watt"], 52.1e3 / 859.4, delta=1)
        self.assertEqual(judged(self.draw.hosts[:31])[1]["reason"], "N3")
        self.assertEqual(judged(self.draw.hosts, (0, 10))[1]["reason"], "N9")  # two readings are no log
        # read each second, a minute at 9.9 kW has most of the readings, and 5 % of the time
        self.assertEqual(judged(self.draw.hosts, range(20), burst=9900)[1]["reason"], "A5")
        other = next(name for name in self.cluster.names if name not in self.draw.hosts)
        document, metered = judged([*self.draw.hosts, other])
        self.assertEqual(metered["reason"], "N4")
        self.assertEqual(document["node_efficiency"]["measured"], [])
        self.assertIn(other, document["node_efficiency"]["why_not"][0])

    def test_metered_racks_are_held_to_the_figures_as_printed(self):
        folder = self.run_of(self.rates(52.1))

        def judged(readings, low, high, count=72, unit="package"):
            claim = self.write("racks.json", {
                "schema": "petaproof-claim/1", "id": "racks", "quote": "racks", "subject": "nobody",
                "source": "made up", "as_of": "2026-01-31", "status": "operational",
                "racks": [{"of": "racks", "low": {"value": low, "printed": str(low), "unit": "kW"},
                           "high": {"value": high, "printed": str(high), "unit": "kW"}, "every": True,
                           "models": ["gb200"]}],
                "gpus": {"count": count, "printed": str(count), "rounding": "exact", "unit": unit,
                         "model": "gb200"}})
            meters = self.write("racks.csv", "utc,meter,of,watts\n" + "".join(
                f"2026-11-25T20:{minute:02}:{second:02}Z,pdu,{rack},{1e3 * kilowatts}\n"
                for rack, minute, second, kilowatts in readings))
            document = parse(self.petaproof("judge", folder, "--claim", claim, "--power", meters, "--json").out)
            rack, = [one for one in document["facts"] if one["reading"] == "rack-1"]
            return rack

        def steady(kilowatts, rack="r1"):
            return [(rack, minute, 0, kilowatts) for minute in range(11)]

        self.assertEqual(judged(steady(130), 120, 140)["verdict"], "CONFIRMED")
        self.assertEqual(judged(steady(260), 100, 200)["reason"], "A5")
        self.assertEqual(judged(steady(249), 100, 200)["reason"], "N9")  # rounds to 200
        self.assertEqual(judged(steady(139), 120, 140)["reason"], "N13")
        self.assertEqual(judged(steady(130) + [("r1 ", 11, 0, 130)], 120, 140, count=144)["reason"], "N3")
        unstated = judged(steady(130), 120, 140, unit="unspecified")
        self.assertEqual(unstated["verdict"], "CONFIRMED")
        self.assertTrue(unstated["only_if_a_gpu_is_one_package"])
        uneven = steady(60) + [("r1", 11, second, 150) for second in range(60)]
        self.assertEqual(judged(uneven, 60, 85)["verdict"], "CONFIRMED")  # 71.1 kW; its readings are 136 on average
        self.assertEqual(judged(uneven, 120, 160)["verdict"], "NOT DECIDABLE")

    def test_one_window_and_short_ones_decide_nothing(self):
        for case in Case(windows=1), Case(seconds=60), Case(mode="batched"):
            document = self.judged(self.run_of(self.rates(52.1), case))
            self.assertEqual(self.reading(document, FP64)["reason"], "N3", case)


class Adversaries(Common):
    """Each would have made a verdict of what is none."""

    def assert_set_aside(self, folder, reason, name=FP64, windows=3):
        document = self.judged(folder)
        found = self.reading(document, name)
        self.assertEqual((found["verdict"], found["basis"], found["measured"]), ("NOT DECIDABLE", "none", None))
        self.assertEqual(len(document["set_aside"]), windows)
        for one in document["set_aside"]:
            self.assertIn(reason, one["reason"])
        return document

    def gpus_of(self, host):
        first = self.cluster.hosts.index(host)
        return slice(first, first + 8)

    def test_one_gpu_under_the_names_of_two_nodes(self):
        one, other = self.draw.hosts[:2]
        self.cluster.uuids[self.gpus_of(other)] = self.cluster.uuids[self.gpus_of(one)]
        document = self.assert_set_aside(self.run_of(self.rates(52.1)), "16 of its 256 ranks have no whole GPU")
        self.assertIn(other, str(document["sample"]["missing"]))

    def merged(self, *folders):
        out = self.new_path("merged")
        result = self.petaproof("merge", *folders, "--out", out)
        self.assertEqual(result.code, 0, str(result))
        return out

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

    def test_other_numbers_for_the_same_hour(self):
        first, second = (self.run_of(self.rates(52.1, seed=seed)) for seed in (1, 2))
        document = self.judged(self.merged(first, second))
        self.assertEqual(self.reading(document, FP64)["basis"], "none")
        self.assertEqual(len(document["set_aside"]), 6)
        self.assertIn("ran on the same GPU", document["set_aside"][0]["reason"])

    def test_a_draw_in_two_jobs(self):
        rates = self.rates(52.1)
        jobs = [self.run_of(rates, hosts=part) for part in (self.draw.hosts[::2], self.draw.hosts[1::2])]
        document = self.judged(self.merged(*jobs))
        self.assertEqual(self.verdict(document, FP64),
                         ("REFUTED", "projected from 32 of 500 nodes, level C, weak, not at once"))
        self.assertIn("put together of 2 runs whose nodes did not run at once", self.reading(document, FP64)["because"])
        self.assertEqual(self.verdict(self.judged(self.merged(*jobs), self.claim_of(190)), FP64)[0], "CONFIRMED")
        half = self.judged(jobs[0], self.claim_of(190))
        self.assertNotEqual(self.verdict(half, FP64)[0], "CONFIRMED")

    def test_a_slice_of_a_gpu(self):
        self.cluster.mig[self.cluster.hosts.index(self.draw.hosts[5])] = True
        self.assert_set_aside(self.run_of(self.rates(52.1)), "1 of its 256 ranks have no whole GPU")

    def test_a_gpu_without_a_name(self):
        self.cluster.uuids[self.cluster.hosts.index(self.draw.hosts[5])] = ""
        self.assert_set_aside(self.run_of(self.rates(52.1)), "its GPU has no UUID")

    def test_zeros_as_data(self):
        for fill in "zeros", "integers":
            self.assert_set_aside(self.run_of(self.rates(52.1), Case(fill=fill)), f"fill {fill}")

    def test_tf32_sold_as_fp32(self):
        self.assert_set_aside(self.run_of(self.rates(300), Case(precision="fp32")), "faster than any fp32", FP32)

    def test_emulated_fp64_counts_for_the_emulated_reading_alone(self):
        native = self.run_of(self.rates(52.1))
        self.assertEqual(self.reading(self.judged(native), EMULATED)["basis"], "none")

        def emulated(record):
            record["notes"]["emulated"] = "yes"
        document = self.judged(self.change(self.run_of(self.rates(100)), emulated))
        self.assertEqual(self.verdict(document, EMULATED), CONFIRMED)
        self.assertEqual(self.reading(document, FP64)["basis"], "none")
        self.assertEqual(document["set_aside"], [])

    def test_emulation_that_is_not_admitted_is_too_fast(self):
        self.assert_set_aside(self.run_of(self.rates(100)), "faster than any fp64_tensor")

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

    def test_stragglers_that_were_left_out(self):
        claim = self.claim_of(190)
        self.assertEqual(self.verdict(self.judged(self.run_of(self.rates(52.1)), claim), FP64), CONFIRMED)
        rates = self.rates(52.1, stragglers=0.1)
        slow = [host for host in self.draw.hosts if rates[self.cluster.hosts.index(host)] < 0.8 * 52.1]
        self.assertGreaterEqual(len(slow), 2, "the seed gives none to leave out")
        whole = self.judged(self.run_of(rates), claim)
        self.assertEqual(self.verdict(whole, FP64)[0], "NOT DECIDABLE")
        named = {one["node"] for one in whole["flagged"][0]["outliers"] if one["z"] < 0}
        self.assertLessEqual(set(slow), named)

        pruned = self.judged(self.run_of(rates, hosts=[h for h in self.draw.hosts if h not in slow]), claim)
        self.assertEqual(pruned["sample"]["selection"], "provider_chosen")
        self.assertEqual(self.verdict(pruned, FP64)[0], "NOT DECIDABLE")
        self.assertEqual(sorted(one["node"] for one in pruned["sample"]["missing"]), slow)

    def test_a_node_left_out_counts_as_none(self):
        """38 of 40 are enough of the draw to stay a random one: each that is missing has rate 0 from below."""
        self.draw = self.drawn("--size", 40)
        claim = self.claim_of(190)
        self.assertEqual(self.verdict(self.judged(self.run_of(self.rates(52.1)), claim), FP64)[0], "CONFIRMED")
        document = self.judged(self.run_of(self.rates(52.1), hosts=self.draw.hosts[2:]), claim)
        self.assertEqual(document["sample"]["selection"], "random")
        self.assertEqual(self.reading(document, FP64)["reason"], "N13")

    def test_leaving_a_node_out_does_not_escape_a_refutation(self):
        """31 nodes are fewer than level C asks for, and that is the provider's doing."""
        for kept in 31, 30, 28:
            document = self.judged(self.run_of(self.rates(52.1), hosts=self.draw.hosts[:kept]))
            self.assertEqual(self.verdict(document, FP64)[0], "REFUTED", kept)
            document = self.judged(self.run_of(self.rates(52.1), hosts=self.draw.hosts[:kept]), self.claim_of(100))
            self.assertNotEqual(self.verdict(document, FP64)[0], "CONFIRMED", kept)

    def keep_gpus(self, keep):
        """Takes GPUs out of the cluster, by place in their node and host; returns where those kept were."""
        kept = [i for i, host in enumerate(self.cluster.hosts) if keep(i % 8, host)]
        for column in ("hosts", "devices", "uuids", "serials", "pci_bus_ids", "power_limits", "default_power_limits",
                       "max_clocks", "ecc", "mig"):
            setattr(self.cluster, column, [getattr(self.cluster, column)[i] for i in kept])
        return kept

    def test_slow_gpus_left_out_of_a_node(self):
        """The mean over those that ran is the same; a node is worth all its GPUs."""
        rates = self.rates(52.1)
        whole = self.reading(self.judged(self.run_of(rates)), FP64)["projected"]
        kept = self.keep_gpus(lambda gpu, host: gpu < 6 or host != self.draw.hosts[0])
        document = self.judged(self.run_of([rates[i] for i in kept]))
        short = self.reading(document, FP64)["projected"]
        self.assertLess(short["estimate_tflops"], 0.995 * whole["estimate_tflops"])
        self.assertLess(short["lower_tflops"], 0.98 * whole["lower_tflops"])

    def test_one_gpu_of_each_node_refutes_nothing_about_eight(self):
        rates = self.rates(52.1)
        kept = self.keep_gpus(lambda gpu, host: gpu == 0)
        document = self.judged(self.run_of([rates[i] for i in kept]), self.claim_of(190))
        self.assertEqual(self.verdict(document, FP64)[0], "NOT DECIDABLE")
        # what no such GPU reaches is refuted all the same
        document = self.judged(self.run_of([rates[i] for i in kept]))
        self.assertEqual(self.verdict(document, FP64)[0], "REFUTED")

    def test_neighbours_instead_of_the_draw(self):
        block = self.run_of(self.rates(52.1), hosts=self.cluster.names[100:132])
        document = self.judged(block, self.claim_of(190))
        self.assertEqual(document["sample"]["selection"], "provider_chosen")
        self.assertEqual(self.verdict(document, FP64)[0], "NOT DECIDABLE")
        self.assertIn("contiguous block", str(document["sample"]["notes"]))
        told = self.petaproof("judge", block, "--claim", self.claim_of(190), "--sample", self.draw.path).out
        basis = " ".join(told.split("BASIS")[1].split("SUBJECT")[0].split())
        self.assertIn("provider_chosen, a contiguous block: may refute, never confirm", basis)

    def test_who_leaves_out_drawn_nodes_is_told_what_the_rest_may_do(self):
        document = self.judged(self.run_of(self.rates(52.1), hosts=self.draw.hosts[:29]))
        reading = self.reading(document, FP64)
        self.assertEqual(reading["verdict"], "REFUTED")
        self.assertIn("provider_chosen: may refute, never confirm", reading["because"])

    def test_neighbours_without_a_draw(self):
        document = self.judged(self.run_of(self.rates(52.1), hosts=self.cluster.names[100:132]), sampled=False)
        self.assertEqual(self.reading(document, FP64)["reason"], "N3")

    def test_two_nodes_say_nothing_of_the_fabric(self):
        head, *rows = (petaproof.SOURCE / "harness/tests/project/scaling.csv").read_text().splitlines()
        columns = head.split(",")
        two = [row for row in rows if row.split(",")[columns.index("nodes")] == "2"]
        self.assertGreater(len(two), 0)
        table = self.write("two.csv", "\n".join([head, *two]) + "\n")
        result = self.petaproof("project", table, "--at", 4096, "--json")
        self.assertEqual(result.code, 2, str(result))
        document = parse(result.out)
        self.assertEqual(document["predictions"], [])
        self.assertIn("2 nodes", str(document["refused"]))


class GpuUnit(Common):
    def test_what_is_not_said_to_be_packages_is_confirmed_if_it_is(self):
        folder = self.run_of(self.rates(52.1))
        stated = parse(self.claim_of(190).read_text())
        stated["gpus"]["unit"] = "unspecified"
        claim = self.write("no-unit.json", {**stated, "id": "no-unit"})
        result = self.petaproof("judge", folder, "--claim", claim, "--sample", self.draw.path)
        self.assertEqual(result.code, 0, str(result))
        self.assertTrue(result.out.startswith("VERDICT   CONFIRMED (projected), if its GPUs are packages"), result.out)
        self.assertIn("AGGREGATE CONFIRMED (projected), if its GPUs are packages", result.out)
        reading = self.reading(self.judged(folder, claim), FP64)
        self.assertTrue(reading["only_if_a_gpu_is_one_package"])
        told = self.petaproof("judge", folder, "--claim", self.claim_of(190), "--sample", self.draw.path).out
        self.assertNotIn("packages", told.split("CLAIM")[0])


class Printed(Common):
    def test_reservations_are_in_both_forms(self):
        folder = self.run_of(self.rates(52.1))
        labels = [line["label"] for line in self.judged(folder)["reservations"]]
        self.assertEqual(labels, ["UNTESTED", "AUDITOR", "HOLDS"])

    def test_explained(self):
        folder = self.run_of(self.rates(52.1))
        result = self.petaproof("judge", folder, "--claim", "nexus-hub-240pf", "--sample", self.draw.path,
                                "--explain", "--reading", FP64)
        text = " ".join(result.out.split())  # paragraphs are broken anywhere
        for step in ("need per GPU 240 PFLOP/s / 4,000 GPUs = 60.0 TFLOP/s", "clock required 60.0 TFLOP/s / 33,792",
                     "mean per GPU over 32 of 500 nodes", "standard error", "nodes not seen", "Monte Carlo",
                     "plant x 4,000", "verdict A5", "= REFUTED (projected from 32 of 500 nodes, level C, weak)"):
            self.assertIn(step, text)

    def test_one_form_at_a_time(self):
        folder = self.run_of(self.rates(52.1), Case(windows=1))
        for forms in ("--explain", "--json"), ("--explain", "--markdown"), ("--markdown", "--json"):
            for command in ("judge", folder, "--claim", "nexus-hub-240pf"), ("claim", "nexus-hub-240pf"):
                self.assert_one_line(self.petaproof(*command, *forms), 3, *forms)

    def test_markdown_begins_with_the_verdict(self):
        folder = self.run_of(self.rates(52.1))
        lines = self.petaproof("judge", folder, "--claim", self.claim_of(240), "--sample", self.draw.path,
                               "--markdown").out.splitlines()
        heads = [line.split("**")[1] for line in lines if line.startswith("* **")][:3]
        self.assertEqual(heads, ["VERDICT", "CLAIM", "BASIS"])
        self.assertIn("REFUTED (projected from 32 of 500 nodes", "\n".join(lines))
        start = lines.index("## Sample")
        self.assertEqual(lines[start + 1:start + 3], ["", "```text"])
        self.assertEqual(lines[-1], "```", "columns keep their places in a block of code alone")
        for line in lines[:start]:
            if line.startswith("| "):
                self.assertIn(line.replace("\\|", "").count("|"), (4, 10), line)


if __name__ == "__main__":
    petaproof.main()
