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


if __name__ == "__main__":
    petaproof.main()
