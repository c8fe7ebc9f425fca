#!/usr/bin/env python3
"""PyTorch's matmul on the shapes of a run of Petaproof, measured as Petaproof measures: normal data, operands that
rotate through at least three times the L2 cache, a CUDA graph of many launches per sample, CUDA events, medians.

    torch_gemm.py RUN_FOLDER OUT.json

Needs nothing of Petaproof but the run's manifest. Exit codes: 0 measured; 1 a result held NaN or infinities; 77 there
is no PyTorch with CUDA here, and the last line says why; 3 usage.
"""

import torch_peer

FP8_UNIT = 2.0 ** -6  # what a stored FP8 number is multiplied with: unit_of() in kernels/device/element.hpp


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
    values = torch.randn(rows, columns, device=torch_peer.DEVICE, dtype=source)
    if dtype == torch.int8:
        return values.mul_(48).round_().clamp_(-127, 127).to(dtype)
    if dtype.itemsize == 1:
        return values.div_(FP8_UNIT).clamp_(-448, 448).to(dtype)
    return values.to(dtype)


def operands(torch, precision, layout, m, n, k):
    of_a, of_b, of_c = types(torch, precision)
    count = torch_peer.slots_for(torch, of_a.itemsize * m * k + of_b.itemsize * k * n + of_c.itemsize * m * n)
    torch.manual_seed(1)

    def make(rows, columns, dtype, by_column):
        return normal(torch, columns, rows, dtype).t() if by_column else normal(torch, rows, columns, dtype)

    a_by_column, b_by_column = layout[1] == "t", layout[0] == "t"
    return [(make(m, k, of_a, a_by_column), make(k, n, of_b, b_by_column),
             torch.empty(m, n, device=torch_peer.DEVICE, dtype=of_c)) for _ in range(count)]


def layout_of(params):
    """As BLAS is told of B and A: kernels/verify/gemm_layout.hpp. Of bytes the default is tn."""
    bytes_each = params["precision"] == "int8" or params["precision"].startswith("fp8")
    return params.get("layout", "tn" if bytes_each else "nn")


def product(torch, params):
    """function(a, b, c): c = a * b as the case asks for it."""
    if params["precision"] == "int8":
        return lambda a, b, c: torch._int_mm(a, b, out=c)
    if params["precision"].startswith("fp8"):
        scale, fast = torch.tensor(FP8_UNIT, device=torch_peer.DEVICE), params["fast_accumulation"]
        return lambda a, b, c: torch._scaled_mm(a, b, scale_a=scale, scale_b=scale, out_dtype=torch.bfloat16,
                                                use_fast_accum=fast, out=c)
    return lambda a, b, c: torch.matmul(a, b, out=c)


def measure(torch, case, _):
    params = case["params"]
    m, n, k, precision = (params[name] for name in ("m", "n", "k", "precision"))
    math = set_precision(torch, precision)
    multiply, slots = product(torch, params), operands(torch, precision, layout_of(params), m, n, k)
    seconds = torch_peer.times(torch, case, lambda slot: multiply(*slot), slots)
    finite = all(bool(torch.isfinite(c).all()) for _, _, c in slots)
    return {**seconds, "math": math, "layout": layout_of(params),
            "flops_per_second": 2.0 * m * n * k / seconds["seconds_per_launch_median"], "finite": finite}


def subject(params):
    asked = tuple(params[name] for name in ("precision", "m", "n", "k"))
    return (*asked, layout_of(params), params.get("fast_accumulation"))


def libraries(_):
    file, version = torch_peer.loaded_library("cublasLt", "cublasLtGetVersion")
    return {"cublaslt_version": version, "cublaslt_file": file}


if __name__ == "__main__":
    torch_peer.main(__doc__, "gemm", measure, subject, ("cublaslt",), libraries)
