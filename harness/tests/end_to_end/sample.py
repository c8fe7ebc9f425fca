"""`sample`: the draw held against reference_draw.py, and everything that must not pass."""

import json

import jsonschema

import petaproof
from committed_draw import SEED, CommittedDraw
from reference_draw import draw, list_hash, philox, shares


class Draw(CommittedDraw):
    LINES = [*(f"gpu{i:03} pod-a rack{i // 8}" for i in range(1, 101)), *(f"gpu{i:03} pod-b rack{i // 8}"
             for i in range(101, 331)), *(f"x{i}.dc2.example pod-c r1" for i in range(7)), "lone pod-d r9"]

    def test_philox_itself(self):
        """The known answers that come with Random123."""
        self.assertEqual(philox((0, 0, 0, 0), (0, 0)), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8))
        ones = 0xFFFFFFFF
        self.assertEqual(philox((ones,) * 4, (ones,) * 2), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD))

    def test_anyone_can_redo_it(self):
        nodes = self.write("nodes.txt", "\n".join(self.LINES))
        listed = self.sample("--nodes", nodes)
        self.assertEqual(listed["nodes_sha256"], list_hash(self.LINES))
        self.assertEqual(listed["strata"][0], {"pod": "pod-a", "nodes": 100})
        for seed in SEED, "1", "a seed with blanks", "x" * 1000:
            for size in 1, 2, 3, 4, 6, 7, 8, 33, 59, 200, 337, 338:
                document = self.sample("--nodes", nodes, "--seed", seed, "--size", size)
                self.assertEqual(document["drawn"], draw(self.LINES, seed, size), f"{seed} {size}")
                self.assertEqual([stratum["drawn"] for stratum in document["strata"]],
                                 shares([100, 230, 7, 1], size))

    def test_without_pods(self):
        lines = [f"n{i}" for i in range(50)]
        nodes = self.write("nodes.txt", "n[0-49]")
        document = self.sample("--nodes", nodes, "--seed", SEED, "--size", 10, "--expect-hash", list_hash(lines))
        self.assertEqual(document["drawn"], draw(lines, SEED, 10))
        self.assertEqual(document["level"]["can_reach"], "D")
        self.assertIn("pod", document["level"]["lacks"]["C"][0])

    def test_the_file_is_of_its_schema(self):
        schema = json.loads((petaproof.SOURCE / "configs/schema/sample.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        check = jsonschema.Draft7Validator(schema)
        for args in (("--level", "C"), ("--level", "B"), ("--margin", "1%"), ("--size", 1),
                     ("--margin", "0.5%", "--cov", "3 %")):
            _, document = self.draw_file(self.LINES, *args)
            self.assertEqual([error.message for error in check.iter_errors(document)], [])
        self.assertFalse(check.is_valid({**document, "hello": 1}))
        self.assertFalse(check.is_valid({**document, "seed": ""}))

    def test_commit_and_reveal(self):
        nodes = self.write("nodes.txt", "\n".join(self.LINES))
        first = self.petaproof("sample", "--nodes", nodes)
        self.assertEqual(first.code, 0)
        self.assertIn(list_hash(self.LINES), first.out)
        self.assertNotIn("DRAWN", first.out)
        planned = self.petaproof("sample", "--nodes", nodes, "--margin", "1%", "--cov", "3%")
        self.assertIn("--seed SEED --margin '1%' --cov '3%'", planned.out)
        self.assertNotIn("DRAWN", planned.out)
        self.assertEqual(self.sample("--nodes", nodes, "--size", 12)["size"], 12)
        committed = self.sample("--nodes", nodes, "--seed", SEED, "--level", "C", "--expect-hash",
                                list_hash(self.LINES))
        self.assertEqual((committed["selection"], committed["level"]["can_reach"]), ("random", "C"))
        at_once = self.sample("--nodes", nodes, "--seed", SEED, "--level", "C")
        self.assertEqual((at_once["selection"], at_once["level"]["can_reach"]), ("uncommitted", "D"))
        self.assertEqual(at_once["drawn"], committed["drawn"])

        # a list that was changed after the auditor has the hash: a node less, a node twice, a node in another pod
        for what, lines in {"less": self.LINES[1:], "more": [*self.LINES, "new pod-a r1"],
                            "moved": [self.LINES[0].replace("pod-a", "pod-b"), *self.LINES[1:]]}.items():
            with self.subTest(what):
                changed = self.write("changed.txt", "\n".join(lines))
                for args in (), ("--seed", SEED, "--size", 20, "--out", self.folder / "none"):
                    self.assert_one_line(self.petaproof("sample", "--nodes", changed, "--expect-hash",
                                                        list_hash(self.LINES), *args), 3, "changed")
        self.assertFalse((self.folder / "none").exists())

    def test_order_and_spelling_do_not_matter(self):
        written = self.write("a.txt", "\n".join(self.LINES))
        other = self.write("b.csv", "rack,node,pod\r\n" + "\r\n".join(
            f"{rack}, {name.upper()}, {pod}" for name, pod, rack in (line.split() for line in reversed(self.LINES))))
        args = "--seed", SEED, "--size", 40
        self.assertEqual(self.sample("--nodes", written, *args), self.sample("--nodes", other, *args))

    def test_host_lists(self):
        nodes = self.write("nodes.txt", "n[001-100] a\n")
        drawn = draw([f"n{i:03} a" for i in range(1, 101)], SEED, 9)
        for form, expected in {"plain": "".join(f"{name}\n" for name in drawn),
                               "mpirun": "".join(f"{name} slots=4\n" for name in drawn)}.items():
            hosts = self.folder / form
            result = self.petaproof("sample", "--nodes", nodes, "--seed", SEED, "--size", 9, "--hosts", hosts,
                                    "--format", form, "--slots", 4)
            self.assertEqual(result.code, 0, str(result))
            self.assertEqual(hosts.read_text(), expected)
        self.petaproof("sample", "--nodes", nodes, "--seed", SEED, "--size", 9, "--hosts", hosts, "--format", "slurm")
        again = self.write("again.txt", hosts.read_text())  # Slurm's notation is read, too
        self.assertEqual(self.sample("--nodes", again)["nodes"], 9)
        self.assertEqual(self.sample("--nodes", again)["nodes_sha256"], list_hash(drawn))

    def test_bad_input(self):
        nodes = self.write("nodes.txt", "n[1-20] a")
        seed = "--seed", SEED
        for args, parts in {
            (): ["--nodes"],
            ("--nodes", "/nonexistent"): ["/nonexistent"],
            ("--nodes", self.folder): [self.folder],
            ("--nodes", nodes, *seed): ["--size", "--margin", "--level"],
            ("--nodes", nodes, *seed, "--size", 5, "--level", "C"): ["one of"],
            ("--nodes", nodes, *seed, "--size", 0): ["--size 1 to 20"],
            ("--nodes", nodes, *seed, "--size", 21): ["--size 1 to 20"],
            ("--nodes", nodes, *seed, "--size", "many"): ["size"],
            ("--nodes", nodes, *seed, "--margin", "1"): ["--margin", "percentage"],
            ("--nodes", nodes, "--margin", "1"): ["--margin", "percentage"],
            ("--nodes", nodes, *seed, "--margin", "0%"): ["--margin"],
            ("--nodes", nodes, *seed, "--margin", "nan%"): ["--margin"],
            ("--nodes", nodes, *seed, "--margin", "100%"): ["--margin"],
            ("--nodes", nodes, *seed, "--margin", "1%", "--cov", "five"): ["--cov"],
            ("--nodes", nodes, *seed, "--level", "A"): ["level"],
            ("--nodes", nodes, *seed, "--size", 5, "--format", "pbs"): ["format"],
            ("--nodes", nodes, *seed, "--size", 5, "--slots", 0): ["slots"],
            ("--nodes", nodes, "--seed", "", "--size", 5): ["seed"],
            ("--nodes", nodes, "--seed", " 1", "--size", 5): ["seed"],
            ("--nodes", nodes, "--expect-hash", "3f"): ["--expect-hash"],
            ("--nodes", nodes, "--out", self.folder / "x"): ["--seed"],
        }.items():
            with self.subTest(args):
                self.assert_one_line(self.petaproof("sample", *args), 3, *parts)
        for text, parts in {"": ["no node"], "n1\nN1\n": [":2:"], "n1\nn1.example.org": [":2:", "may be one node"],
                            "n1\n\0\n": [":2:"], "n1 a\nn2": [":2:"], "{}": ["schema"],
                            "n[1-3": ["brackets"]}.items():
            with self.subTest(text):
                bad = self.write("bad.txt", text)
                self.assert_one_line(self.petaproof("sample", "--nodes", bad, *seed, "--size", 1), 3, bad, *parts)
        self.assert_one_line(self.petaproof("sample", "--nodes", nodes, *seed, "--size", 5, "--out",
                                            "/nonexistent/x"), 4, "/nonexistent/x")

    def test_a_hundred_thousand_nodes(self):
        lines = [f"n{i:06} p{i // 1000:03}" for i in range(100_000)]
        _, document = self.draw_file(lines, "--level", "C")
        self.assertEqual(document["drawn"], draw(lines, SEED, 200))  # two of each of 100 pods


if __name__ == "__main__":
    petaproof.main()
