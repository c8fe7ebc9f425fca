"""Nodes and GPUs that are not what they are shown as, or not those that were drawn. Edited records: forgeries.py."""

import petaproof
from audit import CONFIRMED, FP64, Audit
from petaproof import parse
from synthetic_run import Case

FP32 = "h200-sxm-141gb/fp32/dense/kernel"


class Adversaries(Audit):
    """Each would have made a verdict of what is none."""

    def gpus_of(self, host):
        first = self.cluster.hosts.index(host)
        return slice(first, first + 8)

    def test_one_gpu_under_the_names_of_two_nodes(self):
        one, other = self.draw.hosts[:2]
        self.cluster.uuids[self.gpus_of(other)] = self.cluster.uuids[self.gpus_of(one)]
        document = self.assert_set_aside(self.run_of(self.rates(52.1)), "16 of its 256 ranks have no whole GPU")
        self.assertIn(other, str(document["sample"]["missing"]))

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

    def test_emulation_that_is_not_admitted_is_too_fast(self):
        self.assert_set_aside(self.run_of(self.rates(100)), "faster than any fp64_tensor")

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


if __name__ == "__main__":
    petaproof.main()
