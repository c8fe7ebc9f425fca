"""synthetic_run.py: what it writes is a run to everything that reads runs, and holds the rates that it says."""

import subprocess
import sys
from pathlib import Path

import petaproof
from petaproof import RunFolder, parse
from synthetic_run import Case, Cluster, true_rates, write_run


class SyntheticRun(petaproof.TestCase):
    def written(self, cluster, rates, case=None, **more):
        folder = self.new_path("synthetic")
        truth = write_run(folder, cluster, rates, case or Case(seconds=3, windows=2), **more)
        return RunFolder(folder), truth

    def test_every_line_is_of_the_schema(self):
        for gpu, precision, mode in (("h200-sxm-141gb", "fp64", "sustained"), ("h100-sxm-80gb", "bf16", "batched"),
                                     ("b200-hgx", "fp32", "burst"), ("l40s", "tf32", "batched")):
            cluster = Cluster(nodes=3, gpu=gpu, gpus_per_node=2)
            run, truth = self.written(cluster, true_rates(cluster, 20), Case(precision, mode, 3, 2))
            self.assert_records_valid(run)
            self.assertEqual(len(run.records), 2)
            self.assertEqual((truth["gpus"], truth["nodes"]), (6, 3))

    def test_one_gpu(self):
        cluster = Cluster(nodes=1, gpus_per_node=1)
        run, _ = self.written(cluster, true_rates(cluster, 50))
        self.assert_records_valid(run)

    def test_records_hold_the_true_rates(self):
        cluster = Cluster(nodes=200, pods=4)
        rates = true_rates(cluster, 52.1, cov=0.015, stragglers=0.05)
        run, truth = self.written(cluster, rates)
        slow = [rate for rate in rates if rate < 0.8 * 52.1]
        self.assertEqual(len(slow), 10 * 8)
        self.assertAlmostEqual(truth["cluster_mean_tflops"] / (52.1 * (0.95 + 0.05 * 0.67)), 1, delta=0.005)
        for record in run.records:
            self.assertAlmostEqual(record["rates"][0]["value"] / 1e12 / truth["measured_mean_tflops"], 1, delta=1e-3)
            for rate, true in zip(record["per_rank"]["rate"], rates):
                self.assertAlmostEqual(rate / 1e12 / true, 1, delta=0.015)

    def test_a_sample_is_a_part_of_the_whole(self):
        cluster = Cluster(nodes=20)
        rates = true_rates(cluster, 52.1)
        hosts = cluster.names[3:17:5]
        run, truth = self.written(cluster, rates, hosts=hosts)
        self.assertEqual(truth["nodes"], 3)
        self.assertEqual(sorted(set(run.records[0]["per_rank"]["host"])), hosts)
        self.assertEqual(run.manifest["ranks"]["device_uuid"][8:16], cluster.uuids[64:72])
        with self.assertRaises(ValueError):
            self.written(cluster, rates, hosts=["stranger"])

    def test_the_same_arguments_give_the_same_bytes(self):
        folders = [self.new_path("run") for _ in range(3)]
        for folder, seed in zip(folders, ("1", "1", "2")):
            subprocess.run([sys.executable, "-B", Path(__file__).with_name("synthetic_run.py"), folder, "--nodes", "3",
                            "--rate-tflops", "52.1", "--window", "2", "--windows", "1", "--seed", seed], check=True,
                           stdout=subprocess.DEVNULL)
        first, second, other = ((folder / "journal.jsonl").read_bytes() for folder in folders)
        self.assertEqual(first, second)
        self.assertNotEqual(first, other)

    def test_the_program_reads_it(self):
        cluster = Cluster(nodes=6)
        run, truth = self.written(cluster, true_rates(cluster, 52.1))
        judged = self.petaproof("judge", run.path, "--claim", "nexus-hub-240pf", "--json")
        reading, = [one for one in parse(judged.out)["readings"]
                    if one["reading"] == "h200-sxm-141gb/fp64_tensor/dense/kernel"]
        self.assertEqual(reading["measured"]["gpus"], 48)
        census = parse(self.petaproof("sample", "census", run.path, "--json").out)
        self.assertEqual(census["counted"], truth["gpus"])
        self.assertEqual(census["findings"], [])


class Adversaries(petaproof.TestCase):
    """A provider who has fewer GPUs than he shows."""

    def census(self, cluster, code, hosts=None):
        folder = self.new_path("synthetic")
        write_run(folder, cluster, true_rates(cluster, 52.1), Case(seconds=1, windows=1), hosts=hosts)
        result = self.petaproof("sample", "census", folder, "--json")
        self.assertEqual(result.code, code, str(result))
        census = parse(result.out)
        self.assertLess(len(census["findings"]), 12)  # hundreds of GPUs, and a few lines
        return census

    def test_half_of_the_nodes_show_the_others_gpus(self):
        cluster = Cluster(nodes=40)
        half = len(cluster.uuids) // 2
        cluster.uuids[half:] = cluster.uuids[:half]
        self.assertEqual(self.census(cluster, 1)["counted"], 0)  # none of them can be told from its double

    def test_made_up_uuids_on_true_serial_numbers(self):
        cluster = Cluster(nodes=40)
        half = len(cluster.serials) // 2
        cluster.serials[half:] = cluster.serials[:half]
        census = self.census(cluster, 1)
        self.assertEqual(census["counted"], half)
        self.assertIn("160 GPU(s) with the serial number", census["findings"][0])

    def test_slices_sold_as_gpus(self):
        cluster = Cluster(nodes=40)
        cluster.devices[8:16] = [cluster.devices[0] + " MIG 1g.18gb"] * 8
        cluster.mig[16:24] = [True] * 8
        self.assertEqual(self.census(cluster, 1)["counted"], 38 * 8)

    def test_another_model_among_them(self):
        cluster = Cluster(nodes=40)
        cluster.devices[8:16] = ["NVIDIA H200 NVL"] * 8
        self.assertIn("2 models: 312 x NVIDIA H200, 8 x NVIDIA H200 NVL", self.census(cluster, 2)["findings"][-1])


class Sampled(petaproof.TestCase):
    def test_from_the_list_to_what_was_delivered(self):
        cluster = Cluster(nodes=320, pods=4)
        nodes = self.write("nodes.txt", cluster.node_list())
        digest = parse(self.petaproof("sample", "--nodes", nodes, "--json").out)["nodes_sha256"]
        out = self.new_path("sample")
        draw = parse(self.petaproof("sample", "--nodes", nodes, "--seed", "4419-dice-6", "--expect-hash", digest,
                                    "--level", "C", "--out", out, "--json").out)
        rates = true_rates(cluster, 52.1, stragglers=0.05)
        case = Case(seconds=1, windows=2)
        neighbours = cluster.names[:len(draw["drawn"])]
        for hosts, reach, missing in ((draw["drawn"], "C", 0), (draw["drawn"][1:], "D", 1), (neighbours, "D", None)):
            folder = self.new_path("synthetic")
            write_run(folder, cluster, rates, case, hosts=hosts)
            checked = parse(self.petaproof("sample", "check", "--draw", out, folder, "--json").out)
            self.assertEqual(checked["level"]["can_reach"], reach)
            if missing is not None:
                self.assertEqual(len(checked["missing"]), missing)
            else:
                self.assertTrue(checked["capped"])


if __name__ == "__main__":
    petaproof.main()
