"""Writes a run folder that no machine measured: a cluster of any size with known true rates, for tests of what reads
runs (judge, sample check, census) and for timing them. It says so itself: manifest, plan and records carry the word
"synthetic".

    synthetic_run.py OUT --nodes 12500 --gpus-per-node 8 --gpu h200-sxm-141gb --precision fp64 --mode sustained
                     --window 300 --windows 3 --rate-tflops 52.1 --cov 0.015 --stragglers 0.02 --seed 1

prints one JSON document with the truth. As a module, in three steps, each of which an adversary may change:

    cluster = Cluster(nodes=500, gpu="h200-sxm-141gb")     # columns, an entry for each GPU: cluster.uuids[3] = ...
    rates = true_rates(cluster, 52.1, cov=0.015, stragglers=0.02, seed=1)      # TFLOP/s, an entry for each GPU
    truth = write_run(folder, cluster, rates, Case(precision="fp64", seconds=300, windows=3), hosts=drawn_hosts)

The same arguments give the same bytes. Rates are of the whole cluster and do not depend on `hosts`, so that a sample
can be held against the truth. Each window is a case of its own, with a seed of its own. A GPU's clock follows its rate, so
that the kernel is equally good on all; raw samples (ranks/, telemetry/) are not written.
"""

import argparse
import hashlib
import json
import math
import random
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

HARDWARE = Path(__file__).resolve().parents[3] / "configs/hardware"
BEGIN = "2026-01-01T{:02}:{:02}:{:06.3f}Z"  # always the same day: a run is a function of its arguments
SAMPLE_SECONDS = 0.1  # what the measuring loop times as one sample in a sustained window
LAUNCH_SPREAD = 0.002  # stdev of samples within a window, over their mean
STRAGGLER_RATE = 0.67  # of the others' rate: 1.5 times slower, as the outliers of SC22's study of GPU clusters
BATCHED_CLOCK_SHARE = 0.95  # the share of the peak at its clock that a good library's kernel reaches


def compact(value):
    """JSON as the program's writer has it: keys in byte order, no blanks, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def journal_line(line):
    body = compact(line)[:-1]
    return f'{body},"checksum":"{sha256(body)[:16]}"}}\n'


def utc(seconds):
    minutes, rest = divmod(seconds, 60)
    return BEGIN.format(int(minutes // 60) % 24, int(minutes % 60), rest)


def hardware_file(gpu):
    text = (HARDWARE / f"{gpu}.json").read_text()
    return json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))


def value_of(figures, key):
    return figures[key]["value"] if key in figures else None


@dataclass
class Cluster:
    """GPUs by rank, node after node; nodes are dealt to the pods in blocks, as racks are."""
    nodes: int
    gpu: str = "h200-sxm-141gb"  # of configs/hardware
    gpus_per_node: int = 8
    pods: int = 1
    prefix: str = "n"
    seed: int = 1
    names: list = field(init=False)  # one a node
    pod_of: list = field(init=False)
    # one a GPU
    hosts: list = field(init=False)
    devices: list = field(init=False)
    uuids: list = field(init=False)
    serials: list = field(init=False)
    pci_bus_ids: list = field(init=False)
    power_limits: list = field(init=False)
    default_power_limits: list = field(init=False)
    max_clocks: list = field(init=False)
    ecc: list = field(init=False)
    mig: list = field(init=False)

    def __post_init__(self):
        hardware = hardware_file(self.gpu)
        digits = len(str(self.nodes - 1))
        self.names = [f"{self.prefix}{i:0{digits}}" for i in range(self.nodes)]
        self.pod_of = [f"pod-{i * self.pods // self.nodes:03}" for i in range(self.nodes)]
        gpus = range(self.nodes * self.gpus_per_node)
        random_bits = random.Random(f"{self.seed} uuids")
        self.hosts = [self.names[i // self.gpus_per_node] for i in gpus]
        self.devices = [hardware["reported_names"][0]["value"]] * len(gpus)
        self.uuids = [uuid_of(random_bits.getrandbits(128)) for _ in gpus]
        self.serials = [str(1650000000000 + self.seed * 1_000_000 + i) for i in gpus]
        self.pci_bus_ids = [f"00000000:{0x1A + 0x11 * (i % self.gpus_per_node):02X}:00.0" for i in gpus]
        self.power_limits = [float(hardware["power"]["tdp_w"]["value"])] * len(gpus)
        self.default_power_limits = list(self.power_limits)
        self.max_clocks = [float(value_of(hardware.get("silicon", {}), "max_sm_clock_mhz") or 2000)] * len(gpus)
        self.ecc = [True] * len(gpus)
        self.mig = [False] * len(gpus)

    def node_list(self):
        """What `petaproof sample --nodes` reads."""
        return "".join(f"{name} {pod}\n" for name, pod in zip(self.names, self.pod_of))


def uuid_of(bits):
    text = f"{bits:032x}"
    return "GPU-" + "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


@dataclass
class Case:
    """A GEMM of cuBLASLt, measured in `windows` windows."""
    precision: str = "fp64"  # the workload's parameter: on a GPU with FP64 tensor cores fp64 runs on them
    mode: str = "sustained"
    seconds: float = 300.0
    windows: int = 3
    size: int = 8192
    fill: str = "normal"
    warm_up_seconds: float = 2.0

    def planned(self, window):
        one = {"workload": "gemm/cublaslt",
               "params": {"precision": self.precision, "m": self.size, "n": self.size, "k": self.size},
               "mode": self.mode, "seconds": float(self.seconds), "warm_up_seconds": float(self.warm_up_seconds),
               "fill": self.fill, "seed": 1 + window}
        return {**one, "case_id": sha256(compact(one))[:16]}

    @property
    def flop(self):
        return 2.0 * self.size ** 3


def true_rates(cluster, rate_tflops, cov=0.015, stragglers=0.0, seed=1, gpu_cov=0.003, pod_cov=0.0,
               straggler_rate=STRAGGLER_RATE):
    """Of every GPU of the cluster, TFLOP/s: node and pod effects of relative stdev `cov` and `pod_cov`, within a node
    `gpu_cov`, all normal; a fraction `stragglers` of the nodes, at random, at `straggler_rate` of that."""
    draw = random.Random(f"{seed} rates")
    pods = {pod: draw.gauss(0, pod_cov) for pod in sorted(set(cluster.pod_of))}
    slow = set(draw.sample(range(cluster.nodes), round(stragglers * cluster.nodes)))
    rates = []
    for node in range(cluster.nodes):
        level = rate_tflops * (1 + pods[cluster.pod_of[node]]) * (1 + draw.gauss(0, cov))
        level *= straggler_rate if node in slow else 1
        rates += [max(level * (1 + draw.gauss(0, gpu_cov)), 0.01 * rate_tflops)
                  for _ in range(cluster.gpus_per_node)]
    return rates


class Peak:
    """What the hardware file says of the unit that computes."""

    def __init__(self, gpu, precision):
        self.hardware = hardware_file(gpu)
        dense = self.hardware["peak_dense_tflops"]
        self.unit = "fp64_tensor" if precision == "fp64" and "fp64_tensor" in dense else precision
        self.tflops = value_of(dense, self.unit)
        self.flop_per_clock = value_of(self.hardware.get("flops_per_clock_dense", {}), self.unit)
        self.max_clock = value_of(self.hardware.get("silicon", {}), "max_sm_clock_mhz")

    def clock_mhz(self, tflops):
        """At which a kernel of BATCHED_CLOCK_SHARE has this rate; the highest where it would take more."""
        if not self.flop_per_clock or not self.max_clock:
            return 1500.0
        return min(1e6 * tflops / (BATCHED_CLOCK_SHARE * self.flop_per_clock), float(self.max_clock))


class Window:
    """One record: all columns of one case, for the ranks `members` of the cluster (positions in its columns)."""

    def __init__(self, cluster, members, rates, case, number, noise):
        self.cluster, self.members, self.case = cluster, members, case
        self.peak = Peak(cluster.gpu, case.precision)
        self.tflops = [rate * (1 + noise.gauss(0, LAUNCH_SPREAD)) for rate in rates]
        self.seconds = [case.flop / (1e12 * rate) for rate in self.tflops]
        per_sample = SAMPLE_SECONDS if case.mode == "sustained" else case.seconds / 50
        self.launches_per_sample = 1 if case.mode == "burst" else max(1, math.ceil(per_sample / self.seconds[0]))
        # rank 0 sizes the window for all: slower GPUs take longer over as many launches
        self.samples = math.ceil(case.seconds / (self.launches_per_sample * self.seconds[0]))
        self.launches = self.samples * self.launches_per_sample
        self.clocks = [self.peak.clock_mhz(rate) for rate in self.tflops]
        self.planned = case.planned(number)
        self.number = number

    def same(self, value):
        return [value] * len(self.members)

    def of(self, column):
        return [column[i] for i in self.members]

    def times(self, factor):
        return [factor * seconds for seconds in self.seconds]

    def per_rank(self):
        return {"rank": list(range(len(self.members))), "host": self.of(self.cluster.hosts),
                "device": self.of(self.cluster.devices), "disposition": self.same("pass"),
                "rate": [1e12 * rate for rate in self.tflops],
                "seconds_mean": self.seconds, "seconds_min": self.times(1 - 3 * LAUNCH_SPREAD),
                "seconds_q1": self.times(1 - 0.67 * LAUNCH_SPREAD), "seconds_median": self.seconds,
                "seconds_q3": self.times(1 + 0.67 * LAUNCH_SPREAD), "seconds_max": self.times(1 + 3 * LAUNCH_SPREAD),
                "samples": self.same(self.samples), "launches": self.same(self.launches),
                "window_seconds": self.times(self.launches),
                "clock_megahertz": self.clocks, "clock_tolerance": self.same(0.0005),
                "warm_up_seconds": self.same(self.case.warm_up_seconds), "warm_up_steady": self.same(True),
                "digest": self.same(sha256("digest " + self.planned["case_id"])[:16]),
                "error_over_bound": self.same(0.01)}

    def telemetry_columns(self):
        # dynamic power goes with about the cube of the clock; 35 % of the limit at rest
        watts = [limit * (0.35 + 0.6 * (clock / top) ** 3) for limit, clock, top in
                 zip(self.of(self.cluster.power_limits), self.clocks, self.of(self.cluster.max_clocks))]
        window = self.times(self.launches)
        throttled = [1.0 if clock < top else 0.0 for clock, top in zip(self.clocks, self.of(self.cluster.max_clocks))]
        none = self.same(0.0)
        counters = {name: self.same(0) for name in ("ecc_corrected", "ecc_uncorrected", "remapped_rows_corrected",
                                                    "remapped_rows_uncorrected")}
        return {"reason": self.same(None), "samples": [max(1, int(10 * seconds)) for seconds in window],
                "window_seconds": window, "sampling_seconds": self.same(0.01),
                "sm_clock_megahertz": gauge(self.clocks), "memory_clock_megahertz": gauge(self.same(3201.0)),
                "power_watts": gauge(watts), "temperature_celsius": gauge(self.same(60.0)),
                "memory_temperature_celsius": gauge(self.same(70.0)),
                "clock_event_fractions": {
                    "gpu_idle": none, "applications_clocks_setting": none, "sw_power_cap": throttled,
                    "hw_slowdown": none, "sync_boost": none, "sw_thermal_slowdown": none, "hw_thermal_slowdown": none,
                    "hw_power_brake_slowdown": none, "display_clock_setting": none},
                "mean_power_watts": watts, "mean_power_basis": self.same("NVML's energy counter"),
                "energy_joules": [power * seconds for power, seconds in zip(watts, window)], "energy_seconds": window,
                "before": counters, "after": counters, "power_limit_watts": self.of(self.cluster.power_limits),
                "max_sm_clock_megahertz": self.of(self.cluster.max_clocks), "driver_version": self.same("synthetic"),
                "nvml_version": self.same("synthetic"), "unread": self.same({})}

    def telemetry(self):
        columns = self.telemetry_columns()
        return {"clock_megahertz": mean(self.clocks), "clock_basis": "synthetic",
                "power_watts": mean(columns["mean_power_watts"]), "power_basis": "synthetic", "reason": None,
                "per_rank": columns}

    def rate(self):
        count = len(self.tflops)
        # 1.96 stdev of a GPU's mean; the GPUs' errors are independent
        relative = 1.96 * LAUNCH_SPREAD / math.sqrt(self.samples)
        error = relative * math.sqrt(sum(rate * rate for rate in self.tflops)) / count
        value = mean(self.tflops)
        text = f"{self.peak.unit} dense on paper, {self.peak.tflops} TFLOP/s" if self.peak.tflops else None
        return {"quantity": "flops", "unit": "FLOP/s", "value": 1e12 * value, "lower": 1e12 * (value - error),
                "upper": 1e12 * (value + error), "confidence": 0.95, "basis": "mean over devices",
                "sum_over_devices": 1e12 * value * count,
                "synchronous": self.case.flop * self.launches * count / max(self.times(self.launches)),
                "share_of_peak": value / self.peak.tflops if self.peak.tflops else None, "peak": text}

    def summary(self):
        ordered = sorted(self.seconds)
        count, middle = len(ordered), mean(ordered)
        stdev = math.sqrt(sum((one - middle) ** 2 for one in ordered) / (count - 1)) if count > 1 else 0.0
        return {"of": "ranks' means" if count > 1 else "samples", "count": count, "min": ordered[0],
                "q1": ordered[count // 4], "median": ordered[count // 2], "q3": ordered[3 * count // 4],
                "max": ordered[-1], "mean": middle, "stdev": stdev}

    def end(self, begin):
        """Of the case: the slowest GPU's window, and what is done around it."""
        return begin + max(self.times(self.launches)) + 30

    def lines(self, run_id, begin):
        frame = {"schema": "petaproof-record/1", "run_id": run_id, "sequence": self.number, "begin_utc": utc(begin),
                 **self.planned}
        record = {**frame, "type": "end", "end_utc": utc(self.end(begin)),
                  "backend": "cuda", "gpu_shared": False, "git_commit": "unknown", "disposition": "pass",
                  "reason": None, "work": [{"quantity": "flops", "unit": "FLOP", "per_launch": self.case.flop}],
                  "rates": [self.rate()], "launches_per_sample": self.launches_per_sample,
                  "seconds_per_launch": self.summary(),
                  "verification": {"pass": True, "method": "synthetic: nothing was verified",
                                   "elements_checked": 1000 * len(self.members), "worst_error_over_bound": 0.01},
                  "notes": {"synthetic": "written by synthetic_run.py; no machine measured this"},
                  "telemetry": self.telemetry(), "per_rank": self.per_rank()}
        return {**frame, "type": "begin"}, record


def mean(values):
    return math.fsum(values) / len(values)


def gauge(values):
    return {"mean": values, "min": values, "max": values}


def manifest_of(run_id, cluster, members, plan):
    def of(column):
        return [column[i] for i in members]

    hosts = of(cluster.hosts)
    nodes = {host: number for number, host in enumerate(dict.fromkeys(hosts))}
    count = len(members)
    return {"schema": "petaproof-manifest/1", "run_id": run_id, "begin_utc": utc(0), "end_utc": utc(0),
            "command_line": "synthetic_run.py", "working_directory": "/", "backend": "cuda", "gpu_shared": False,
            "corrupted_on_request": False, "plan": plan, "plan_hash": sha256(compact(plan)), "left_out": [],
            "binary_sha256": "synthetic", "build": {"version": "synthetic", "git_commit": "unknown"},
            "root_device": {"backend": "cuda", "name": cluster.devices[members[0]]}, "environment": {},
            "world": {"ranks": count, "nodes": len(nodes)},
            "ranks": {"rank": list(range(count)), "node": [nodes[host] for host in hosts], "host": hosts,
                      "device": of(cluster.devices), "device_uuid": of(cluster.uuids), "cpus": ["0-191"] * count,
                      "device_index": [i % cluster.gpus_per_node for i in members],
                      "gpu": {
                          "reason": [None] * count, "serial": of(cluster.serials),
                          "pci_bus_id": of(cluster.pci_bus_ids),
                          "board_part_number": ["synthetic"] * count, "vbios_version": ["synthetic"] * count,
                          "driver_version": ["synthetic"] * count, "multi_gpu_board": [False] * count,
                          "ecc": of(cluster.ecc), "mig": of(cluster.mig),
                          "max_sm_clock_megahertz": of(cluster.max_clocks),
                          "power_limit_watts": of(cluster.power_limits),
                          "default_power_limit_watts": of(cluster.default_power_limits),
                          "max_power_limit_watts": of(cluster.default_power_limits), "unread": [{}] * count}}}


def write_run(folder, cluster, rates, case, hosts=None, seed=1):
    """A new run folder of the whole cluster, or of its nodes named in `hosts`; returns the truth about it."""
    folder = Path(folder)
    folder.mkdir(parents=True)  # never over another run
    wanted = None if hosts is None else set(hosts)
    members = [i for i, host in enumerate(cluster.hosts) if wanted is None or host in wanted]
    if not members:
        raise ValueError("none of the hosts is a node of the cluster")
    plan = {"suite": "synthetic", "claim": None, "cases": [case.planned(i) for i in range(case.windows)]}
    own = [rates[i] for i in members]
    run_id = sha256(compact([plan, cluster.seed, seed, cluster.uuids[:1], own]))[:16]
    noise = random.Random(f"{seed} windows")
    with (folder / "journal.jsonl").open("w") as journal:
        begin = 0.0
        for number in range(case.windows):
            window = Window(cluster, members, own, case, number, noise)
            for line in window.lines(run_id, begin):
                journal.write(journal_line(line))
            begin = window.end(begin) + 30
    outcome = {"schema": "petaproof-outcome/1", "run_id": run_id, "exit_code": 0, "complete": True}
    (folder / "outcome.json").write_text(compact(outcome) + "\n")
    (folder / "manifest.json").write_text(compact(manifest_of(run_id, cluster, members, plan)) + "\n")
    return {"run_id": run_id, "gpu": cluster.gpu, "cluster_nodes": cluster.nodes, "cluster_gpus": len(rates),
            "gpus": len(own), "nodes": len({cluster.hosts[i] for i in members}),
            "cluster_mean_tflops": mean(rates), "measured_mean_tflops": mean(own), "slowest_tflops": min(own)}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("out", help="the run folder; must not exist")
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--gpus-per-node", type=int, default=8)
    parser.add_argument("--gpu", default="h200-sxm-141gb", help="of configs/hardware")
    parser.add_argument("--pods", type=int, default=1)
    parser.add_argument("--precision", default="fp64", choices=["fp64", "fp32", "tf32", "bf16"])
    parser.add_argument("--mode", default="sustained", choices=["burst", "batched", "sustained"])
    parser.add_argument("--window", type=float, default=300, help="seconds")
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument("--fill", default="normal", choices=["normal", "uniform", "integers", "zeros"])
    parser.add_argument("--rate-tflops", type=float, required=True, help="of a GPU that is no straggler, mean")
    parser.add_argument("--cov", type=float, default=0.015, help="between nodes, stdev over mean")
    parser.add_argument("--gpu-cov", type=float, default=0.003, help="within a node")
    parser.add_argument("--pod-cov", type=float, default=0.0, help="between pods")
    parser.add_argument("--stragglers", type=float, default=0.0, help="fraction of the nodes that are slow")
    parser.add_argument("--straggler-rate", type=float, default=STRAGGLER_RATE, help="of the others' rate")
    parser.add_argument("--hosts", help="a file of the nodes that are measured, one a line (default: all)")
    parser.add_argument("--node-list", help="write the cluster's nodes to this file, for petaproof sample --nodes")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    asked = arguments()
    cluster = Cluster(asked.nodes, asked.gpu, asked.gpus_per_node, asked.pods, seed=asked.seed)
    rates = true_rates(cluster, asked.rate_tflops, asked.cov, asked.stragglers, asked.seed, asked.gpu_cov,
                       asked.pod_cov, asked.straggler_rate)
    case = Case(asked.precision, asked.mode, asked.window, asked.windows, fill=asked.fill)
    hosts = Path(asked.hosts).read_text().split() if asked.hosts else None
    if asked.node_list:
        Path(asked.node_list).write_text(cluster.node_list())
    print(json.dumps(write_run(asked.out, cluster, rates, case, hosts, asked.seed)))


if __name__ == "__main__":
    sys.exit(main())
