// needs: sm_90a
//
// Forward attention by our own kernel for Hopper: BF16, no library. An open second opinion beside cuDNN. The kernel
// is in hopper/kernel.cuh, its picture and its figures in README.md.
#include <algorithm>
#include <memory>
#include <optional>

#include "kernels/attention/attention_case.hpp"
#include "kernels/attention/cuda/device_tensors.hpp"
#include "kernels/device/capability.hpp"
#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/device/cuda/ptx.cuh"
#include "kernels/device/cuda/tensor_map.hpp"
#include "kernels/device/cuda/wgmma.cuh"
#include "kernels/workload.hpp"

// after ptx.cuh and wgmma.cuh
#include "kernels/attention/hopper/kernel.cuh"

namespace petaproof {
namespace {

namespace ha = hopper_attention;

struct TensorMaps {
  CUtensorMap q, k, v, o;
};

template <int d>
__global__ void __launch_bounds__(ha::block_threads, 1)
    hopper_attention_forward(ha::Work work, ha::Mask mask, float scale, const __grid_constant__ TensorMaps maps,
                             float* lse) {
  extern __shared__ unsigned char shared[];
  const auto base = static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
  ha::attention<d>(align_shared(base), work, mask, scale, {maps.q, maps.k, maps.v, maps.o, lse});
}

// How the kernel is launched: one block on each multiprocessor, of whose shared memory it takes most.
class Launch {
 public:
  virtual ~Launch() = default;
  virtual int blocks() const = 0;
  virtual int stages() const = 0;
  virtual void enqueue(const TensorMaps& maps, float* lse, cudaStream_t stream) const = 0;
};

template <int d>
class LaunchAs : public Launch {
 public:
  LaunchAs(const AttentionShape& shape, const DeviceFacts& facts)
      : work_(ha::work_of(shape, facts.cache_bytes)),
        mask_(ha::mask_of(shape)),
        scale_(static_cast<float>(shape.scale())),
        blocks_(static_cast<int>(std::min<std::int64_t>(work_.tiles(), facts.units))) {
    PETAPROOF_CUDA(cudaFuncSetAttribute(hopper_attention_forward<d>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                        static_cast<int>(ha::Tiles<d>::shared_bytes())));
  }
  int blocks() const override { return blocks_; }
  int stages() const override { return ha::Tiles<d>::stages; }

  void enqueue(const TensorMaps& maps, float* lse, cudaStream_t stream) const override {
    hopper_attention_forward<d>
        <<<static_cast<unsigned>(blocks_), ha::block_threads, ha::Tiles<d>::shared_bytes(), stream>>>(
            work_, mask_, scale_, maps, lse);
    PETAPROOF_CUDA_LAUNCHED();
  }

 private:
  ha::Work work_;
  ha::Mask mask_;
  float scale_;
  int blocks_;
};

std::unique_ptr<Launch> make_launch(const AttentionShape& shape, const DeviceFacts& facts) {
  if (shape.dqk == 64) return std::make_unique<LaunchAs<64>>(shape, facts);
  return std::make_unique<LaunchAs<128>>(shape, facts);
}

struct Slot {
  DeviceTensors tensors;
  TensorMaps maps;
  AttentionCheck check;
};

class AttentionHopper : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{.summary = "attention, forward, by our own kernel for Hopper (TMA, wgmma)",
                                   .backend = "cuda",
                                   .params = attention_params({"bf16"})};
    return info;
  }

  std::optional<std::string> capability_refusal(int capability, const Params&) const override {
    return hopper_refusal(capability);
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    const auto& facts = setting.device.facts();
    const AttentionCase one = attention_case(params);
    if (one.pass == AttentionPass::backward) return "attention/hopper computes the forward pass alone";
    const auto [dqk, dv] = std::pair(one.shape.dqk, one.shape.dv);
    if (dqk != dv || (dqk != 64 && dqk != 128))
      return "attention/hopper takes head dimensions of 64 and 128, and this is dqk=" + std::to_string(dqk) +
             " dv=" + std::to_string(dv);
    if (ha::work_of(one.shape, facts.cache_bytes).tiles() > ha::most_tiles)
      return "attention/hopper takes fewer tiles of 128 queries than these sequences and heads make";
    return memory_shortage(2 * one.bytes(), facts);
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    return attention_work(attention_case(params));
  }

  void prepare(Context& context) override {
    case_ = attention_case(context.params);
    launch_ = make_launch(case_.shape, context.device.facts());
    const int count = context.slots_for(case_.bytes());
    for (int i = 0; i < count; ++i) slots_.push_back(make_slot(context, static_cast<std::uint64_t>(i)));
  }

  int slots() const override { return static_cast<int>(slots_.size()); }

  void launch(Stream& stream, int slot) override {
    launch_->enqueue(slots_[slot].maps, slots_[slot].tensors.lse.as<float>(), cuda::handle_of(stream));
  }

  std::vector<Region> outputs(int slot) const override { return slots_[slot].tensors.written(case_.pass); }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    auto notes = attention_notes(case_);
    notes.emplace_back("tile", std::to_string(ha::tile_queries) + "x" + std::to_string(ha::block_keys));
    notes.emplace_back("stages", std::to_string(launch_->stages()));
    notes.emplace_back("blocks", std::to_string(launch_->blocks()));
    return notes;
  }

  Verification verify(Context& context, int slot) override {
    return check_on_device(context.device, case_, slots_[slot].tensors, slots_[slot].check);
  }

 private:
  Slot make_slot(Context& context, std::uint64_t index) const {
    const AttentionShape& s = case_.shape;
    DeviceTensors t = make_device_tensors(context, case_, index);
    const auto map = [&](const Buffer& buffer, std::int64_t rows, std::int64_t heads, int box_rows) {
      return cuda::make_bf16_head_map(buffer.data(), {s.batch, rows, heads, s.dqk}, box_rows);
    };
    const TensorMaps maps{map(t.q, s.sq, s.heads, ha::tile_queries), map(t.k, s.sk, s.kv_heads, ha::block_keys),
                          map(t.v, s.sk, s.kv_heads, ha::block_keys), map(t.o, s.sq, s.heads, ha::wgmma_m)};
    AttentionCheck check = make_device_check(context.device, case_, t, context.seed + index);
    return {std::move(t), maps, std::move(check)};
  }

  AttentionCase case_;
  std::unique_ptr<Launch> launch_;
  std::vector<Slot> slots_;
};

PETAPROOF_WORKLOAD("attention/hopper", AttentionHopper);

}  // namespace
}  // namespace petaproof
