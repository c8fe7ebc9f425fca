#!/usr/bin/env python3
"""PyTorch's scaled_dot_product_attention on the shapes of a run of Petaproof, by its cuDNN and its flash kernels,
measured as Petaproof measures: normal data, operands that rotate through at least three times the L2 cache, a CUDA
graph of many launches per sample, CUDA events, medians.

    torch_attention.py RUN_FOLDER OUT.json

Forward writes the log-sum-exp too, since gradients will be asked for. Backward is timed alone, from a forward pass
that is kept: torch.autograd.grad, so that no gradient is added to an older one. It holds whatever PyTorch does for it
besides the kernel itself: with the flash kernel the sums over rows of dO times O and dQ's passage through FP32, which
cuDNN's launch has in it as well, and where heads of keys are shared the sum of their gradients, for which it first
writes one of each head of queries. As by default
these gradients are not deterministic, whatever the case says of ours. Of causal masks with more keys than queries, or
fewer, PyTorch's is another than ours: no such case is measured.

Needs nothing of Petaproof but the run's manifest. Exit codes: 0 measured; 1 a result held NaN or infinities; 77 there
is no PyTorch with CUDA here, and the last line says why; 3 usage.
"""

import torch_peer

KERNELS = {"cudnn": "CUDNN_ATTENTION", "flash": "FLASH_ATTENTION"}  # of torch.nn.attention.SDPBackend


def flops(params):
    """As kernels/flops.hpp: exact under the mask."""
    sq, sk, dqk, dv = (params[name] for name in ("sq", "sk", "dqk", "dv"))
    pairs = sq * sk if params["mask"] == "full" else sum(max(0, row + 1 + sk - sq) for row in range(sq))
    terms = dqk + dv if params["pass"] == "forward" else 3 * dqk + 2 * dv
    return 2.0 * params["batch"] * params["heads"] * pairs * terms


class Slot:
    """Operands of one launch, [batch, sequence, heads, d] in memory as models have it, seen as PyTorch wants them; and
    of backward the output that was kept."""

    def __init__(self, torch, params):
        dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(params["precision"])
        if dtype is None:
            raise RuntimeError(f"it has no attention in {params['precision']}")

        def make(length, heads, d):
            values = torch.randn(params["batch"], length, heads, d, device=torch_peer.DEVICE).to(dtype)
            return values.transpose(1, 2).requires_grad_()  # for which forward writes the log-sum-exp
        self.q = make(params["sq"], params["heads"], params["dqk"])
        self.k = make(params["sk"], params["kv_heads"], params["dqk"])
        self.v = make(params["sk"], params["kv_heads"], params["dv"])
        self.results = ()
        self.output = self.d_o = None

    def keep_forward(self, torch, attend):
        self.output = attend(self)
        self.d_o = torch.empty_like(self.output)  # which lies as the output does: nothing is copied to another layout
        self.d_o.copy_(torch.randn(self.output.shape, device=torch_peer.DEVICE))


def slot_bytes(params):
    """As AttentionCase::bytes(), of 2 bytes an element."""
    per_query = params["batch"] * params["sq"] * params["heads"]
    q_o = per_query * (params["dqk"] + params["dv"])
    k_v = params["batch"] * params["sk"] * params["kv_heads"] * (params["dqk"] + params["dv"])
    return (2 if params["pass"] == "forward" else 4) * (q_o + k_v) + 4 * per_query


def attention(torch, params):
    """function(slot): the output."""
    causal, shared = params["mask"] == "causal", params["kv_heads"] != params["heads"]

    def attend(slot):
        return torch.nn.functional.scaled_dot_product_attention(slot.q, slot.k, slot.v, is_causal=causal,
                                                                enable_gqa=shared)
    return attend


def launcher(torch, params, slots):
    """function(slot): what is timed. A result is kept, to be looked at; the one before it is given back."""
    attend = attention(torch, params)
    if params["pass"] == "forward":
        def forward(slot):
            slot.results = (attend(slot).detach(),)
        return forward
    for slot in slots:
        slot.keep_forward(torch, attend)

    def backward(slot):
        slot.results = torch.autograd.grad(slot.output, (slot.q, slot.k, slot.v), slot.d_o, retain_graph=True)
    return backward


def measure(torch, case, kernel):
    params = case["params"]
    if params["mask"] == "causal" and params["sq"] != params["sk"]:
        raise RuntimeError("its causal mask is aligned at the top left, ours at the bottom right")
    torch.manual_seed(1)
    backend = getattr(torch.nn.attention.SDPBackend, KERNELS[kernel])
    # gradients are computed on the stream of their forward pass, which must then be the one that is captured
    stream = torch.cuda.Stream()
    with torch.nn.attention.sdpa_kernel([backend]):  # it alone: no other steps in for it
        slots = [Slot(torch, params) for _ in range(torch_peer.slots_for(torch, slot_bytes(params)))]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            launch = launcher(torch, params, slots)
        seconds = torch_peer.times(torch, case, launch, slots, stream)
    finite = all(bool(torch.isfinite(result).all()) for slot in slots for result in slot.results)
    return {**seconds, "flops_per_second": flops(params) / seconds["seconds_per_launch_median"], "finite": finite}


def subject(params):
    return tuple(params[name] for name in ("precision", "pass", "mask", "batch", "heads", "kv_heads", "sq", "sk", "dqk",
                                           "dv"))


def libraries(torch):
    return {"cudnn_version": torch.backends.cudnn.version(),
            "cudnn_file": torch_peer.loaded_library("cudnn", "cudnnGetVersion")[0]}


if __name__ == "__main__":
    torch_peer.main(__doc__, "attention", measure, subject, KERNELS, libraries)
