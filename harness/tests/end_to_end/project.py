"""petaproof project: a table projected from outside, and what a user may get wrong."""

import random
import unittest

import petaproof
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

    def test_further_counts(self):
        one, = self.projected("--series", "steady", "--at", "16384")["predictions"]
        self.assertIsNone(one["measured"])
        self.assertEqual(one["gpus"], 16384)

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

    def test_mistakes(self):
        lines = TABLE.read_text().splitlines(keepends=True)

        def table(name, text):
            return self.write(name, text)

        def row(column, value):
            fields = lines[1].rstrip("\n").split(",")
            fields[lines[0].rstrip("\n").split(",").index(column)] = value
            return lines[0] + ",".join(fields) + "\n"

        cases = [
            (("project", table("a.csv", "")), ["a.csv", "line 1"]),
            (("project", table("b.csv", lines[0])), ["no rows"]),
            (("project", table("c.csv", lines[0].replace("gpus", "cards") + lines[1])), ["line 1", '"cards"', "gpus"]),
            (("project", table("d.csv", row("gpus", "0"))), ["line 2", '"gpus"', "from 1", '"0"']),
            (("project", table("e.csv", row("value", "fast"))), ["line 2", '"value"', "above 0", '"fast"']),
            (("project", table("f.csv", row("unit", "GB"))), ["line 2", '"unit"', "GB/s", '"GB"']),
            (("project", table("g.csv", lines[0] + lines[1] + "1,2\n")), ["line 3", "23 fields"]),
            (("project", self.folder / "none.csv"), ["none.csv"]),
            (("project", self.folder), ["folder", "CSV"]),
            (("project",), ["FILE"]),
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
