#!/usr/bin/env python3
"""Our GEMM beside PyTorch's, from alternating blocks: ours-1, torch-1.json, ours-2, torch-2.json, ... in one folder.

    against_torch.py FOLDER      prints the table and writes FOLDER/comparison.json

A ratio above 1 means that ours is the faster. It is that of the medians over all blocks; beside it stand the smallest
and the largest ratio of neighbouring blocks, which is how far the clock and the neighbours move such a number.
Exit codes: 0 compared; 1 a case could not be compared.
"""

import json
import statistics
import sys
from pathlib import Path

from runs import headline, records, title


def blocks(folder):
    """[(ours, theirs)], each {case_id: FLOP/s}; and a line on each side's libraries."""
    pairs, facts, titles = [], {}, {}
    for number in range(1, 100):
        run, peer = folder / f"ours-{number}", folder / f"torch-{number}.json"
        if not (peer.exists() and (run / "journal.jsonl").exists()):
            return pairs, facts, titles
        ours = {}
        for record in records(run):
            if record["disposition"] == "not_supported":  # nothing of ours to compare
                continue
            titles[record["case_id"]] = title(record)
            rate = headline(record)
            if rate:
                ours[record["case_id"]] = rate[0]
                facts["ours"] = {key: value for key, value in record["notes"].items() if "blas" in key.lower()}
        document = json.loads(peer.read_text())
        facts["torch"] = {key: document[key] for key in ("torch", "cuda", "cublaslt_version", "cublaslt_file")}
        pairs.append((ours, {result["case_id"]: result["flops_per_second"] for result in document["results"]
                             if result["finite"]}))
    return pairs, facts, titles


def compare(pairs, titles):
    rows = []
    for case_id, name in titles.items():
        both = [(ours[case_id], theirs[case_id]) for ours, theirs in pairs if case_id in ours and case_id in theirs]
        if len(both) < len(pairs):
            rows.append({"case_id": case_id, "title": name, "ratio": None,
                         "reason": f"only {len(both)} of {len(pairs)} blocks have a good result on both sides"})
            continue
        ours, theirs = (statistics.median(column) for column in zip(*both))
        ratios = [a / b for a, b in both]
        rows.append({"case_id": case_id, "title": name, "ours_flops_per_second": ours,
                     "torch_flops_per_second": theirs, "ratio": ours / theirs, "ratio_min": min(ratios),
                     "ratio_max": max(ratios), "blocks": len(both)})
    return rows


def main():
    folder = Path(sys.argv[1])
    pairs, facts, titles = blocks(folder)
    if not pairs:
        print("no block was measured on both sides")
        sys.exit(1)
    rows = compare(pairs, titles)
    (folder / "comparison.json").write_text(json.dumps({"libraries": facts, "cases": rows}, indent=1))
    for side, fact in facts.items():
        print(f"{side}: " + ", ".join(f"{key} {value}" for key, value in fact.items()))
    print(f"{'CASE':<50} {'OURS':>10} {'TORCH':>10}  RATIO  BLOCKS' RATIOS   (TFLOP/s, {len(pairs)} blocks each)")
    for row in rows:
        if row["ratio"] is None:
            print(f"{row['title']:<50} not compared: {row['reason']}")
        else:
            print(f"{row['title']:<50} {row['ours_flops_per_second'] / 1e12:>10.2f} "
                  f"{row['torch_flops_per_second'] / 1e12:>10.2f}  {row['ratio']:.3f}  "
                  f"{row['ratio_min']:.3f} to {row['ratio_max']:.3f}")
    sys.exit(any(row["ratio"] is None for row in rows))


if __name__ == "__main__":
    main()
