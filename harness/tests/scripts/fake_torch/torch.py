"""A stand-in for PyTorch on a GPU: tensors are their shapes, and what is asked for stands in LOG. FAKE_TORCH=no_gpu: there
is none; =no_flash: the flash kernel takes nothing; =nan: results are not finite."""

import contextlib
import os
from types import SimpleNamespace

LOG = []
MODE = os.environ.get("FAKE_TORCH", "")
__version__ = "0"
version = SimpleNamespace(cuda="0")
bfloat16, float16 = "bfloat16", "float16"
allowed = []


class Tensor:
    def __init__(self, shape, contiguous=True):
        self.shape, self.contiguous, self.requires_grad = tuple(shape), contiguous, False

    def to(self, dtype):
        assert dtype in (bfloat16, float16)
        return self

    def transpose(self, a, b):
        shape = list(self.shape)
        shape[a], shape[b] = shape[b], shape[a]
        return Tensor(shape, contiguous=False)

    def requires_grad_(self):
        self.requires_grad = True
        return self

    def detach(self):
        return self

    def copy_(self, other):
        assert self.shape == other.shape
        return self

    def all(self):
        return MODE != "nan"


def randn(*shape, device):
    assert device == "cuda"
    return Tensor(shape[0] if isinstance(shape[0], tuple) else shape)


def empty_like(tensor):
    return Tensor(tensor.shape, tensor.contiguous)


def isfinite(tensor):
    return tensor


def manual_seed(_):
    pass


def attend(q, k, v, is_causal, enable_gqa):
    if MODE == "no_flash" and allowed == ["FLASH"]:
        raise RuntimeError("No available kernel. Aborting execution.\nand more")
    assert q.requires_grad and k.requires_grad and v.requires_grad, "forward would not write the log-sum-exp"
    assert not q.contiguous, "heads are not next to the elements in memory"
    LOG.append(("forward", tuple(allowed), q.shape, k.shape, v.shape, is_causal, enable_gqa))
    return Tensor((*q.shape[:3], v.shape[3]), contiguous=False)


def grad(output, inputs, grad_output, retain_graph):
    assert retain_graph, "the forward pass would be gone"
    assert output.shape == grad_output.shape and output.contiguous == grad_output.contiguous
    LOG.append(("backward", tuple(allowed)))
    return tuple(Tensor(one.shape) for one in inputs)


@contextlib.contextmanager
def sdpa_kernel(backends):
    allowed[:] = backends
    yield
    allowed.clear()


class Stream:
    def wait_stream(self, other):
        pass


class Event:
    def __init__(self, enable_timing):
        assert enable_timing

    def record(self):
        pass

    def synchronize(self):
        pass

    def elapsed_time(self, _):
        return 2.0  # milliseconds of a replay


class CUDAGraph:
    def replay(self):
        LOG.append(("replay",))


@contextlib.contextmanager
def within(*_, **__):
    yield


nn = SimpleNamespace(
    functional=SimpleNamespace(scaled_dot_product_attention=attend),
    attention=SimpleNamespace(sdpa_kernel=sdpa_kernel,
                              SDPBackend=SimpleNamespace(CUDNN_ATTENTION="CUDNN", FLASH_ATTENTION="FLASH")))
autograd = SimpleNamespace(grad=grad)
backends = SimpleNamespace(cudnn=SimpleNamespace(version=lambda: 90000))
cuda = SimpleNamespace(
    is_available=lambda: MODE != "no_gpu", get_device_name=lambda _: "NVIDIA H200", empty_cache=lambda: None,
    get_device_properties=lambda _: SimpleNamespace(L2_cache_size=50 << 20), Stream=Stream, Event=Event,
    CUDAGraph=CUDAGraph, current_stream=Stream, stream=within, graph=within)
