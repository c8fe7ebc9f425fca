// needs: cuda
//
// Device memory bandwidth: copy a[i] = b[i], read sum += b[i], write a[i] = v and triad a[i] = b[i] + s * c[i], FP64,
// 16 bytes a thread and access.
//
// Verified on the device against the generator, not against the operands: element i of b and c is recomputed from
// (seed, slot, i), so that a wrong load shows as well as a wrong store.
#include <algorithm>
#include <array>
#include <vector>

#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/flops.hpp"
#include "kernels/memory/cuda/sweeps.cuh"
#include "kernels/verify/cuda/mismatch.hpp"
#include "kernels/verify/distribution.hpp"

namespace petaproof {
namespace {

using cuda::block_threads;
using cuda::Pair;
using cuda::Words;

constexpr int blocks_per_sm = 16;  // with 256 threads more than an SM holds: the tail is short

enum class Operation { copy, read, write, triad };

struct Kind {
  const char* name;
  Operation operation;
  int arrays;  // of `size` bytes
  double (*bytes)(std::int64_t array_bytes);
};

constexpr std::array<Kind, 4> kinds{{
    {"copy", Operation::copy, 2, copy_bytes},
    {"read", Operation::read, 1, read_bytes},
    {"write", Operation::write, 1, write_bytes},
    {"triad", Operation::triad, 3, triad_bytes},
}};

// What the elements were made from. Streams of numbers: one for each operand of each slot.
struct Origin {
  Fill fill;
  std::uint64_t seed, stream_b, stream_c;
};

// The two elements of pair i of an operand.
__device__ Pair generated(const Origin& origin, std::uint64_t stream, std::size_t i) {
  static_assert(elements_per_block<double> == 2);
  double pair[2];
  make_elements(origin.fill, philox(origin.seed, stream, i), pair);
  return {pair[0], pair[1]};
}

__device__ Pair expected_pair(Operation operation, const Origin& origin, std::size_t i) {
  if (operation == Operation::write) return generated(origin, origin.stream_b, i % block_threads);
  const Pair b = generated(origin, origin.stream_b, i);
  if (operation == Operation::copy) return b;
  const Pair c = generated(origin, origin.stream_c, i);
  return {fma(cuda::triad_scale, c.x, b.x), fma(cuda::triad_scale, c.y, b.y)};
}

// Written so that a NaN counts as a mismatch.
__global__ void compare_kernel(Operation operation, Origin origin, const double* a, std::size_t pairs,
                               cuda::Mismatch* mismatch) {
  for (std::size_t i = cuda::first_item(); i < pairs; i += cuda::stride()) {
    const Pair expected = expected_pair(operation, origin, i);
    if (!(a[2 * i] == expected.x)) cuda::note_mismatch(mismatch, 2 * i);
    if (!(a[2 * i + 1] == expected.y)) cuda::note_mismatch(mismatch, 2 * i + 1);
  }
}

__global__ void expected_sum_kernel(Origin origin, std::size_t pairs, unsigned long long* sum) {
  unsigned long long mine = 0;
  for (std::size_t i = cuda::first_item(); i < pairs; i += cuda::stride()) {
    const Pair b = generated(origin, origin.stream_b, i);
    mine += static_cast<unsigned long long>(__double_as_longlong(b.x));
    mine += static_cast<unsigned long long>(__double_as_longlong(b.y));
  }
  atomicAdd(sum, mine);
}

// a: what is written; to a read, one sum for each block.
struct Arrays {
  Buffer a, b, c;
};

class MemoryDevice : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "device memory bandwidth: copy, read, write and triad",
        .backend = "cuda",
        .params = {ParamSpec::choice("operation", "copy a=b, read sum+=b, write a=v, or triad a=b+s*c",
                                     {"copy", "read", "write", "triad"}),
                   ParamSpec::bytes("size", "of each array; 16 bytes divide it", std::int64_t{1} << 30, 16,
                                    std::int64_t{1} << 40)}};
    return info;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    if (params.integer("size") % 16 != 0) return "size is no multiple of 16 bytes";
    return memory_shortage(2 * kind_of(params).arrays * params.integer("size"), setting.device.facts());
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    return {{"bytes", "B", kind_of(params).bytes(params.integer("size"))}};
  }

  void prepare(Context& context) override {
    const Kind& kind = kind_of(context.params);
    const std::int64_t bytes = context.params.integer("size");
    operation_ = kind.operation;
    pairs_ = static_cast<std::size_t>(bytes / 16);
    blocks_ =
        static_cast<unsigned>(std::min<std::int64_t>((bytes / 16 + block_threads - 1) / block_threads,
                                                     std::int64_t{blocks_per_sm} * context.device.facts().units));
    for (int i = 0; i < context.slots_for(kind.arrays * bytes); ++i) arrays_.push_back(make_arrays(context, i));
    fits_in_cache_ = bytes < 4 * context.device.facts().last_level_cache_bytes;
  }

  int slots() const override { return static_cast<int>(arrays_.size()); }

  void launch(Stream& stream, int slot) override {
    const cudaStream_t on = cuda::handle_of(stream);
    const Arrays& arrays = arrays_[slot];
    auto *a = arrays.a.as<Pair>(), *b = arrays.b.as<Pair>(), *c = arrays.c.as<Pair>();
    switch (operation_) {
      case Operation::copy: cuda::copy_sweep<<<blocks_, block_threads, 0, on>>>(a, b, pairs_); break;
      case Operation::triad: cuda::triad_sweep<<<blocks_, block_threads, 0, on>>>(a, b, c, pairs_); break;
      case Operation::write: cuda::write_sweep<<<blocks_, block_threads, 0, on>>>(a, b, pairs_); break;
      case Operation::read:
        cuda::read_sweep<<<blocks_, block_threads, 0, on>>>(arrays.a.as<unsigned long long>(), arrays.b.as<Words>(),
                                                            pairs_);
        break;
    }
    PETAPROOF_CUDA_LAUNCHED();
  }

  std::vector<Region> outputs(int slot) const override {
    return {{operation_ == Operation::read ? "sums" : "a", arrays_[slot].a.data(), arrays_[slot].a.bytes()}};
  }

  Verification verify(Context& context, int slot) override {
    return operation_ == Operation::read ? verify_sums(context, slot) : verify_elements(context, slot);
  }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    if (!fits_in_cache_) return {};
    return {{"measures", "cache as much as memory: an array is smaller than 4 x L2"}};
  }

 private:
  static const Kind& kind_of(const Params& params) {
    return *std::ranges::find(kinds, params.text("operation"), &Kind::name);
  }
  static Origin origin(const Context& context, int slot) {
    const std::uint64_t stream = 2 * static_cast<std::uint64_t>(slot);
    return {context.fill, context.seed, stream, stream + 1};
  }

  Arrays make_arrays(Context& context, int slot) const {
    const std::size_t bytes = 16 * pairs_;
    const Origin from = origin(context, slot);
    const auto filled = [&](std::size_t of_bytes, std::uint64_t stream) {
      Buffer buffer = context.device.allocate(of_bytes);
      cuda::fill(Element::fp64, buffer.data(), static_cast<std::int64_t>(of_bytes / 8), from.fill, from.seed, stream,
                 cuda::handle_of(context.device.stream()));
      return buffer;
    };
    Arrays arrays;
    arrays.a = context.device.allocate(operation_ == Operation::read ? 8 * blocks_ : bytes);
    arrays.b = filled(operation_ == Operation::write ? sizeof(Pair) * block_threads : bytes, from.stream_b);
    if (operation_ == Operation::triad) arrays.c = filled(bytes, from.stream_c);
    return arrays;
  }

  Verification verify_elements(Context& context, int slot) {
    const cuda::Mismatch found = cuda::find_mismatches(context.device, scratch_, [&](cuda::Mismatch* mismatch) {
      compare_kernel<<<blocks_, block_threads, 0, cuda::handle_of(context.device.stream())>>>(
          operation_, origin(context, slot), arrays_[slot].a.as<double>(), pairs_, mismatch);
      PETAPROOF_CUDA_LAUNCHED();
    });
    if (found.count == 0) return passed("every element, exactly, against the generator");
    double got = 0;
    context.device.copy_to_host(&got, arrays_[slot].a.as<double>() + found.first, sizeof got);
    return Verification::failed(std::to_string(found.count) + " of " + std::to_string(2 * pairs_) +
                                " elements differ; the first is a[" + std::to_string(found.first) +
                                "] = " + std::to_string(got));
  }

  Verification verify_sums(Context& context, int slot) {
    std::vector<unsigned long long> sums(blocks_);
    context.device.copy_to_host(sums.data(), arrays_[slot].a.data(), arrays_[slot].a.bytes());
    unsigned long long got = 0, expected = 0;
    for (const unsigned long long sum : sums) got += sum;
    if (sum_.bytes() == 0) sum_ = context.device.allocate(sizeof expected);
    context.device.copy_from_host(sum_.data(), &expected, sizeof expected);
    expected_sum_kernel<<<blocks_, block_threads, 0, cuda::handle_of(context.device.stream())>>>(
        origin(context, slot), pairs_, sum_.as<unsigned long long>());
    PETAPROOF_CUDA_LAUNCHED();
    context.device.copy_to_host(&expected, sum_.data(), sizeof expected);
    if (got == expected) return passed("sum of all words, exactly, against the generator");
    return Verification::failed("the sum of all 64-bit words that were read is " + std::to_string(got) + ", not " +
                                std::to_string(expected));
  }

  Verification passed(const char* how) const {
    return {.pass = true,
            .detail = how,
            .elements_checked = static_cast<std::int64_t>(2 * pairs_),
            .worst_error_over_bound = 0};
  }

  Operation operation_ = Operation::copy;
  std::vector<Arrays> arrays_;
  std::size_t pairs_ = 0;
  unsigned blocks_ = 1;
  Buffer scratch_, sum_;
  bool fits_in_cache_ = false;
};

PETAPROOF_WORKLOAD("memory/device", MemoryDevice);

}  // namespace
}  // namespace petaproof
