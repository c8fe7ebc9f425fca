"""`sample`: the draw redone by other means, as harness/sample/README.md says it, and everything that must not pass.

Nothing here is the program's own code: list, hash, shares and Philox are written again, from the description alone.
"""

import hashlib
import json
import socket
from fractions import Fraction

import jsonschema

import petaproof
from petaproof import case, fault, parse, suite, with_checksum

SEED = "4419-dice-20261123"


def philox(counter, key):
    """Philox4x32-10: four 32-bit words of counter, two of key."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & 0xFFFFFFFF, (p0 >> 32) ^ c3 ^ k1, p0 & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def list_hash(lines):
    """`lines`: "name", "name pod" or "name pod rack", normalised."""
    text = "".join(line + "\n" for line in ["petaproof-nodes/1", *sorted(lines, key=lambda line: line.split()[0])])
    return hashlib.sha256(text.encode()).hexdigest()


def shares(pods, size):
    """Nodes to draw of each pod; `pods`: how many each has, in byte order of their names."""
    twice = [min(2, nodes) for nodes in pods]
    floor = twice if size >= sum(twice) else [1] * len(pods) if size >= len(pods) else [0] * len(pods)
    result, open_pods, left = list(floor), list(range(len(pods))), size
    while True:
        all_nodes = sum(pods[i] for i in open_pods)
        quota = {i: Fraction(left * pods[i], all_nodes) for i in open_pods}
        below = [i for i in open_pods if quota[i] < floor[i]]
        if not below:
            break
        left -= sum(floor[i] for i in below)
        open_pods = [i for i in open_pods if i not in below]
        if not open_pods:
            return result
    for i in open_pods:
        result[i] = int(quota[i])
    rest = left - sum(result[i] for i in open_pods)
    for i in sorted(open_pods, key=lambda i: (-(quota[i] - int(quota[i])), i))[:rest]:
        result[i] += 1
    return result


def draw(lines, seed, size):
    """The names drawn, in order."""
    nodes = sorted((line.split() + [""])[:2] for line in lines)
    digest = hashlib.sha256((seed + list_hash(lines)).encode()).hexdigest()
    key, stream = int(digest[:16], 16), int(digest[16:32], 16)
    halves = lambda value: (value & 0xFFFFFFFF, value >> 32)
    pods = {}
    for index, (name, pod) in enumerate(nodes):
        ticket = philox(halves(index) + halves(stream), halves(key))
        pods.setdefault(pod, []).append((ticket, name))
    names = sorted(pods)
    drawn = []
    for pod, count in zip(names, shares([len(pods[pod]) for pod in names], size)):
        drawn += [name for _, name in sorted(pods[pod])[:count]]
    return sorted(drawn)


class Common(petaproof.TestCase):
    def sample(self, *args, code=0):
        result = self.petaproof("sample", *args, "--json")
        self.assertEqual(result.code, code, str(result))
        return parse(result.out)

    def draw_file(self, lines, *args):
        """A committed draw; its path and what it holds."""
        nodes = self.write(f"{self.new_path('nodes').name}.txt", "\n".join(lines) + "\n")
        out = self.new_path("sample")
        committed = "--seed", SEED, "--expect-hash", list_hash(lines)
        document = self.sample("--nodes", nodes, *committed, "--out", out, *args)
        self.assertEqual(document, parse(out.read_text()))
        return out, document


class Draw(Common):
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


class Runs(Common):
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
