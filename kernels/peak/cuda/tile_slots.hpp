// What peak/mma and peak/wgmma have in common on the GPU: operands and results, launches and their check.
#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <string>
#include <vector>

#include "kernels/device/cuda/device.hpp"
#include "kernels/peak/operands.hpp"

namespace petaproof::peak {

/// One instantiation of a loop, for use by name.
struct TileKernel {
  std::size_t sum_bytes = 0;
  void (*launch)(const void* operands, void* sums, std::uint32_t* counts, std::int64_t iterations, unsigned blocks,
                 cudaStream_t stream) = nullptr;
  Verification (*check)(std::span<const TileElement> exact, const TileLayout& layout, const void* sums,
                        std::span<const std::uint32_t> counts) = nullptr;
};

template <typename Sum>
Verification check_tiles_of(std::span<const TileElement> exact, const TileLayout& layout, const void* sums,
                            std::span<const std::uint32_t> counts) {
  const auto count = static_cast<std::size_t>(layout.blocks * layout.sums);
  return check_tiles(exact, layout, std::span(static_cast<const Sum*>(sums), count), counts);
}

/// Two slots, since nothing of the operands can be in a cache that matters: they are loaded once a launch, into
/// registers or shared memory. Their data differ. A third one holds small whole numbers, for which the same kernel
/// must be exact: checked once.
class TileSlots {
 public:
  static constexpr int slots = 2;
  using Make = std::function<TileProblem(Fill fill, std::uint64_t stream)>;

  void prepare(Context& context, const TileKernel& kernel, std::int64_t iterations, const Make& make) {
    kernel_ = &kernel;
    blocks_ = context.device.facts().units;
    for (int i = 0; i <= slots; ++i) {
      const bool whole = i == slots;
      Slot slot{make(whole ? Fill::integers : context.fill, static_cast<std::uint64_t>(i)), {}, {}, {}, {}};
      slot.exact = exact_elements(slot.problem.product, slot.problem.layout);
      TileLayout& layout = slot.problem.layout;
      layout.blocks = blocks_;
      layout.iterations = whole ? 2 * blocks_ + 1 : iterations;
      slot.operands = context.device.allocate(slot.problem.operands.size());
      context.device.copy_from_host(slot.operands.data(), slot.problem.operands.data(), slot.operands.bytes());
      slot.sums = context.device.allocate(static_cast<std::size_t>(blocks_ * layout.sums) * kernel.sum_bytes);
      slot.counts = context.device.allocate(static_cast<std::size_t>(blocks_ * layout.threads) * 4);
      slots_.push_back(std::move(slot));
    }
  }

  void launch(Stream& stream, int index) const {
    const Slot& slot = slots_[static_cast<std::size_t>(index)];
    kernel_->launch(slot.operands.data(), slot.sums.data(), slot.counts.as<std::uint32_t>(),
                    slot.problem.layout.iterations, static_cast<unsigned>(blocks_), cuda::handle_of(stream));
  }

  std::vector<Region> outputs(int index) const {
    const Slot& slot = slots_[static_cast<std::size_t>(index)];
    return {{"sums", slot.sums.data(), slot.sums.bytes()}, {"counts", slot.counts.data(), slot.counts.bytes()}};
  }

  Verification verify(Device& device, int index) {
    if (!exact_with_whole_numbers_) {
      launch(device.stream(), slots);
      const Verification whole = check(device, slots);
      if (!whole.pass) return Verification::failed("with whole numbers: " + whole.detail);
      exact_with_whole_numbers_ = true;
    }
    Verification result = check(device, index);
    if (result.pass) result.detail += "; whole numbers in the same kernel exactly";
    return result;
  }

  std::int64_t blocks() const { return blocks_; }

 private:
  struct Slot {
    TileProblem problem;
    std::vector<TileElement> exact;
    Buffer operands, sums, counts;
  };

  Verification check(Device& device, int index) const {
    const Slot& slot = slots_[static_cast<std::size_t>(index)];
    std::vector<unsigned char> sums(slot.sums.bytes());
    std::vector<std::uint32_t> counts(slot.counts.bytes() / sizeof(std::uint32_t));
    device.copy_to_host(sums.data(), slot.sums.data(), sums.size());
    device.copy_to_host(counts.data(), slot.counts.data(), slot.counts.bytes());
    return kernel_->check(slot.exact, slot.problem.layout, sums.data(), counts);
  }

  const TileKernel* kernel_ = nullptr;
  std::int64_t blocks_ = 0;
  bool exact_with_whole_numbers_ = false;
  std::vector<Slot> slots_;
};

}  // namespace petaproof::peak
