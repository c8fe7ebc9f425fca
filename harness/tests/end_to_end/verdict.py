"""From the list of nodes to the verdict, and how it is told."""

import json

import petaproof
from audit import CONFIRMED, FP64, REFUTED, Audit
from petaproof import parse
from synthetic_run import Case

BF16 = "h200-sxm-141gb/bf16/dense/kernel"


class Flow(Audit):
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


class GpuUnit(Audit):
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


class Printed(Audit):
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
