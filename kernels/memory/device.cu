// needs: cuda
//
// Device memory bandwidth: copy a[i] = b[i] and triad a[i] = b[i] + s * c[i], FP64, 16 bytes a thread and access.
//
// Verified on the device against the generator, not against the operands: element i of b and c is recomputed from
// (seed, slot, i), so that a wrong load shows as well as a wrong store.
#include <vector>

#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/flops.hpp"
#include "kernels/verify/cuda/mismatch.hpp"
#include "kernels/verify/distribution.hpp"

namespace petaproof {
namespace {

constexpr double scale = 3.0;  // triad's s; STREAM's own choice
constexpr int block_threads = 256;
constexpr int blocks_per_sm = 16;  // with 256 threads more than an SM holds: the tail is short

enum class Operation { copy, triad };

// `pairs` of doubles; the count of elements is even.
__global__ void copy_kernel(double2* __restrict__ a, const double2* __restrict__ b, std::int64_t pairs) {
  for (std::int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; i < pairs;
       i += gridDim.x * std::int64_t{blockDim.x})
    a[i] = b[i];
}

__global__ void triad_kernel(double2* __restrict__ a, const double2* __restrict__ b, const double2* __restrict__ c,
                             std::int64_t pairs) {
  for (std::int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; i < pairs;
       i += gridDim.x * std::int64_t{blockDim.x})
    a[i] = {fma(scale, c[i].x, b[i].x), fma(scale, c[i].y, b[i].y)};
}

// Written so that a NaN counts as a mismatch.
__global__ void compare_kernel(Operation operation, const double* a, std::int64_t pairs, Fill fill,
                               std::uint64_t seed, std::uint64_t stream_b, std::uint64_t stream_c,
                               cuda::Mismatch* mismatch) {
  static_assert(elements_per_block<double> == 2);
  for (std::int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; i < pairs;
       i += gridDim.x * std::int64_t{blockDim.x}) {
    double b[2], c[2];
    make_elements(fill, philox(seed, stream_b, static_cast<std::uint64_t>(i)), b);
    make_elements(fill, philox(seed, stream_c, static_cast<std::uint64_t>(i)), c);
    for (int j = 0; j < 2; ++j) {
      const double expected = operation == Operation::copy ? b[j] : fma(scale, c[j], b[j]);
      if (a[2 * i + j] == expected) continue;
      cuda::note_mismatch(mismatch, static_cast<unsigned long long>(2 * i + j));
    }
  }
}

struct Arrays {
  Buffer a, b, c;
};

class MemoryDevice : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "device memory bandwidth: copy and triad",
        .backend = "cuda",
        .params = {ParamSpec::choice("operation", "copy a=b, or triad a=b+s*c", {"copy", "triad"}),
                   ParamSpec::bytes("size", "of each array; 16 bytes divide it", std::int64_t{1} << 30, 16,
                                    std::int64_t{1} << 40)}};
    return info;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    if (params.integer("size") % 16 != 0) return "size is no multiple of 16 bytes";
    return memory_shortage(6 * params.integer("size"), setting.device.facts());
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    const std::int64_t bytes = params.integer("size");
    return {{"bytes", "B", operation(params) == Operation::copy ? copy_bytes(bytes) : triad_bytes(bytes)}};
  }

  void prepare(Context& context) override {
    operation_ = operation(context.params);
    const std::int64_t bytes = context.params.integer("size");
    pairs_ = bytes / 16;
    blocks_ = static_cast<unsigned>(std::min<std::int64_t>(
        (pairs_ + block_threads - 1) / block_threads, std::int64_t{blocks_per_sm} * context.device.facts().units));
    const cudaStream_t stream = cuda::handle_of(context.device.stream());
    for (int i = 0; i < context.slots_for(3 * bytes); ++i) {
      Arrays arrays{context.device.allocate(bytes), context.device.allocate(bytes), context.device.allocate(bytes)};
      cuda::fill(Element::fp64, arrays.b.data(), 2 * pairs_, context.fill, context.seed, stream_of_b(i), stream);
      cuda::fill(Element::fp64, arrays.c.data(), 2 * pairs_, context.fill, context.seed, stream_of_b(i) + 1, stream);
      arrays_.push_back(std::move(arrays));
    }
    fits_in_cache_ = bytes < 4 * context.device.facts().last_level_cache_bytes;
  }

  int slots() const override { return static_cast<int>(arrays_.size()); }

  void launch(Stream& stream, int slot) override {
    const Arrays& arrays = arrays_[slot];
    const cudaStream_t on = cuda::handle_of(stream);
    if (operation_ == Operation::copy)
      copy_kernel<<<blocks_, block_threads, 0, on>>>(arrays.a.as<double2>(), arrays.b.as<double2>(), pairs_);
    else
      triad_kernel<<<blocks_, block_threads, 0, on>>>(arrays.a.as<double2>(), arrays.b.as<double2>(),
                                                      arrays.c.as<double2>(), pairs_);
    PETAPROOF_CUDA_LAUNCHED();
  }

  std::vector<Region> outputs(int slot) const override {
    return {{"a", arrays_[slot].a.data(), arrays_[slot].a.bytes()}};
  }

  Verification verify(Context& context, int slot) override {
    const cuda::Mismatch found = cuda::find_mismatches(context.device, mismatch_, [&](cuda::Mismatch* mismatch) {
      compare_kernel<<<blocks_, block_threads, 0, cuda::handle_of(context.device.stream())>>>(
          operation_, arrays_[slot].a.as<double>(), pairs_, context.fill, context.seed, stream_of_b(slot),
          stream_of_b(slot) + 1, mismatch);
      PETAPROOF_CUDA_LAUNCHED();
    });
    if (found.count == 0)
      return {.pass = true,
              .detail = "every element, exactly, against the generator",
              .elements_checked = 2 * pairs_,
              .worst_error_over_bound = 0};
    double got = 0;
    context.device.copy_to_host(&got, arrays_[slot].a.as<double>() + found.first, sizeof got);
    return Verification::failed(std::to_string(found.count) + " of " + std::to_string(2 * pairs_) +
                                " elements differ; the first is a[" + std::to_string(found.first) +
                                "] = " + std::to_string(got));
  }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    if (!fits_in_cache_) return {};
    return {{"measures", "cache as much as memory: an array is smaller than 4 x L2"}};
  }

 private:
  static Operation operation(const Params& params) {
    return params.text("operation") == "copy" ? Operation::copy : Operation::triad;
  }
  static std::uint64_t stream_of_b(int slot) { return 2 * static_cast<std::uint64_t>(slot); }

  Operation operation_ = Operation::copy;
  std::vector<Arrays> arrays_;
  std::int64_t pairs_ = 0;
  unsigned blocks_ = 1;
  Buffer mismatch_;
  bool fits_in_cache_ = false;
};

PETAPROOF_WORKLOAD("memory/device", MemoryDevice);

}  // namespace
}  // namespace petaproof
