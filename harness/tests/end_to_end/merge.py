"""Runs that broke off, and runs that belong together: cut anywhere, damaged anywhere, joined and judged."""

import json
import random
import shutil

import petaproof
from petaproof import parse, quick_cases, suite, with_checksum

CASES = 4


class Merge(petaproof.TestCase):
    @classmethod
    def setUpClass(cls):
        """One whole run, from which each test makes its broken ones."""
        cls.maker = cls("setUp")
        cls.maker.setUp()
        cls.addClassCleanup(cls.maker.doCleanups)
        cls.content = suite(*quick_cases(CASES))
        cls.whole = cls.maker.measure(cls.content)[1]
        cls.other = cls.maker.measure(cls.content)[1]  # the same plan, another day
        cls.bytes = (cls.whole.path / "journal.jsonl").read_bytes()
        cls.ids = [record["case_id"] for record in cls.whole.records]

    def copy(self, journal, run=None):
        """A copy of a run folder with another journal."""
        folder = self.new_path("copy")
        shutil.copytree((run or self.whole).path, folder)
        (folder / "journal.jsonl").write_bytes(journal)
        return folder

    def merge(self, *folders, code, out=None):
        more = ["--out", out] if out else []
        result = self.petaproof("merge", *folders, "--json", *more)
        self.assertEqual(result.code, code, str(result))
        return parse(result.out)

    def test_cut_anywhere(self):
        """At every line's end, just before and after it, and within: what came before is there, the rest is named."""
        ends = [i + 1 for i, byte in enumerate(self.bytes) if byte == ord("\n")]
        self.assertEqual(len(ends), 2 * CASES)
        cuts = {0, *ends, *(e - 1 for e in ends), *(e - 2 for e in ends), *(e + 1 for e in ends[:-1]),
                *(e + 200 for e in [0, *ends[:-1]])}
        for cut in sorted(cuts):
            with self.subTest(cut=cut):
                # a line that lacks nothing but its line end is whole
                whole = sum(cut >= end - 1 for end in ends)
                partial = cut not in ends and cut + 1 not in ends and cut > 0
                measured = whole // 2
                code = 0 if measured == CASES else 2
                merged = self.merge(self.copy(self.bytes[:cut]), code=code)
                self.assertEqual([record["case_id"] for record in merged["records"]], self.ids[:measured])
                self.assertEqual(merged["coverage"]["missing"], self.ids[measured:])
                self.assertEqual(merged["in_flight"], self.ids[measured:measured + 1] if whole % 2 else [])
                self.assertEqual(len(merged["damage"]), 1 if partial else 0)

    def test_a_flipped_bit(self):
        """Wherever it is, its line is left out and named: no changed number ever passes for a measured one."""
        seed = 20261122
        print(f"seed {seed}")
        positions = random.Random(seed).sample(range(len(self.bytes)), 60)
        for position in positions:
            with self.subTest(position=position):
                damaged = bytearray(self.bytes)
                damaged[position] ^= 1 << position % 8
                merged = self.merge(self.copy(bytes(damaged)), code=2)
                self.assertGreater(len(merged["damage"]), 0)
                known = [{k: v for k, v in record.items()} for record in self.whole.records]
                for record in merged["records"]:
                    self.assertIn(record, known)

    def test_not_even_text(self):
        for content in b"\0" * 1000, b"\xff\xfe" * 1000, b"\n" * 100, b"[" * 100_000 + b"\n":
            with self.subTest(content[:4]):
                merged = self.merge(self.copy(content), code=2)
                self.assertEqual(merged["records"], [])
                self.assertGreater(len(merged["damage"]), 0)

    def test_lines_made_by_hand(self):
        """The checksum is right, so this was no accident: it is not a record, and no number is taken from it."""
        record = self.whole.records[0]
        forged = {
            "nothing but a name": ({"type": "end", "case_id": record["case_id"], "disposition": "pass"}, 3),
            "rates that are words": ({**record, "rates": [{"quantity": "flops", "value": "fast"}]}, 3),
            "a disposition that is none": ({**record, "disposition": "perfect"}, 2),
            "a type that is a number": ({**record, "type": 1}, 2),
            "a case that is not planned": ({**record, "case_id": "0" * 16}, 2),
            "a case that is a list": ({**record, "case_id": []}, 2),
        }
        for what, (line, code) in forged.items():
            with self.subTest(what):
                result = self.petaproof("merge", self.copy(with_checksum(line).encode()))
                self.assertEqual(result.code, code, str(result))
                if code == 3:
                    self.assert_one_line(result, 3)
                else:
                    self.assertIn("damaged: ", result.out)
                    self.assertIn(f"0 of {CASES} cases passed", result.out)

    def test_two_halves(self):
        lines = self.bytes.splitlines(keepends=True)
        first = self.copy(b"".join(lines[:3]) + lines[3][:50])
        rest = self.copy(b"".join((self.other.path / "journal.jsonl").read_bytes().splitlines(True)[2:]), self.other)
        self.assertEqual(self.merge(first, code=2)["in_flight"], self.ids[1:2])
        both = self.new_path("both")
        merged = self.merge(first, rest, code=2, out=both)  # complete, but a journal is damaged
        self.assertEqual(merged["coverage"]["missing"], [])
        self.assertEqual(merged["in_flight"], [])
        self.assertTrue(merged["coverage"]["complete"])
        self.assertEqual(sorted(record["case_id"] for record in merged["records"]), sorted(self.ids))

        # what merge wrote is a run folder: it is merged, judged and validated like any other
        again = self.merge(both, code=0)
        self.assertEqual(again["records"], merged["records"])
        self.assert_records_valid(petaproof.RunFolder(both))
        self.assertEqual(self.petaproof("judge", both, "--claim", "nexus-hub-240pf").code, 2)
        self.assertEqual(petaproof.RunFolder(both).outcome["complete"], True)
        self.assertEqual([source["run_id"] for source in petaproof.RunFolder(both).manifest["merged_from"]],
                         [run.manifest["run_id"] for run in (self.whole, self.other)])

    def test_a_failure_is_not_mended_by_repeating(self):
        corrupted = self.measure(self.content, "--corrupt", code=1)[1]
        for order in (corrupted, self.whole), (self.whole, corrupted):
            merged = self.merge(*(run.path for run in order), code=1)
            self.assertEqual(merged["coverage"]["by_disposition"], {"fail_verify": CASES})
            self.assertEqual(len(merged["records"]), 2 * CASES)

    def test_table(self):
        result = self.petaproof("merge", self.copy(b"".join(self.bytes.splitlines(True)[:3])))
        self.assertEqual(result.code, 2)
        self.assertIn(f"1 of {CASES} cases passed: {CASES - 1} missing", result.out)
        self.assertIn(f"missing: case {self.ids[1]} (begun, but the run broke off in it)", result.out)
        self.assertIn(f"missing: case {self.ids[2]}\n", result.out)

    def test_what_cannot_be_joined(self):
        path = self.whole.path
        another_plan = self.measure(suite(*quick_cases(1)))[1].path
        self.assert_one_line(self.petaproof("merge", path, another_plan), 3, "different plans", path, another_plan)
        self.assert_one_line(self.petaproof("merge", path, path), 3, "given twice")
        self.assert_one_line(self.petaproof("merge", path, self.other.path, self.copy(b"")), 3, "given twice")
        self.assert_one_line(self.petaproof("merge", path, "--out", self.other.path), 3, "holds a run already")
        self.assert_one_line(self.petaproof("merge", path, "--out", path / "manifest.json" / "x"), 3, "cannot be made")
        joined = self.new_path("joined")
        self.merge(path, self.other.path, code=0, out=joined)
        self.assert_one_line(self.petaproof("merge", joined, path), 3, "given twice")

    def test_what_is_no_run(self):
        manifest = self.whole.manifest
        changed = json.loads(json.dumps(manifest))
        changed["plan"]["cases"].pop()
        for what, content, part in [("changed", json.dumps(changed), "does not match its hash"),
                                    ("cut", json.dumps(manifest)[:500], "not JSON"), ("empty", "", "not JSON"),
                                    ("a list", "[]", "manifest"),
                                    ("a plan of another kind", '{"run_id": "x", "plan": 1}', "manifest")]:
            with self.subTest(what):
                folder = self.copy(self.bytes)
                (folder / "manifest.json").write_text(content)
                self.assert_one_line(self.petaproof("merge", folder), 3, folder, part)
        folder = self.copy(self.bytes)
        (folder / "journal.jsonl").unlink()
        self.assert_one_line(self.petaproof("merge", folder), 3, folder, "journal")
        for path in self.folder, self.folder / "absent", self.whole.path / "manifest.json", "/dev/null", "":
            with self.subTest(path):
                self.assert_one_line(self.petaproof("merge", path), 3, path, "not a run folder")


if __name__ == "__main__":
    petaproof.main()
