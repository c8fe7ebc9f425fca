"""`claim` with several claims and with folders: short, each judged alone, and what excludes what."""

import json

import petaproof

CLAIMS = petaproof.SOURCE / "configs/claims"


def documents(text):
    """JSON documents one after the other."""
    found, at = [], 0
    while at < len(text):
        document, at = json.JSONDecoder().raw_decode(text, at)
        at += len(text[at:]) - len(text[at:].lstrip())
        found.append(document)
    return found


class Claims(petaproof.TestCase):
    def test_a_folder_in_short(self):
        result = self.petaproof("claim", CLAIMS)
        self.assertEqual(result.code, 1, str(result))  # a known answer among them is refuted
        before, conflicts = result.out.split("\nCONFLICTS\n")
        for file in CLAIMS.glob("*.json"):
            self.assertIn(file.stem, before)
        self.assertIn("sesterce-portfolio-400mw", conflicts)
        self.assertIn("600 MW", conflicts)
        self.assertLessEqual(max(len(line) for line in result.out.splitlines()), 112)

    def test_a_folder_as_json(self):
        *judgements, last = documents(self.petaproof("claim", CLAIMS, "--json").out)
        self.assertEqual(len(judgements), len(list(CLAIMS.glob("*.json"))))
        self.assertEqual([j["claim"]["id"] for j in judgements], sorted(f.stem for f in CLAIMS.glob("*.json")))
        self.assertEqual(last["schema"], "petaproof-conflicts/1")
        self.assertEqual([c["claims"] for c in last["conflicts"]],
                         [["sesterce-100k-1gw", "sesterce-portfolio-400mw"]])

    def test_several_files(self):
        result = self.petaproof("claim", "sesterce-portfolio-400mw", "sesterce-100k-1gw")
        self.assertIn("CONFLICTS", result.out)
        result = self.petaproof("claim", "mrs3", "pa4", "--json")
        self.assertEqual(documents(result.out)[-1]["conflicts"], [])
        self.assertEqual(result.code, 2)

    def test_two_figures_of_one_site(self):
        """One PUE of a year, and HPL on the same GPUs, are one number each."""
        def claim(name, **figures):
            (self.folder / f"{name}.json").write_text(json.dumps({
                "schema": "petaproof-claim/1", "id": name, "quote": "q", "subject": "Site X", "party": "P",
                "source": "made up", "as_of": "2026-01-31", "status": "operational", **figures}))

        def hpl(value):
            return {"compute": {"value": value, "printed": str(value), "rounding": "exact", "unit": "PFLOP/s",
                                "kind": "coupled", "benchmark": "HPL", "precision": "fp64_tensor", "sparsity": "dense",
                                "emulation": "native"},
                    "gpus": {"count": 4000, "printed": "4,000", "rounding": "exact", "unit": "package",
                             "model": "h200-sxm-141gb"}}
        claim("a", pue={"value": 1.1, "printed": "1.1", "bound": "under", "period": "annual"})
        claim("b", pue={"value": 1.4, "printed": "1.40", "bound": "about", "period": "annual"})
        claim("c", **hpl(100))
        claim("d", **hpl(180))
        *_, last = documents(self.petaproof("claim", self.folder, "--json").out)
        self.assertEqual([(one["about"], *one["claims"]) for one in last["conflicts"]],
                         [("PUE", "a", "b"), ("compute", "c", "d")])

    def test_one_file_has_no_conflicts(self):
        self.assertEqual(len(documents(self.petaproof("claim", "sesterce-100k-1gw", "--json").out)), 1)

    def test_meters(self):
        meters = self.folder / "meters.csv"
        meters.write_text("utc,meter,of,watts\n2026-11-25T20:00:00Z,bmc,n1,6800\n2026-11-25T20:10:00.500Z,bmc,n1,6900\n")
        result = self.petaproof("claim", "valence-40mw", "--power", meters, "--json")
        document, = documents(result.out)
        self.assertEqual([one["seconds"] for one in document["evidence"]["power"]], [600.5])
        self.assertIn("power/metered/h200-sxm-141gb", [one["reading"] for one in document["facts"]])
        self.assertEqual(document["node_efficiency"], {"measured": [], "why_not": []})
        again = self.petaproof("claim", "valence-40mw", "--power", meters, "--power", meters)
        self.assert_one_line(again, 3, "meters.csv, line 2", "already")
        meters.write_text("utc,meter,of,watts\nyesterday,bmc,n1,6800\n")
        self.assert_one_line(self.petaproof("claim", "valence-40mw", "--power", meters), 3, "line 2", "yesterday")

    def test_bad_folders(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.assert_one_line(self.petaproof("claim", empty), 3, "empty", "no claim file")
        broken = self.folder / "broken"
        broken.mkdir()
        (broken / "a.json").write_text((CLAIMS / "mrs3.json").read_text())
        (broken / "b.json").write_text("{}")
        result = self.petaproof("claim", broken)
        self.assert_one_line(result, 3, "b.json", "schema")
        self.assertEqual(result.out, "")  # nothing is judged before all are read


if __name__ == "__main__":
    petaproof.main()
