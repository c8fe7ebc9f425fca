// A plain blocked matrix product, and everything that may be wrong with one: what verification must reject.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "kernels/flops.hpp"
#include "kernels/verify/fill.hpp"
#include "kernels/workload.hpp"
#include "support/fake_device.hpp"
#include "support/host_check.hpp"

namespace petaproof::testing {

enum class Fault {
  none,
  wrong_tile,        // one tile misses a step of its loop over K
  swapped_tiles,     // two tiles are right, but in each other's place
  nan_element,       // one element is NaN
  stale_output,      // only the first launches of a slot write anything: later ones live on their result
  half_of_k,         // half of the work
  every_other_slot,  // half of the launches do nothing
  swapped_operands,  // B * A
  two_equal_errors,  // the same bit of two elements: cancels in an XOR over the result
  last_row_missing,  // the loop ends a row too early
  slightly_off,      // one element is off by a thousandth
  unstable,          // right within the bound, but not the same bits twice
};

template <typename T>
class FaultyGemm : public Workload {
 public:
  static constexpr std::int64_t size = 48;  // of a square: only there can the operands be swapped
  static constexpr std::int64_t tile = 16;
  static constexpr GemmShape shape{size, size, size};

  FaultyGemm(Fault fault, FakeDevice& device) : fault_(fault), device_(device) {
    info_.summary = "a matrix product that may be wrong";
    info_.backend = "host";
  }

  const WorkloadInfo& info() const override { return info_; }
  std::optional<std::string> refusal(const Setting&, const Params&) const override { return std::nullopt; }
  std::vector<Quantity> work(const Params&, int) const override {
    return {{"flops", "FLOP", gemm_flops(size, size, size)}};
  }
  void prepare(Context& context) override {
    for (std::uint64_t i = 0; i < 4; ++i) {
      Slot slot{std::vector<T>(size * size), std::vector<T>(size * size),
                context.device.allocate(size * size * sizeof(T)), 0};
      fill_host(std::span<T>(slot.a), context.fill, context.seed, 2 * i);
      fill_host(std::span<T>(slot.b), context.fill, context.seed, 2 * i + 1);
      slots_.push_back(std::move(slot));
    }
  }
  int slots() const override { return static_cast<int>(slots_.size()); }
  void launch(Stream&, int index) override {
    device_.enqueue(0.003);
    Slot& slot = slots_[static_cast<std::size_t>(index)];
    ++slot.launches;
    if (fault_ == Fault::stale_output && slot.launches > 4) return;
    if (fault_ == Fault::every_other_slot && index % 2 == 1) return;
    multiply(slot);
    spoil(slot);
  }
  std::vector<Region> outputs(int index) const override {
    const Buffer& c = slots_[static_cast<std::size_t>(index)].c;
    return {{"C", c.data(), c.bytes()}};
  }
  Verification verify(Context& context, int index) override {
    const Slot& slot = slots_[static_cast<std::size_t>(index)];
    const HostCheck<T> check(shape, slot.a, slot.b, context.seed + static_cast<std::uint64_t>(index));
    return check.check(std::span<const T>(slot.c.template as<T>(), size * size));
  }

 private:
  struct Slot {
    std::vector<T> a, b;
    Buffer c;
    int launches;
  };

  void multiply(Slot& slot) {
    const T* a = fault_ == Fault::swapped_operands ? slot.b.data() : slot.a.data();
    const T* b = fault_ == Fault::swapped_operands ? slot.a.data() : slot.b.data();
    const std::int64_t rows = fault_ == Fault::last_row_missing ? size - 1 : size;
    const std::int64_t depth = fault_ == Fault::half_of_k ? size / 2 : size;
    const bool backwards = fault_ == Fault::unstable && slot.launches % 2 == 0;
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < size; ++j) {
        const bool wrong = fault_ == Fault::wrong_tile && i / tile == 1 && j / tile == 2;
        T sum = 0;
        for (std::int64_t step = wrong ? 1 : 0; step < depth; ++step) {
          const std::int64_t p = backwards ? depth - 1 - step : step;
          sum += a[i * size + p] * b[p * size + j];
        }
        at(slot, i, j) = sum;
      }
  }

  void spoil(Slot& slot) {
    switch (fault_) {
      case Fault::swapped_tiles:
        for (std::int64_t i = 0; i < tile; ++i)
          for (std::int64_t j = 0; j < tile; ++j) std::swap(at(slot, i, j), at(slot, tile + i, 2 * tile + j));
        break;
      case Fault::nan_element: at(slot, 29, 31) = std::numeric_limits<T>::quiet_NaN(); break;
      case Fault::two_equal_errors:
        flip(at(slot, 5, 7));
        flip(at(slot, 40, 30));
        break;
      case Fault::slightly_off:
        // the largest of its row: in FP32 a thousandth of a small element is less than a row's rounding
        // errors
        *std::ranges::max_element(std::span(&at(slot, 17, 0), size), {}, [](T x) { return std::abs(x); }) *=
            static_cast<T>(1.001);
        break;
      default: break;
    }
  }

  static void flip(T& value) {
    if constexpr (sizeof(T) == 8)
      value = std::bit_cast<T>(std::bit_cast<std::uint64_t>(value) ^ std::uint64_t{1} << 50);
    else
      value = std::bit_cast<T>(std::bit_cast<std::uint32_t>(value) ^ std::uint32_t{1} << 21);
  }

  static T& at(Slot& slot, std::int64_t i, std::int64_t j) { return slot.c.template as<T>()[i * size + j]; }

  Fault fault_;
  FakeDevice& device_;
  WorkloadInfo info_;
  std::vector<Slot> slots_;
};

}  // namespace petaproof::testing
