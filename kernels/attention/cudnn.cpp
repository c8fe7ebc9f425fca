// needs: cuda cudnn
//
// Attention by cuDNN, by the engine that its heuristic puts first. Backward is timed alone, from the output and the
// log-sum-exp of its own forward pass; gradients of equal bits each time are a case of their own, since some engines
// are slower for it.
#include <fmt/format.h>

#include <optional>

#include "kernels/attention/attention_case.hpp"
#include "kernels/attention/cuda/cudnn_attention.hpp"
#include "kernels/device/capability.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/verify/attention_check.hpp"
#include "kernels/verify/cuda/attention_engine.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

// What cuDNN's engines ask of head dimensions (its documentation, "Scaled Dot Product Attention"). What else a GPU or
// a shape lacks the library says itself, as its plan is made.
constexpr std::int64_t dimension_multiple = 8, dimension_multiple_fp8 = 16;

constexpr const char* fp8_note =
    "e4m3 in and out, gradients too; P and the gradient of the scores rounded to e4m3; one scale a tensor, set "
    "beforehand from the shape, as in cuDNN's own benchmark; largest elements written, read by nobody";

struct Slot {
  Buffer q, k, v, o, lse, d_o, d_q, d_k, d_v;
  std::optional<AttentionCheck> check;

  AttentionPointers pointers() const {
    return {.q = q.data(),
            .k = k.data(),
            .v = v.data(),
            .o = o.data(),
            .lse = lse.data(),
            .d_o = d_o.data(),
            .d_q = d_q.data(),
            .d_k = d_k.data(),
            .d_v = d_v.data()};
  }
};

class AttentionCudnn : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info = [] {
      WorkloadInfo it{.summary = "attention, forward and backward, by cuDNN's graph API",
                      .backend = "cuda",
                      .params = attention_params({"bf16", "fp16", "fp8"})};
      it.params.push_back(deterministic_param());
      return it;
    }();
    return info;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    if (auto why = cudnn_shortage()) return why;
    const AttentionCase one = attention_case(params);
    const std::int64_t multiple = one.element == Element::e4m3 ? dimension_multiple_fp8 : dimension_multiple;
    if (one.shape.dqk % multiple != 0 || one.shape.dv % multiple != 0)
      return fmt::format("cuDNN takes head dimensions in multiples of {}, and this is dqk={} dv={}", multiple,
                         one.shape.dqk, one.shape.dv);
    const bool fp8_backward = one.element == Element::e4m3 && one.pass == AttentionPass::backward;
    if (fp8_backward && one.deterministic && capability_of(setting.device.facts()) < 100)
      return "cuDNN asks for deterministic gradients in FP8 on compute capability 10.0 and up alone";
    return memory_shortage(2 * one.bytes(), setting.device.facts());
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    return attention_work(attention_case(params));
  }

  bool deterministic(const Params& params) const override { return attention_case(params).deterministic; }

  void prepare(Context& context) override {
    case_ = attention_case(context.params);
    attention_.emplace(case_, context.device);
    const int count = context.slots_for(case_.bytes());
    for (int i = 0; i < count; ++i) slots_.push_back(make_slot(context, static_cast<std::uint64_t>(i)));
  }

  int slots() const override { return static_cast<int>(slots_.size()); }

  void launch(Stream& stream, int slot) override {
    attention_->enqueue(case_.pass, slots_[slot].pointers(), cuda::handle_of(stream));
  }

  std::vector<Region> outputs(int slot) const override {
    const Slot& s = slots_[slot];
    const auto region = [](const char* name, const Buffer& buffer) {
      return Region{name, buffer.data(), buffer.bytes()};
    };
    if (case_.pass == AttentionPass::forward) return {region("O", s.o), region("log-sum-exp", s.lse)};
    return {region("dQ", s.d_q), region("dK", s.d_k), region("dV", s.d_v)};
  }

  Verification verify(Context& context, int slot) override {
    const Slot& s = slots_[slot];
    const bool forward = case_.pass == AttentionPass::forward;
    const AttentionOutputs outputs =
        forward ? AttentionOutputs{.o = s.o.data(), .lse = s.lse.as<float>()}
                : AttentionOutputs{.d_q = s.d_q.data(), .d_k = s.d_k.data(), .d_v = s.d_v.data()};
    const auto reader = cuda::make_attention_reader(context.device, case_.shape, case_.element, outputs);
    return s.check->check(*reader);
  }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    auto notes = attention_notes(case_);
    for (auto& note : attention_->notes()) notes.push_back(std::move(note));
    if (case_.element == Element::e4m3) notes.emplace_back("fp8", fp8_note);
    if (case_.pass == AttentionPass::backward)
      notes.emplace_back("gradients", case_.deterministic ? "deterministic" : "not deterministic");
    return notes;
  }

 private:
  Slot make_slot(Context& context, std::uint64_t index) {
    const AttentionShape& s = case_.shape;
    Device& device = context.device;
    const cudaStream_t stream = cuda::handle_of(device.stream());
    const auto empty = [&](std::int64_t count, Element element) {
      return device.allocate(static_cast<std::size_t>(bytes_of(element, count)));
    };
    const auto filled = [&](std::int64_t count, std::uint64_t which) {
      Buffer buffer = empty(count, case_.element);
      cuda::fill(case_.element, buffer.data(), count, context.fill, context.seed, 4 * index + which, stream);
      return buffer;
    };
    Slot slot;
    slot.q = filled(s.q_count(), 0);
    slot.k = filled(s.k_count(), 1);
    slot.v = filled(s.v_count(), 2);
    slot.o = empty(s.o_count(), case_.element);
    slot.lse = empty(s.lse_count(), Element::fp32);
    const bool backward = case_.pass == AttentionPass::backward;
    if (backward) {
      slot.d_o = filled(s.o_count(), 3);
      slot.d_q = empty(s.q_count(), case_.element);
      slot.d_k = empty(s.k_count(), case_.element);
      slot.d_v = empty(s.v_count(), case_.element);
    }
    device.stream().synchronize();
    // before the first launch: an oracle must not look at operands that the kernel has had in its hands
    const auto engine = cuda::make_attention_engine(
        device, s, case_.pass, {case_.element, slot.q.data(), slot.k.data(), slot.v.data(), slot.d_o.data()});
    slot.check.emplace(s, case_.pass, case_.element, *engine, context.seed + index);
    if (backward) attention_->enqueue(AttentionPass::forward, slot.pointers(), stream);
    device.stream().synchronize();
    return slot;
  }

  AttentionCase case_;
  std::optional<CudnnAttention> attention_;
  std::vector<Slot> slots_;
};

PETAPROOF_WORKLOAD("attention/cudnn", AttentionCudnn);

}  // namespace
}  // namespace petaproof
