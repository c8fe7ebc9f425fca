// needs: cuda cublaslt
//
// C = A * B by cuBLASLt at the precisions of precision.hpp, alpha 1 and beta 0. The algorithm is the fastest of all
// that the library's heuristic offers, or the one that the case asks for: which it is, and in what arithmetic the
// library says it computes, is in the record.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "kernels/device/cuda/device.hpp"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/gemm/cuda/lt_product.hpp"
#include "kernels/gemm/layout_param.hpp"
#include "kernels/gemm/precision.hpp"
#include "kernels/verify/cuda/gemm_engine.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

constexpr std::int64_t max_dimension = 65536;

template <typename Condition>
std::vector<std::string> precision_names(Condition condition) {
  std::vector<std::string> names;
  for (const GemmPrecision& precision : gemm_precisions)
    if (condition(precision)) names.emplace_back(precision.name);
  return names;
}

// Other than "searched", an algorithm of the heuristic's list, so that a record can be repeated, whichever it found.
constexpr const char* searched = "searched";

std::vector<std::string> algorithm_names() {
  std::vector<std::string> names{searched, "heuristic"};
  for (std::size_t i = 2; i <= lt_most_candidates; ++i) names.push_back("heuristic-" + std::to_string(i));
  return names;
}

ParamSpec precision_param() {
  ParamSpec spec = ParamSpec::choice(
      "precision",
      "fp64, fp32 (never TF32), tf32 (FP32 in memory), bf16 and fp16 (FP32 sums), fp8 (e4m3, BF16 result) and its "
      "mixed "
      "pairs of A and B, int8 (INT32 result), mxfp8 (e4m3, a power of two for every 32 elements along K, BF16 "
      "result), "
      "nvfp4 (e2m1, an e4m3 for every 16, BF16 result); fp64_emulated: FP64 on integer tensor cores",
      precision_names([](const GemmPrecision&) { return true; }));
  spec.swept = spec.choices.size() - 1;  // the last, emulation, is off unless it is asked for
  return spec;
}

ParamSpec algorithm_param() {
  ParamSpec spec = ParamSpec::choice(
      "algorithm", "the fastest of all (searched), or the heuristic's own choice, its second, its third ...",
      algorithm_names());
  spec.swept = 2;
  return spec;
}

// Its place in the heuristic's list; nothing where all are tried.
std::optional<std::size_t> pinned(const Params& params) {
  const auto names = algorithm_names();
  const auto at = std::ranges::find(names, params.text("algorithm")) - names.begin();
  return at == 0 ? std::nullopt : std::optional(static_cast<std::size_t>(at - 1));
}

// A case with one scale for each tensor does not name it: it is the case that it was before there were others.
ParamSpec scaling_param() {
  std::vector<std::string> names;
  for (const GemmScaling& scaling : gemm_scalings) names.emplace_back(scaling.name);
  return ParamSpec::choice(
             "scaling",
             "FP8: elements with an FP32 scale of their own: the whole tensor, 128 along K, or 128 along "
             "K of 128 rows of A or columns of B; A's first where B's are others",
             std::move(names))
      .only_with("precision", precision_names(std::mem_fn(&GemmPrecision::has_scalings)))
      .left_out();
}

// Streams of the generator, apart from those of the operands, which count from 0.
constexpr std::uint64_t stream_scales = 0x7363616c;

struct Slot {
  Buffer a, b, c;
  std::optional<GemmCheck> check;
};

class GemmCublasLt : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "matrix product C = A * B by cuBLASLt, the fastest of the algorithms that it offers",
        .backend = "cuda",
        .params = {precision_param(), algorithm_param(),
                   layout_param(precision_names([](const GemmPrecision& one) { return one.layout == layout_tn; })),
                   ParamSpec::integer("m", "rows of A and C", 8192, 1, max_dimension),
                   ParamSpec::integer("n", "columns of B and C", 8192, 1, max_dimension),
                   ParamSpec::integer("k", "columns of A, rows of B", 8192, 1, max_dimension),
                   ParamSpec::flag("fast_accumulation",
                                   "FP8 sums stay in the tensor cores' 14 bits; else they are promoted to FP32",
                                   false)
                       .only_with("precision", precision_names(std::mem_fn(&GemmPrecision::has_fast_accumulation))),
                   scaling_param()},
        .searches = true};
    return info;
  }

  std::optional<std::string> capability_refusal(int capability, const Params& params) const override {
    const GemmPrecision& precision = precision_of(params);
    if (on_no_gpu(params)) return std::nullopt;  // and so not for want of another GPU
    return gemm_needs(precision, layout_of(params, precision.layout), chosen_scaling(params), capability);
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    if (auto reason = on_no_gpu(params)) return reason;
    if (chosen_scaling(params).of_blocks() && !cuda::lt_scales_blocks_of_128())
      return fmt::format("blocks of 128 are scaled by cuBLAS 12.9 and later; {} is loaded", cuda::lt_version());
    if (precision_of(params).is_emulated && !cuda::lt_emulates_fp64())
      return fmt::format("FP64 is emulated by cuBLAS 13.1 and later, at build and at run time; {} is loaded",
                         cuda::lt_version());
    const std::int64_t bytes = 2 * slot_bytes(params) + lt_workspace(precision_of(params), shape_of(params)) +
                               scale_bytes(params, bytes_of_scales);
    return memory_shortage(bytes, setting.device.facts());
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    return gemm_work(precision_of(params), shape_of(params), scale_bytes(params, bytes_of_scales_read));
  }

  void prepare(Context& context) override {
    shape_ = shape_of(context.params);
    precision_ = &precision_of(context.params);
    layout_ = layout_of(context.params, precision_->layout);
    fast_accumulation_ = is_fast(context.params);
    scaling_ = scaling_of(context.params);
    if (scaling_.of_blocks()) {
      const auto scales = [&](const BlockScales& kind, std::int64_t lines, std::uint64_t operand) {
        return OperandScales(kind, lines, shape_.k, context.seed, stream_scales + operand, context.device);
      };
      scales_.emplace(scales(*scaling_.a, shape_.m, 0), scales(*scaling_.b, shape_.n, 1));
    }
    product_.emplace(*precision_, shape_, layout_, fast_accumulation_, scales_, context.device);
    pinned_ = pinned(context.params);
    if (pinned_) product_->choose(*pinned_);
    engine_.emplace(context.device);
    const int count = context.slots_for(slot_bytes(context.params));
    for (int i = 0; i < count; ++i) slots_.push_back(make_slot(context, static_cast<std::uint64_t>(i)));
    if (precision_->is_emulated) see_it_emulate(context);
  }

  int slots() const override { return static_cast<int>(slots_.size()); }

  std::vector<std::string> candidates() const override {
    return pinned_ ? std::vector<std::string>() : product_->candidates();
  }
  void choose(std::size_t index) override { product_->choose(index); }

  void launch(Stream& stream, int slot) override {
    const Slot& s = slots_[slot];
    product_->enqueue(s.a.data(), s.b.data(), s.c.data(), cuda::handle_of(stream));
  }

  std::vector<Region> outputs(int slot) const override {
    return {{"C", slots_[slot].c.data(), slots_[slot].c.bytes()}};
  }

  Verification verify(Context& context, int slot) override {
    if (precision_->is_emulated && (bits_ = product_->emulated_bits(context.device)) < 0)
      return Verification::failed("the last product was computed in FP64 itself, not emulated");
    look_at(slots_[slot]);
    return slots_[slot].check->check(*engine_);
  }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    auto notes = product_->notes();
    notes.emplace_back("layout", described(layout_));
    if (is_fp8(precision_->a) || scaling_.of_blocks()) notes.emplace_back("scaling", std::string(scaling_.name));
    if (precision_->is_emulated)
      notes.emplace_back("emulated", fmt::format("fixed point, {} bits of mantissa, as the library says", bits_));
    return notes;
  }

 private:
  // Whether it does is the library's to decide, and it says so only once a product has run.
  void see_it_emulate(Context& context) {
    launch(context.device.stream(), 0);
    context.device.stream().synchronize();
    bits_ = product_->emulated_bits(context.device);
    if (bits_ < 0)
      throw Error(Domain::not_supported, fmt::format("cuBLASLt {} computes this product on {} in FP64 itself",
                                                     cuda::lt_version(), context.device.facts().name));
  }
  static GemmShape shape_of(const Params& params) {
    return {params.integer("m"), params.integer("n"), params.integer("k")};
  }
  static const GemmPrecision& precision_of(const Params& params) {
    return *std::ranges::find(gemm_precisions, params.text("precision"), &GemmPrecision::name);
  }
  static bool is_fast(const Params& params) {
    return precision_of(params).has_fast_accumulation() && params.flag("fast_accumulation");
  }
  static const GemmScaling& chosen_scaling(const Params& params) {
    return *std::ranges::find(gemm_scalings, params.text_or("scaling", scaling_by_tensor.name), &GemmScaling::name);
  }
  // Why no GPU multiplies so.
  static std::optional<std::string> on_no_gpu(const Params& params) {
    const GemmPrecision& precision = precision_of(params);
    const GemmLayout& layout = layout_of(params, precision.layout);
    if (auto reason = wrong_layout(precision, layout)) return reason;
    if (auto reason = misaligned(precision, shape_of(params), layout, chosen_scaling(params))) return reason;
    return wrong_scaling(chosen_scaling(params), is_fast(params));
  }
  static GemmScaling scaling_of(const Params& params) {
    const GemmPrecision& precision = precision_of(params);
    return precision.scales ? GemmScaling{precision.name, precision.scales, precision.scales}
                            : chosen_scaling(params);
  }
  // `bytes_of`: an operand's scales, as they lie or as they are read.
  template <typename BytesOf>
  static std::int64_t scale_bytes(const Params& params, const BytesOf& bytes_of) {
    const GemmScaling scaling = scaling_of(params);
    const auto [m, n, k] = shape_of(params);
    return scaling.of_blocks() ? bytes_of(*scaling.a, m, k) + bytes_of(*scaling.b, n, k) : 0;
  }
  static std::int64_t slot_bytes(const Params& params) {
    return operand_bytes(precision_of(params), shape_of(params));
  }

  Slot make_slot(Context& context, std::uint64_t index) {
    const auto [m, n, k] = shape_;
    const cudaStream_t stream = cuda::handle_of(context.device.stream());
    const auto filled = [&](Element element, std::int64_t count, std::uint64_t stream_number) {
      Buffer buffer = context.device.allocate(bytes_of(element, count));
      cuda::fill(element, buffer.data(), count, context.fill, context.seed, stream_number, stream);
      return buffer;
    };
    Slot slot{filled(precision_->a, m * k, 2 * index),
              filled(precision_->b, k * n, 2 * index + 1),
              context.device.allocate(bytes_of(precision_->c, m * n)),
              {}};
    look_at(slot);
    slot.check.emplace(shape_, rounding_on(context.device.facts(), *precision_, fast_accumulation_, scaling_),
                       *engine_, context.seed + index);
    return slot;
  }

  void look_at(const Slot& slot) {
    using cuda::DeviceMatrix;
    const auto [m, n, k] = shape_;
    const auto order = [](bool by_column) {
      return by_column ? DeviceMatrix::column_major : DeviceMatrix::row_major;
    };
    DeviceMatrix a = order(layout_.a_by_column)(slot.a.data(), precision_->a, m, k);
    DeviceMatrix b = order(layout_.b_by_column)(slot.b.data(), precision_->b, k, n);
    if (scales_) {
      a.scales = scales_->a.of_lines();
      b.scales = scales_->b.of_lines().transposed();
    }
    engine_->look_at(a, b, DeviceMatrix::row_major(slot.c.data(), precision_->c, m, n));
  }

  GemmShape shape_;
  const GemmPrecision* precision_ = nullptr;
  GemmLayout layout_;
  bool fast_accumulation_ = false;
  GemmScaling scaling_ = scaling_by_tensor;
  std::optional<ScaledOperands> scales_;  // where they are of blocks
  std::int32_t bits_ = 0;                 // of the mantissa that emulation keeps
  std::optional<LtProduct> product_;
  std::optional<std::size_t> pinned_;
  std::optional<cuda::GpuGemmEngine> engine_;
  std::vector<Slot> slots_;
};

PETAPROOF_WORKLOAD("gemm/cublaslt", GemmCublasLt);

}  // namespace
}  // namespace petaproof
