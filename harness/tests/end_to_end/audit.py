"""An audit, as several files of tests begin with it: the draw, the run of the drawn nodes, and what is judged of it.

The runs are synthetic_run.py's: 500 nodes of eight H200 in nine pods, of which level C draws 32, with known rates.
"""

from dataclasses import dataclass, field

import petaproof
from petaproof import parse
from synthetic_run import Case, Cluster, true_rates, write_run

FP64 = "h200-sxm-141gb/fp64_tensor/dense/kernel"
SEED = "dice 4 2 6 6 1 3 20261125"
REFUTED = "REFUTED", "projected from 32 of 500 nodes, level C, weak"
CONFIRMED = "CONFIRMED", "projected from 32 of 500 nodes, level C, weak"


@dataclass
class Drawn:
    """What the auditor has: the draw, and which nodes are in it."""
    path: object
    hosts: list = field(default_factory=list)


class Audit(petaproof.TestCase):
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

    def merged(self, *folders):
        out = self.new_path("merged")
        result = self.petaproof("merge", *folders, "--out", out)
        self.assertEqual(result.code, 0, str(result))
        return out

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

    def assert_set_aside(self, folder, reason, name=FP64, windows=3):
        document = self.judged(folder)
        found = self.reading(document, name)
        self.assertEqual((found["verdict"], found["basis"], found["measured"]), ("NOT DECIDABLE", "none", None))
        self.assertEqual(len(document["set_aside"]), windows)
        for one in document["set_aside"]:
            self.assertIn(reason, one["reason"])
        return document

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
