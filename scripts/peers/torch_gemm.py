#!/usr/bin/env python3
"""PyTorch's matmul on the shapes of a run of Petaproof, measured as Petaproof measures: normal data, operands that
rotate through at least three times the L2 cache, a CUDA graph of many launches per sample, CUDA events, medians.

    torch_gemm.py RUN_FOLDER OUT.json

Needs nothing of Petaproof but the run's manifest. Exit codes: 0 measured; 1 a result held NaN or infinities; 77 there
is no PyTorch with CUDA here, and the last line says why; 3 usage.
"""

import ctypes
import json
import os
import statistics
import sys
import time

# prefixes of what would change the arithmetic or the choice of algorithm behind our back: what the program unsets as
# well (kernels/device/environment.cpp), and PyTorch's own
SUBSTITUTES = ("NVIDIA_TF32_OVERRIDE", "CUBLAS_EMULAT", "CUBLAS_FIXEDPOINT_EMULATION", "CUBLASLT_EMULAT",
               "CUBLASLT_HEURISTICS_", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE")
L2_MULTIPLE = 3
SAMPLE_SECONDS = 0.01
FP8_UNIT = 2.0 ** -6  # what a stored FP8 number is multiplied with: unit_of() in kernels/device/element.hpp


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


def loaded_cublaslt():
    """File and version of the cuBLASLt that this process has loaded."""
    with open("/proc/self/maps") as maps:
        files = {line.split()[-1] for line in maps if "libcublasLt" in line}
    if not files:
        return None, None
    file = sorted(files)[0]
    version = ctypes.CDLL(file).cublasLtGetVersion
    version.restype = ctypes.c_size_t
    return file, version()


def set_precision(torch, precision):
    """FP32 as IEEE FP32 or as TF32, and BF16 accumulated in FP32 throughout, as cuBLASLt is asked by us."""
    want = "tf32" if precision == "tf32" else "ieee"
    matmul = torch.backends.cuda.matmul
    if hasattr(matmul, "fp32_precision"):  # PyTorch 2.9 and later
        matmul.fp32_precision = want
        set_to = f"fp32_precision={matmul.fp32_precision}"
    else:
        matmul.allow_tf32 = want == "tf32"
        set_to = f"allow_tf32={matmul.allow_tf32}"
    matmul.allow_bf16_reduced_precision_reduction = False
    matmul.allow_fp16_reduced_precision_reduction = False
    return set_to


def types(torch, precision):
    """(of A, of B, of the result)"""
    if precision == "int8":
        return torch.int8, torch.int8, torch.int32
    if precision.startswith("fp8"):
        formats = {"e4m3": torch.float8_e4m3fn, "e5m2": torch.float8_e5m2}
        a, b = precision.split("_")[1:] or ("e4m3", "e4m3")  # "fp8", "fp8_e4m3_e5m2", "fp8_e5m2_e4m3"
        return formats[a], formats[b], torch.bfloat16
    one = {"fp64": torch.float64, "fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16,
           "fp16": torch.float16}[precision]
    return one, one, one


def normal(torch, rows, columns, dtype):
    """As kernels/verify/distribution.hpp: N(0, 1), for int8 in steps of 1/48, for FP8 in units of FP8_UNIT."""
    source = torch.float64 if dtype == torch.float64 else torch.float32  # every bit of the mantissa must be random
    values = torch.randn(rows, columns, device="cuda", dtype=source)
    if dtype == torch.int8:
        return values.mul_(48).round_().clamp_(-127, 127).to(dtype)
    if dtype.itemsize == 1:
        return values.div_(FP8_UNIT).clamp_(-448, 448).to(dtype)
    return values.to(dtype)


def operands(torch, precision, layout, m, n, k):
    of_a, of_b, of_c = types(torch, precision)
    bytes_each = of_a.itemsize * m * k + of_b.itemsize * k * n + of_c.itemsize * m * n
    l2 = torch.cuda.get_device_properties(0).L2_cache_size
    count = max(2, -(-L2_MULTIPLE * l2 // bytes_each))
    torch.manual_seed(1)

    def make(rows, columns, dtype, by_column):
        return normal(torch, columns, rows, dtype).t() if by_column else normal(torch, rows, columns, dtype)

    a_by_column, b_by_column = layout[1] == "t", layout[0] == "t"
    return [(make(m, k, of_a, a_by_column), make(k, n, of_b, b_by_column),
             torch.empty(m, n, device="cuda", dtype=of_c)) for _ in range(count)]


def layout_of(params):
    """As BLAS is told of B and A: kernels/verify/gemm_layout.hpp. Of bytes the default is tn."""
    bytes_each = params["precision"] == "int8" or params["precision"].startswith("fp8")
    return params.get("layout", "tn" if bytes_each else "nn")


def product(torch, params):
    """function(a, b, c): c = a * b as the case asks for it."""
    if params["precision"] == "int8":
        return lambda a, b, c: torch._int_mm(a, b, out=c)
    if params["precision"].startswith("fp8"):
        scale, fast = torch.tensor(FP8_UNIT, device="cuda"), params["fast_accumulation"]
        return lambda a, b, c: torch._scaled_mm(a, b, scale_a=scale, scale_b=scale, out_dtype=torch.bfloat16,
                                                use_fast_accum=fast, out=c)
    return lambda a, b, c: torch.matmul(a, b, out=c)


def elapsed(torch, work):
    start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    work()
    stop.record()
    stop.synchronize()
    return start.elapsed_time(stop) / 1e3


def record_graph(torch, multiply, slots, rotations):
    """The rotation through all slots, `rotations` times, as one CUDA graph."""
    def launch():
        for _ in range(rotations):
            for a, b, c in slots:
                multiply(a, b, c)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # what cuBLAS loads at its first call is not captured
        launch()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        launch()
    return graph


def measure(torch, case):
    params = case["params"]
    m, n, k, precision = (params[name] for name in ("m", "n", "k", "precision"))
    math = set_precision(torch, precision)
    multiply, slots = product(torch, params), operands(torch, precision, layout_of(params), m, n, k)
    one_rotation = record_graph(torch, multiply, slots, 1)
    once = min(elapsed(torch, one_rotation.replay) for _ in range(3))
    rotations = max(1, round(SAMPLE_SECONDS / once))
    graph = record_graph(torch, multiply, slots, rotations)
    launches = rotations * len(slots)
    warm_up_end = time.monotonic() + case.get("warm_up_seconds", 0.3)
    while time.monotonic() < warm_up_end:
        elapsed(torch, graph.replay)
    samples, end = [], time.monotonic() + case.get("seconds", 0.5)
    while time.monotonic() < end or len(samples) < 3:
        samples.append(elapsed(torch, graph.replay) / launches)
    finite = all(bool(torch.isfinite(c).all()) for _, _, c in slots)
    median = statistics.median(samples)
    return {"case_id": case["case_id"], "params": params, "math": math, "layout": layout_of(params),
            "slots": len(slots), "launches_per_sample": launches, "samples": len(samples), "seconds_per_launch_median": median,
            "seconds_per_launch_min": min(samples), "flops_per_second": 2.0 * m * n * k / median, "finite": finite}


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(3)
    with open(os.path.join(sys.argv[1], "manifest.json")) as file:
        plan = json.load(file)["plan"]
    cases = [case for case in plan["cases"] if case["workload"] == "gemm/cublaslt" and case["mode"] == "batched"]
    if not cases:
        skip(f"{sys.argv[1]} has no batched case of gemm/cublaslt")
    torch = import_torch()
    results = []
    for case in cases:
        try:
            results.append(measure(torch, case))
            print(f"{case['params']}: {results[-1]['flops_per_second'] / 1e12:.2f} TFLOP/s", flush=True)
        except (AttributeError, RuntimeError) as error:  # a precision that this PyTorch or this GPU does not have
            print(f"{case['params']}: PyTorch {torch.__version__} cannot: {str(error).splitlines()[0]}", flush=True)
        torch.cuda.empty_cache()
    file, version = loaded_cublaslt()
    document = {"torch": torch.__version__, "cuda": torch.version.cuda, "device": torch.cuda.get_device_name(0),
                "cublaslt_file": file, "cublaslt_version": version, "results": results}
    with open(sys.argv[2], "w") as out:
        json.dump(document, out, indent=1, allow_nan=False)
    print(f"PyTorch {torch.__version__}, cuBLASLt {version} from {file}")
    if not all(result["finite"] for result in results):
        print("a result of PyTorch holds NaN or infinities")
        sys.exit(1)


if __name__ == "__main__":
    main()
