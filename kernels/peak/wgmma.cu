// needs: sm_90a
//
// The most matrix instructions wgmma that Hopper's tensor cores issue, with B resident in shared memory and A there
// too or in registers.
#include <algorithm>

#include "kernels/device/cuda/check.hpp"
#include "kernels/flops.hpp"
#include "kernels/peak/cuda/tile_slots.hpp"
#include "kernels/peak/cuda/wgmma_loop.cuh"
#include "kernels/peak/refusal.hpp"

namespace petaproof {
namespace {

struct Instruction {
  std::string_view precision, shape_name;
  int n = 0;
  int k = 0;
  bool a_in_registers = false;
  peak::TileKernel kernel;
};

template <class I, bool a_in_registers>
void launch_loop(const void* operands, void* sums, std::uint32_t* counts, std::int64_t iterations, unsigned blocks,
                 cudaStream_t stream) {
  constexpr int shared = peak::wgmma_shared_bytes(I::n);
  const auto loop = peak::wgmma_loop<I, a_in_registers>;
  PETAPROOF_CUDA(cudaFuncSetAttribute(loop, cudaFuncAttributeMaxDynamicSharedMemorySize, shared));
  loop<<<blocks, peak::wgmma_threads, shared, stream>>>(static_cast<const uint4*>(operands),
                                                        static_cast<typename I::Sum*>(sums), counts, iterations, 0);
  PETAPROOF_CUDA_LAUNCHED();
}

template <class I, bool a_in_registers>
constexpr Instruction instruction(std::string_view precision) {
  return {precision,
          I::n == 256 ? "m64n256" : "m64n128",
          I::n,
          I::k,
          a_in_registers,
          {sizeof(typename I::Sum), launch_loop<I, a_in_registers>, peak::check_tiles_of<typename I::Sum>}};
}

constexpr Instruction instructions[] = {
    instruction<peak::WgmmaTf32N256, false>("tf32"), instruction<peak::WgmmaTf32N256, true>("tf32"),
    instruction<peak::WgmmaTf32N128, false>("tf32"), instruction<peak::WgmmaTf32N128, true>("tf32"),
    instruction<peak::WgmmaBf16N256, false>("bf16"), instruction<peak::WgmmaBf16N256, true>("bf16"),
    instruction<peak::WgmmaBf16N128, false>("bf16"), instruction<peak::WgmmaBf16N128, true>("bf16"),
    instruction<peak::WgmmaFp16N256, false>("fp16"), instruction<peak::WgmmaFp16N256, true>("fp16"),
    instruction<peak::WgmmaFp16N128, false>("fp16"), instruction<peak::WgmmaFp16N128, true>("fp16"),
    instruction<peak::WgmmaFp8N256, false>("fp8"),   instruction<peak::WgmmaFp8N256, true>("fp8"),
    instruction<peak::WgmmaFp8N128, false>("fp8"),   instruction<peak::WgmmaFp8N128, true>("fp8"),
    instruction<peak::WgmmaInt8N256, false>("int8"), instruction<peak::WgmmaInt8N256, true>("int8"),
    instruction<peak::WgmmaInt8N128, false>("int8"), instruction<peak::WgmmaInt8N128, true>("int8"),
};

/// Parameters are choices, and every combination is there.
const Instruction& find(const Params& params) {
  return *std::ranges::find_if(instructions, [&](const Instruction& one) {
    return one.precision == params.text("precision") && one.shape_name == params.text("shape") &&
           one.a_in_registers == (params.text("a") == "registers");
  });
}

class PeakWgmma : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "issue rate of wgmma on Hopper's tensor cores: a ceiling, no kernel",
        .backend = "cuda",
        .params = {ParamSpec::choice("path", "the units that are measured", {"tensor"}),
                   ParamSpec::choice("precision", "of the operands (fp8: E4M3); sums are FP32 or INT32",
                                     {"bf16", "tf32", "fp16", "fp8", "int8"}),
                   ParamSpec::choice("shape", "of the instruction; k is 32 bytes", {"m64n256", "m64n128"}),
                   ParamSpec::choice("a", "where A is", {"shared", "registers"}),
                   ParamSpec::integer("iterations",
                                      "of all blocks together, one block on each multiprocessor; 64 instructions a "
                                      "warpgroup and iteration, 2 warpgroups",
                                      1 << 16, 1, 1 << 24)}};
    return info;
  }

  std::optional<std::string> capability_refusal(int capability, const Params&) const override {
    return peak::wgmma_refusal(capability);
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    return peak::too_few_iterations(setting, params);
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    const Instruction& one = find(params);
    const std::int64_t count = params.integer("iterations") * peak::wgmma_groups * peak::wgmma_steps;
    return {{"flops", "FLOP", mma_flops(count, peak::wgmma_m, one.n, one.k)}};
  }

  void prepare(Context& context) override {
    instruction_ = &find(context.params);
    slots_.prepare(context, instruction_->kernel, context.params.integer("iterations"),
                   [&](Fill fill, std::uint64_t stream) {
                     return peak::wgmma_problem(instruction_->n, instruction_->precision, fill, context.seed, stream);
                   });
  }

  int slots() const override { return peak::TileSlots::slots; }
  void launch(Stream& stream, int slot) override { slots_.launch(stream, slot); }
  std::vector<Region> outputs(int slot) const override { return slots_.outputs(slot); }
  Verification verify(Context& context, int slot) override { return slots_.verify(context.device, slot); }
  std::vector<std::pair<std::string, std::string>> notes() const override {
    return {{"instruction", "wgmma.mma_async"}, {"blocks", std::to_string(slots_.blocks())}};
  }

 private:
  const Instruction* instruction_ = nullptr;
  peak::TileSlots slots_;
};

PETAPROOF_WORKLOAD("peak/wgmma", PeakWgmma);

}  // namespace
}  // namespace petaproof
