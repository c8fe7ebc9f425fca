// needs: cuda cudnn
//
// Attention by cuDNN, by the engine that its heuristic puts first. Backward is timed alone, from the output and the
// log-sum-exp of its own forward pass; gradients of equal bits each time are a case of their own, since some engines
// are slower for it.
#include <fmt/format.h>

#include <optional>

#include "kernels/attention/attention_case.hpp"
#include "kernels/attention/cuda/cudnn_attention.hpp"
#include "kernels/attention/cuda/device_tensors.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

// What cuDNN's engines ask of head dimensions (its documentation, "Scaled Dot Product Attention"). What else a GPU or
// a shape lacks the library says itself, as its plan is made.
constexpr std::int64_t dimension_multiple = 8, dimension_multiple_fp8 = 16;

constexpr const char* fp8_note =
    "e4m3 in and out, gradients too; P and the gradient of the scores rounded to e4m3; one scale a tensor, set "
    "beforehand from the shape, as in cuDNN's own benchmark; largest elements written, read by nobody";

AttentionPointers pointers_to(const DeviceTensors& t) {
  return {.q = t.q.data(),
          .k = t.k.data(),
          .v = t.v.data(),
          .o = t.o.data(),
          .lse = t.lse.data(),
          .d_o = t.d_o.data(),
          .d_q = t.d_q.data(),
          .d_k = t.d_k.data(),
          .d_v = t.d_v.data()};
}

struct Slot {
  DeviceTensors tensors;
  AttentionCheck check;
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

  // cuDNN's documentation of attention, "Support Matrix", has FP8 from Hopper on
  std::optional<std::string> capability_refusal(int capability, const Params& params) const override {
    const AttentionCase one = attention_case(params);
    if (one.element != Element::e4m3) return std::nullopt;
    if (capability < 90) return "cuDNN computes attention in FP8 from 9.0 on";
    if (one.pass == AttentionPass::backward && one.deterministic && capability < 100)
      return "cuDNN asks for deterministic gradients in FP8 from 10.0 on";
    return std::nullopt;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    if (auto why = cudnn_shortage()) return why;
    const AttentionCase one = attention_case(params);
    const std::int64_t multiple = one.element == Element::e4m3 ? dimension_multiple_fp8 : dimension_multiple;
    if (one.shape.dqk % multiple != 0 || one.shape.dv % multiple != 0)
      return fmt::format("cuDNN takes head dimensions in multiples of {}, and this is dqk={} dv={}", multiple,
                         one.shape.dqk, one.shape.dv);
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
    attention_->enqueue(case_.pass, pointers_to(slots_[slot].tensors), cuda::handle_of(stream));
  }

  std::vector<Region> outputs(int slot) const override { return slots_[slot].tensors.written(case_.pass); }

  Verification verify(Context& context, int slot) override {
    return check_on_device(context.device, case_, slots_[slot].tensors, slots_[slot].check);
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
    Device& device = context.device;
    DeviceTensors tensors = make_device_tensors(context, case_, index);
    AttentionCheck check = make_device_check(device, case_, tensors, context.seed + index);
    if (case_.pass == AttentionPass::backward)
      attention_->enqueue(AttentionPass::forward, pointers_to(tensors), cuda::handle_of(device.stream()));
    device.stream().synchronize();
    return {std::move(tensors), std::move(check)};
  }

  AttentionCase case_;
  std::optional<CudnnAttention> attention_;
  std::vector<Slot> slots_;
};

PETAPROOF_WORKLOAD("attention/cudnn", AttentionCudnn);

}  // namespace
}  // namespace petaproof
