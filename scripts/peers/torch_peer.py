"""What torch_gemm.py and torch_attention.py share: PyTorch measured as Petaproof measures its own, on the batched cases
of a run's plan. Needs nothing of Petaproof but the run's manifest."""

import ctypes
import json
import os
import statistics
import sys
import time

DEVICE = "cuda"
# prefixes of what would change the arithmetic or the choice of algorithm behind our back: what the program unsets as
# well (kernels/device/environment.cpp), and PyTorch's own
SUBSTITUTES = ("NVIDIA_TF32_OVERRIDE", "CUBLAS_EMULAT", "CUBLAS_FIXEDPOINT_EMULATION", "CUBLASLT_EMULAT",
               "CUBLASLT_HEURISTICS_", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE")
L2_MULTIPLE = 3
SAMPLE_SECONDS = 0.01


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def import_torch():
    for name in [name for name in os.environ if name.startswith(SUBSTITUTES)]:
        print(f"{name}={os.environ.pop(name)} was set and is ignored")
    try:
        import torch
    except ImportError as error:
        skip(f"python3 has no PyTorch ({error})")
    if not torch.cuda.is_available():
        skip(f"PyTorch {torch.__version__} sees no GPU")
    return torch


def loaded_library(name, function):
    """File of the library that this process has loaded, libNAME.so, and the version that its `function` tells."""
    with open("/proc/self/maps") as maps:
        files = {line.split()[-1] for line in maps if f"/lib{name}.so" in line}
    if not files:
        return None, None
    file = sorted(files)[0]
    version = getattr(ctypes.CDLL(file), function)
    version.restype = ctypes.c_size_t
    return file, version()


def slots_for(torch, bytes_each):
    """How many sets of operands overflow the L2 cache three times."""
    l2 = torch.cuda.get_device_properties(0).L2_cache_size
    return max(2, -(-L2_MULTIPLE * l2 // bytes_each))


def elapsed(torch, work):
    start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    work()
    stop.record()
    stop.synchronize()
    return start.elapsed_time(stop) / 1e3


def record_graph(torch, launch, slots, rotations, stream):
    """The rotation through all slots, `rotations` times, as one CUDA graph."""
    def launch_all():
        for _ in range(rotations):
            for slot in slots:
                launch(slot)
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # what libraries load at their first call is not captured
        launch_all()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        launch_all()
    return graph


def times(torch, case, launch, slots, stream=None):
    """Seconds of one launch, as a record has them: `launch(slot)` in CUDA graphs of some 10 ms, for as long as the case
    says. `stream` is what the graphs are captured from."""
    stream = stream or torch.cuda.Stream()
    one_rotation = record_graph(torch, launch, slots, 1, stream)
    once = min(elapsed(torch, one_rotation.replay) for _ in range(3))
    rotations = max(1, round(SAMPLE_SECONDS / once))
    graph = record_graph(torch, launch, slots, rotations, stream)
    launches = rotations * len(slots)
    warm_up_end = time.monotonic() + case.get("warm_up_seconds", 0.3)
    while time.monotonic() < warm_up_end:
        elapsed(torch, graph.replay)
    samples, end = [], time.monotonic() + case.get("seconds", 0.5)
    while time.monotonic() < end or len(samples) < 3:
        samples.append(elapsed(torch, graph.replay) / launches)
    return {"slots": len(slots), "launches_per_sample": launches, "samples": len(samples),
            "seconds_per_launch_median": statistics.median(samples), "seconds_per_launch_min": min(samples)}


def measured_or_not(torch, case, kernel, measure):
    """What `measure` found, and nothing; or nothing, and why not."""
    try:
        return measure(torch, case, kernel), None
    except (AttributeError, RuntimeError, TypeError) as error:  # what this PyTorch or this GPU does not have
        return None, str(error).splitlines()[0]
    finally:
        torch.cuda.empty_cache()


def main(document, family, measure, subject, kernels, libraries):
    """Measures each batched case of `family`, whichever of our workloads it is for, by each of `kernels`,
    `measure(torch, case, kernel)`, and writes OUT.json. What PyTorch cannot do is written with its reason. Cases of
    equal `subject(params)` ask PyTorch for the same, which is measured once. `libraries(torch)` are facts for the
    comparison."""
    if len(sys.argv) != 3:
        print(document, file=sys.stderr)
        sys.exit(3)
    with open(os.path.join(sys.argv[1], "manifest.json")) as file:
        plan = json.load(file)["plan"]
    cases = [case for case in plan["cases"]
             if case["workload"].startswith(f"{family}/") and case["mode"] == "batched"]
    if not cases:
        skip(f"{sys.argv[1]} has no batched case of {family}")
    torch = import_torch()
    results, cannot, known = [], [], {}
    for case, kernel in [(case, kernel) for case in cases for kernel in kernels]:
        facts = {"case_id": case["case_id"], "params": case["params"], "kernel": kernel}
        same = (kernel, *subject(case["params"]))
        if same not in known:
            known[same] = measured_or_not(torch, case, kernel, measure)
        result, reason = known[same]
        if result:
            results.append({**facts, **result})
            print(f"{case['params']} {kernel}: {result['flops_per_second'] / 1e12:.2f} TFLOP/s", flush=True)
        else:
            cannot.append({**facts, "reason": reason})
            print(f"{case['params']} {kernel}: PyTorch {torch.__version__} cannot: {reason}", flush=True)
    facts = {"torch": torch.__version__, "cuda": torch.version.cuda, "device": torch.cuda.get_device_name(0),
             **libraries(torch)}
    with open(sys.argv[2], "w") as out:
        json.dump({"libraries": facts, "results": results, "cannot": cannot}, out, indent=1, allow_nan=False)
    print(", ".join(f"{key} {value}" for key, value in facts.items()))
    if not all(result["finite"] for result in results):
        print("a result of PyTorch holds NaN or infinities")
        sys.exit(1)
