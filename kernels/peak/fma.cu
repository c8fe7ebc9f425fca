// needs: cuda
//
// The most fused multiply-adds that the vector units issue: chains x = x * x + c in registers, FP64 and FP32.
#include <algorithm>

#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/flops.hpp"
#include "kernels/peak/cuda/fma_loop.cuh"
#include "kernels/peak/fma_check.hpp"
#include "kernels/peak/refusal.hpp"
#include "kernels/verify/fill.hpp"

namespace petaproof {
namespace {

constexpr std::int64_t chains_of_block = std::int64_t{peak::fma_chains} * peak::fma_threads;
/// Two in every warp.
constexpr int samples = peak::fma_threads / 16;

struct Chains {
  Buffer starts, addends, ends;
};

template <typename T>
std::vector<T> made(Fill fill, std::uint64_t seed, std::uint64_t stream, T (*from)(T)) {
  std::vector<T> elements(static_cast<std::size_t>(chains_of_block));
  fill_host(std::span<T>(elements), fill, seed, stream);
  std::ranges::transform(elements, elements.begin(), from);
  return elements;
}

class PeakFma : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "issue rate of FP64 and FP32 multiply-adds on the vector units: a ceiling, no kernel",
        .backend = "cuda",
        .params = {ParamSpec::choice("path", "the units that are measured", {"vector"}),
                   ParamSpec::choice("precision", "of operands and results", {"fp64", "fp32"}),
                   ParamSpec::integer("iterations",
                                      "of all blocks together, one block on each multiprocessor; 512 multiply-adds a "
                                      "thread and iteration",
                                      1 << 18, 1, 1 << 22)}};
    return info;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    return peak::too_few_iterations(setting, params);
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    return {{"flops", "FLOP",
             fma_chain_flops(peak::fma_threads, peak::fma_chains, params.integer("iterations") * peak::fma_steps)}};
  }

  void prepare(Context& context) override {
    is_double_ = context.params.text("precision") == "fp64";
    iterations_ = context.params.integer("iterations");
    blocks_ = context.device.facts().units;
    // two: no cache matters to what is loaded once a launch
    for (std::uint64_t i = 0; i < 2; ++i)
      chains_.push_back(is_double_ ? make<double>(context, 2 * i) : make<float>(context, 2 * i));
  }

  int slots() const override { return static_cast<int>(chains_.size()); }

  void launch(Stream& stream, int slot) override {
    if (is_double_)
      launch_as<double>(stream, chains_[slot]);
    else
      launch_as<float>(stream, chains_[slot]);
  }

  std::vector<Region> outputs(int slot) const override {
    return {{"ends", chains_[slot].ends.data(), chains_[slot].ends.bytes()}};
  }

  Verification verify(Context& context, int slot) override {
    return is_double_ ? verify_as<double>(context.device, chains_[slot])
                      : verify_as<float>(context.device, chains_[slot]);
  }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    return {{"instruction", is_double_ ? "fma.rn.f64" : "fma.rn.f32"}, {"blocks", std::to_string(blocks_)}};
  }

 private:
  template <typename T>
  Chains make(Context& context, std::uint64_t stream) const {
    const auto upload = [&](const std::vector<T>& elements) {
      Buffer buffer = context.device.allocate(elements.size() * sizeof(T));
      context.device.copy_from_host(buffer.data(), elements.data(), buffer.bytes());
      return buffer;
    };
    return {upload(made<T>(context.fill, context.seed, stream, peak::chain_start<T>)),
            upload(made<T>(context.fill, context.seed, stream + 1, peak::chain_addend<T>)),
            context.device.allocate(static_cast<std::size_t>(blocks_ * chains_of_block) * sizeof(T))};
  }

  template <typename T>
  void launch_as(Stream& stream, const Chains& chains) const {
    peak::fma_loop<T><<<static_cast<unsigned>(blocks_), peak::fma_threads, 0, cuda::handle_of(stream)>>>(
        chains.starts.as<T>(), chains.addends.as<T>(), chains.ends.as<T>(), iterations_);
    PETAPROOF_CUDA_LAUNCHED();
  }

  template <typename T>
  Verification verify_as(Device& device, const Chains& chains) const {
    const auto fetch = [&](const Buffer& buffer) {
      std::vector<T> elements(buffer.bytes() / sizeof(T));
      device.copy_to_host(elements.data(), buffer.data(), buffer.bytes());
      return elements;
    };
    const std::vector<T> starts = fetch(chains.starts), addends = fetch(chains.addends), ends = fetch(chains.ends);
    return peak::check_fma_chains<T>({starts, addends, peak::fma_threads, iterations_, blocks_}, ends, samples);
  }

  bool is_double_ = true;
  std::int64_t iterations_ = 0;
  std::int64_t blocks_ = 0;
  std::vector<Chains> chains_;
};

PETAPROOF_WORKLOAD("peak/fma", PeakFma);

}  // namespace
}  // namespace petaproof
