#!/usr/bin/env python3
"""Ours beside PyTorch's, from alternating blocks: ours-1, torch-1.json, ours-2, torch-2.json, ... in one folder.

    against_torch.py FOLDER      prints the table and writes FOLDER/comparison.json

PyTorch may have several kernels for a case; each is a line. A ratio above 1 means that ours is the faster. It is that
of the medians over all blocks; beside it stand the smallest and the largest ratio of neighbouring blocks, which is how
far the clock and the neighbours move such a number.
Exit codes: 0 every case was compared, with one kernel at least; 1 one was not, or had a kernel in some blocks alone.
"""

import json
import statistics
import sys
from pathlib import Path

from runs import headline, records, title


class Blocks:
    """Of each block FLOP/s of ours by case, and of PyTorch's by case and kernel; and what is known besides."""

    def __init__(self, folder):
        self.ours, self.theirs = [], []
        self.titles, self.facts, self.cannot, self.kernels = {}, {}, {}, []
        for number in range(1, 100):
            run, peer = folder / f"ours-{number}", folder / f"torch-{number}.json"
            if not (peer.exists() and (run / "journal.jsonl").exists()):
                break
            self.read_ours(run)
            self.read_theirs(json.loads(peer.read_text()))

    def read_ours(self, run):
        rates = {}
        for record in records(run):
            if record["disposition"] == "not_supported":  # nothing of ours to compare
                continue
            self.titles[record["case_id"]] = title(record)
            rate = headline(record)
            if rate:
                rates[record["case_id"]] = rate[0]
                self.facts["ours"] = {key: value for key, value in record["notes"].items()
                                      if "blas" in key.lower() or "cudnn" in key}
        self.ours.append(rates)

    def read_theirs(self, document):
        self.facts["torch"] = document["libraries"]
        for one in document["results"] + document["cannot"]:
            if one["kernel"] not in self.kernels:
                self.kernels.append(one["kernel"])
        self.cannot.update({(one["case_id"], one["kernel"]): one["reason"] for one in document["cannot"]})
        self.theirs.append({(one["case_id"], one["kernel"]): one["flops_per_second"] for one in document["results"]
                            if one["finite"]})

    def compared(self, case_id, kernel):
        row = {"case_id": case_id, "title": self.titles[case_id], "kernel": kernel}
        key = (case_id, kernel)
        both = [(ours[case_id], theirs[key]) for ours, theirs in zip(self.ours, self.theirs)
                if case_id in ours and key in theirs]
        if not both and key in self.cannot:
            return {**row, "ratio": None, "cannot": True, "reason": f"PyTorch cannot: {self.cannot[key]}"}
        if len(both) < len(self.ours):
            return {**row, "ratio": None, "cannot": False,
                    "reason": f"only {len(both)} of {len(self.ours)} blocks have a good result on both sides"}
        ours, theirs = (statistics.median(column) for column in zip(*both))
        ratios = [a / b for a, b in both]
        return {**row, "ours_flops_per_second": ours, "torch_flops_per_second": theirs, "ratio": ours / theirs,
                "ratio_min": min(ratios), "ratio_max": max(ratios), "blocks": len(both)}


def is_good(rows):
    """Of one case."""
    return any(row["ratio"] is not None for row in rows) and all(row["ratio"] or row["cannot"] for row in rows)


def line(row):
    head = f"{row['title']:<50} {row['kernel']:<8}"
    if row["ratio"] is None:
        return f"{head} not compared: {row['reason']}"
    return (f"{head} {row['ours_flops_per_second'] / 1e12:>10.2f} {row['torch_flops_per_second'] / 1e12:>10.2f}  "
            f"{row['ratio']:.3f}  {row['ratio_min']:.3f} to {row['ratio_max']:.3f}")


def main():
    folder = Path(sys.argv[1])
    blocks = Blocks(folder)
    if not blocks.ours:
        print("no block was measured on both sides")
        sys.exit(1)
    cases = [[blocks.compared(case_id, kernel) for kernel in blocks.kernels] for case_id in blocks.titles]
    rows = [row for case in cases for row in case]
    (folder / "comparison.json").write_text(json.dumps({"libraries": blocks.facts, "cases": rows}, indent=1))
    for side, fact in blocks.facts.items():
        print(f"{side}: " + ", ".join(f"{key} {value}" for key, value in fact.items()))
    print(f"{'CASE':<50} {'PEER':<8} {'OURS':>10} {'TORCH':>10}  RATIO  BLOCKS' RATIOS   "
          f"(TFLOP/s, {len(blocks.ours)} blocks each)")
    for row in rows:
        print(line(row))
    sys.exit(not all(is_good(case) for case in cases))


if __name__ == "__main__":
    main()
