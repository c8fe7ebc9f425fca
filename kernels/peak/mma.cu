// needs: cuda
//
// The most matrix instructions mma.sync that the tensor cores issue, operands and sums in registers.
#include <algorithm>

#include "kernels/device/cuda/check.hpp"
#include "kernels/flops.hpp"
#include "kernels/peak/cuda/mma_instructions.cuh"
#include "kernels/peak/cuda/mma_loop.cuh"
#include "kernels/peak/cuda/tile_slots.hpp"
#include "kernels/peak/refusal.hpp"

namespace petaproof {
namespace {

struct Instruction {
  std::string_view precision, shape_name;
  peak::MmaShape shape;
  bool needs_sm_90 = false;
  peak::TileKernel kernel;
};

template <class I>
void launch_loop(const void* operands, void* sums, std::uint32_t* counts, std::int64_t iterations, unsigned blocks,
                 cudaStream_t stream) {
  const auto* a = static_cast<const typename I::Register*>(operands);
  const auto* b = a + peak::mma_warps * peak::mma_slices * peak::mma_rows * I::shape.a_registers() * 32;
  peak::mma_loop<I>
      <<<blocks, 32 * peak::mma_warps, 0, stream>>>(a, b, static_cast<typename I::Sum*>(sums), counts, iterations);
  PETAPROOF_CUDA_LAUNCHED();
}

template <class I>
constexpr Instruction instruction(std::string_view precision, std::string_view shape_name) {
  return {precision,
          shape_name,
          I::shape,
          I::least_capability == 900,
          {sizeof(typename I::Sum), launch_loop<I>, peak::check_tiles_of<typename I::Sum>}};
}

constexpr Instruction instructions[] = {
    instruction<peak::MmaFp64M8N8K4>("fp64", "m8n8k4"),     instruction<peak::MmaFp64M16N8K4>("fp64", "m16n8k4"),
    instruction<peak::MmaFp64M16N8K8>("fp64", "m16n8k8"),   instruction<peak::MmaFp64M16N8K16>("fp64", "m16n8k16"),
    instruction<peak::MmaTf32M16N8K4>("tf32", "m16n8k4"),   instruction<peak::MmaTf32M16N8K8>("tf32", "m16n8k8"),
    instruction<peak::MmaBf16M16N8K8>("bf16", "m16n8k8"),   instruction<peak::MmaBf16M16N8K16>("bf16", "m16n8k16"),
    instruction<peak::MmaFp16M16N8K8>("fp16", "m16n8k8"),   instruction<peak::MmaFp16M16N8K16>("fp16", "m16n8k16"),
    instruction<peak::MmaInt8M8N8K16>("int8", "m8n8k16"),   instruction<peak::MmaInt8M16N8K16>("int8", "m16n8k16"),
    instruction<peak::MmaInt8M16N8K32>("int8", "m16n8k32"),
};

const Instruction* find(const Params& params) {
  const auto found = std::ranges::find_if(instructions, [&](const Instruction& one) {
    return one.precision == params.text("precision") && one.shape_name == params.text("shape");
  });
  return found == std::end(instructions) ? nullptr : found;
}

class PeakMma : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "issue rate of mma.sync on the tensor cores: a ceiling, no kernel",
        .backend = "cuda",
        .params = {ParamSpec::choice("path", "the units that are measured", {"tensor"}),
                   ParamSpec::choice("precision", "of the operands; sums are FP64, FP32 or INT32",
                                     {"fp64", "tf32", "bf16", "fp16", "int8"}),
                   ParamSpec::choice("shape", "of the instruction",
                                     {"m16n8k16", "m16n8k8", "m16n8k4", "m8n8k4", "m8n8k16", "m16n8k32"}),
                   ParamSpec::integer("iterations",
                                      "of all blocks together, one block on each multiprocessor; 256 instructions a "
                                      "warp and iteration, 8 warps",
                                      1 << 17, 1, 1 << 24)}};
    return info;
  }

  std::optional<std::string> capability_refusal(int capability, const Params& params) const override {
    const Instruction* found = find(params);
    if (!found) return std::nullopt;  // on no GPU
    return peak::mma_refusal(capability, params.text("precision"), found->needs_sm_90);
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    if (!find(params)) return "there is no mma.sync " + params.text("shape") + " in " + params.text("precision");
    return peak::too_few_iterations(setting, params);
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    const Instruction* found = find(params);
    if (!found) return {{"flops", "FLOP", 0}};  // refused
    const std::int64_t count = params.integer("iterations") * peak::mma_warps * peak::mma_instructions;
    return {{"flops", "FLOP", mma_flops(count, found->shape.m, found->shape.n, found->shape.k)}};
  }

  void prepare(Context& context) override {
    instruction_ = find(context.params);
    slots_.prepare(context, instruction_->kernel, context.params.integer("iterations"),
                   [&](Fill fill, std::uint64_t stream) {
                     return peak::mma_problem(instruction_->shape, instruction_->precision, peak::mma_warps, fill,
                                              context.seed, stream);
                   });
  }

  int slots() const override { return peak::TileSlots::slots; }
  void launch(Stream& stream, int slot) override { slots_.launch(stream, slot); }
  std::vector<Region> outputs(int slot) const override { return slots_.outputs(slot); }
  Verification verify(Context& context, int slot) override { return slots_.verify(context.device, slot); }
  std::vector<std::pair<std::string, std::string>> notes() const override {
    return {{"instruction", "mma.sync"}, {"blocks", std::to_string(slots_.blocks())}};
  }

 private:
  const Instruction* instruction_ = nullptr;
  peak::TileSlots slots_;
};

PETAPROOF_WORKLOAD("peak/mma", PeakMma);

}  // namespace
}  // namespace petaproof
