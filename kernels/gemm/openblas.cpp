// needs: openblas
//
// C = A * B by OpenBLAS on the host: FP64 and FP32, row-major, alpha 1 and beta 0.
#include <cblas.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "kernels/gemm/layout_param.hpp"
#include "kernels/gemm/precision.hpp"
#include "kernels/verify/fill.hpp"
#include "kernels/verify/gemm_host.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

constexpr std::int64_t max_dimension = 65536;

// As BLAS has it: column-major, and B first. Reference: kernels/verify/gemm_layout.hpp, by which cuBLASLt is asked
// too.
template <typename T, typename Function>
void gemm(Function function, GemmShape s, const GemmLayout& layout, const T* a, const T* b, T* c) {
  const BlasOperand of_a = blas_operand_a(s, layout), of_b = blas_operand_b(s, layout);
  const auto operation = [](const BlasOperand& x) { return x.transposed ? CblasTrans : CblasNoTrans; };
  const auto as_int = [](std::int64_t x) { return static_cast<int>(x); };
  function(CblasColMajor, operation(of_b), operation(of_a), as_int(s.n), as_int(s.m), as_int(s.k), T{1}, b,
           as_int(of_b.leading()), a, as_int(of_a.leading()), T{0}, c, as_int(s.n));
}

void gemm(GemmShape s, const GemmLayout& layout, const double* a, const double* b, double* c) {
  gemm(cblas_dgemm, s, layout, a, b, c);
}

void gemm(GemmShape s, const GemmLayout& layout, const float* a, const float* b, float* c) {
  gemm(cblas_sgemm, s, layout, a, b, c);
}

// One set of operands of one precision.
class Slot {
 public:
  virtual ~Slot() = default;
  virtual void launch() = 0;
  virtual Region output() const = 0;
  virtual Verification verify() = 0;
};

template <typename T>
class TypedSlot : public Slot {
 public:
  TypedSlot(GemmShape shape, const GemmLayout& layout, Context& context, std::uint64_t index)
      : shape_(shape),
        layout_(layout),
        a_(context.device.allocate(sizeof(T) * shape.m * shape.k)),
        b_(context.device.allocate(sizeof(T) * shape.k * shape.n)),
        c_(context.device.allocate(sizeof(T) * shape.m * shape.n)),
        engine_(shape, view(a_), view(b_), view(c_), layout) {
    fill_host(view(a_), context.fill, context.seed, 2 * index);
    fill_host(view(b_), context.fill, context.seed, 2 * index + 1);
    // before the first launch: an oracle must not look at operands that the kernel has had in its hands
    check_.emplace(shape_, HostGemmEngine<T>::rounding, engine_, context.seed + index);
  }

  void launch() override { gemm(shape_, layout_, a_.as<T>(), b_.as<T>(), c_.as<T>()); }
  Region output() const override { return {"C", c_.data(), c_.bytes()}; }
  Verification verify() override { return check_->check(engine_); }

 private:
  static std::span<T> view(const Buffer& buffer) { return {buffer.as<T>(), buffer.bytes() / sizeof(T)}; }

  GemmShape shape_;
  GemmLayout layout_;
  Buffer a_, b_, c_;
  HostGemmEngine<T> engine_;
  std::optional<GemmCheck> check_;
};

// A person's own setting wins; otherwise the cores that this rank has to itself.
int blas_threads(const DeviceFacts& facts) {
  if (std::getenv("OPENBLAS_NUM_THREADS") || std::getenv("OMP_NUM_THREADS")) return openblas_get_num_threads();
  return facts.units;
}

class GemmOpenblas : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "matrix product C = A * B by OpenBLAS on CPU cores",
        .backend = "host",
        .params = {ParamSpec::choice("precision", "of A, B, C and the accumulator", {"fp64", "fp32"}), layout_param(),
                   ParamSpec::integer("m", "rows of A and C", 1024, 1, max_dimension),
                   ParamSpec::integer("n", "columns of B and C", 1024, 1, max_dimension),
                   ParamSpec::integer("k", "columns of A, rows of B", 1024, 1, max_dimension)}};
    return info;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    return memory_shortage(2 * slot_bytes(params), setting.device.facts());
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    return gemm_work(precision(params), shape(params));
  }

  void prepare(Context& context) override {
    layout_ = layout_of(context.params, layout_nn);
    openblas_set_num_threads(blas_threads(context.device.facts()));
    const int count = context.slots_for(slot_bytes(context.params));
    for (int i = 0; i < count; ++i) slots_.push_back(make_slot(context, static_cast<std::uint64_t>(i)));
  }

  int slots() const override { return static_cast<int>(slots_.size()); }
  void launch(Stream&, int slot) override { slots_[slot]->launch(); }
  std::vector<Region> outputs(int slot) const override { return {slots_[slot]->output()}; }
  Verification verify(Context&, int slot) override { return slots_[slot]->verify(); }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    // read back: the library may have been built for fewer than it was asked for
    return {{"blas", openblas_get_config()},
            {"blas_threads", std::to_string(openblas_get_num_threads())},
            {"layout", described(layout_)}};
  }

 private:
  static GemmShape shape(const Params& params) {
    return {params.integer("m"), params.integer("n"), params.integer("k")};
  }
  static const GemmPrecision& precision(const Params& params) {
    return *std::ranges::find(gemm_precisions, params.text("precision"), &GemmPrecision::name);
  }
  static std::int64_t slot_bytes(const Params& params) { return operand_bytes(precision(params), shape(params)); }
  std::unique_ptr<Slot> make_slot(Context& context, std::uint64_t index) const {
    const GemmShape s = shape(context.params);
    if (context.params.text("precision") == "fp64")
      return std::make_unique<TypedSlot<double>>(s, layout_, context, index);
    return std::make_unique<TypedSlot<float>>(s, layout_, context, index);
  }

  GemmLayout layout_;
  std::vector<std::unique_ptr<Slot>> slots_;
};

PETAPROOF_WORKLOAD("gemm/openblas", GemmOpenblas);

}  // namespace
}  // namespace petaproof
