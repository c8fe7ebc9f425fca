// needs: cuda cublaslt
//
// C = A * B by cuBLASLt: FP64, FP32 without TF32, TF32 and BF16, row-major, alpha 1 and beta 0. The algorithm is the
// first of the library's own heuristic; which it is, and in what arithmetic the library says it computes, is in the
// record.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "kernels/device/cuda/cublaslt.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/flops.hpp"
#include "kernels/gemm/cuda/lt_algorithm.hpp"
#include "kernels/gemm/precision.hpp"
#include "kernels/verify/cuda/gemm_engine.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

constexpr std::int64_t max_dimension = 65536;
// cuBLAS's documentation recommends 32 MiB for Hopper, 4 MiB before; more than recommended does no harm.
constexpr std::size_t workspace_bytes = std::size_t{32} << 20;

// How cuBLASLt is asked for a precision, and with what kind of operands an algorithm for it may compute.
struct Request {
  std::string_view precision;
  cudaDataType_t stored;
  cudaDataType_t scale;
  cublasComputeType_t compute;
  const char* math_mode;
};

constexpr Request requests[] = {
    {"fp64", CUDA_R_64F, CUDA_R_64F, CUBLAS_COMPUTE_64F, "CUBLAS_COMPUTE_64F"},
    // 32F alone: neither FAST_TF32 nor the emulation by nine BF16 products
    {"fp32", CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F, "CUBLAS_COMPUTE_32F"},
    {"tf32", CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32, "CUBLAS_COMPUTE_32F_FAST_TF32"},
    {"bf16", CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F, "CUBLAS_COMPUTE_32F"},
    // 32F, not 16F: sums in FP16 are another, less exact product
    {"fp16", CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F, "CUBLAS_COMPUTE_32F"},
};

template <typename Table>
const auto& find(const Table& table, std::string_view precision,
                 std::string_view std::decay_t<decltype(table[0])>::* name) {
  return *std::ranges::find(table, precision, name);
}

// One matrix product, its algorithm chosen; the same for every slot.
class Product {
 public:
  Product(const Request& request, GemmShape shape, Device& device)
      : handle_(cuda::make_lt_handle()),
        desc_(cuda::make_lt_matmul_desc(request.compute, request.scale)),
        // The library is column-major: what is row-major to us is the transpose to it, and C' = B' * A'.
        first_(cuda::make_lt_layout(request.stored, shape.n, shape.k, shape.n)),
        second_(cuda::make_lt_layout(request.stored, shape.k, shape.m, shape.k)),
        result_(cuda::make_lt_layout(request.stored, shape.n, shape.m, shape.n)),
        workspace_(device.allocate(workspace_bytes)),
        is_double_(request.scale == CUDA_R_64F) {
    choose_algorithm(request);
  }

  void enqueue(const void* a, const void* b, void* c, cudaStream_t stream) const {
    static constexpr double one = 1, zero = 0;
    static constexpr float one_float = 1, zero_float = 0;
    const void* alpha = is_double_ ? static_cast<const void*>(&one) : &one_float;
    const void* beta = is_double_ ? static_cast<const void*>(&zero) : &zero_float;
    PETAPROOF_CUBLAS(cublasLtMatmul(handle_.get(), desc_.get(), alpha, b, first_.get(), a, second_.get(), beta, c,
                                    result_.get(), c, result_.get(), &algorithm_, workspace_.data(), workspace_bytes,
                                    stream));
  }

  const LtAlgorithm& algorithm() const { return described_; }

 private:
  // The heuristic's first choice, unless its arithmetic is not what was asked for.
  void choose_algorithm(const Request& request) {
    std::array<cublasLtMatmulHeuristicResult_t, 32> found{};
    int count = 0;
    const cuda::LtPreference preference = cuda::make_lt_preference(workspace_bytes);
    PETAPROOF_CUBLAS(cublasLtMatmulAlgoGetHeuristic(handle_.get(), desc_.get(), first_.get(), second_.get(),
                                                    result_.get(), result_.get(), preference.get(),
                                                    static_cast<int>(found.size()), found.data(), &count));
    std::string refused;
    for (int i = 0; i < count; ++i) {
      if (found[i].state != CUBLAS_STATUS_SUCCESS) continue;
      described_ = LtAlgorithm::of(found[i]);
      described_.heuristic_rank = i;
      if (const auto why = described_.substitutes_for(request.precision)) {
        refused = *why;
        continue;
      }
      algorithm_ = found[i].algo;
      return;
    }
    throw Error(Domain::not_supported,
                fmt::format("cuBLASLt {} has no algorithm for {} in this shape{}{}", cuda::lt_version(),
                            request.precision, refused.empty() ? "" : " that computes in it: ", refused));
  }

  cuda::LtHandle handle_;
  cuda::LtMatmulDesc desc_;
  cuda::LtLayout first_, second_, result_;
  Buffer workspace_;
  bool is_double_;
  cublasLtMatmulAlgo_t algorithm_{};
  LtAlgorithm described_;
};

struct Slot {
  Buffer a, b, c;
  std::optional<GemmCheck> check;
};

class GemmCublasLt : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "matrix product C = A * B by cuBLASLt, heuristic algorithm",
        .backend = "cuda",
        .params = {ParamSpec::choice("precision",
                                     "fp64, fp32 (never TF32), tf32 (FP32 in memory), bf16 and fp16 (FP32 sums)",
                                     {"fp64", "fp32", "tf32", "bf16", "fp16"}),
                   ParamSpec::integer("m", "rows of A and C", 8192, 1, max_dimension),
                   ParamSpec::integer("n", "columns of B and C", 8192, 1, max_dimension),
                   ParamSpec::integer("k", "columns of A, rows of B", 8192, 1, max_dimension)}};
    return info;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    const std::int64_t bytes = 2 * slot_bytes(params) + static_cast<std::int64_t>(workspace_bytes);
    return memory_shortage(bytes, setting.device.facts());
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    const auto [m, n, k] = shape_of(params);
    return {{"flops", "FLOP", gemm_flops(m, n, k)}};
  }

  void prepare(Context& context) override {
    shape_ = shape_of(context.params);
    precision_ = &precision_of(context.params);
    request_ = &find(requests, precision_->name, &Request::precision);
    product_.emplace(*request_, shape_, context.device);
    engine_.emplace(context.device);
    const int count = context.slots_for(slot_bytes(context.params));
    for (int i = 0; i < count; ++i) slots_.push_back(make_slot(context, static_cast<std::uint64_t>(i)));
  }

  int slots() const override { return static_cast<int>(slots_.size()); }

  void launch(Stream& stream, int slot) override {
    const Slot& s = slots_[slot];
    product_->enqueue(s.a.data(), s.b.data(), s.c.data(), cuda::handle_of(stream));
  }

  std::vector<Region> outputs(int slot) const override {
    return {{"C", slots_[slot].c.data(), slots_[slot].c.bytes()}};
  }

  Verification verify(Context&, int slot) override {
    look_at(slots_[slot]);
    return slots_[slot].check->check(*engine_);
  }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    auto notes = product_->algorithm().notes();
    notes.emplace_back("cublaslt", cuda::lt_version());
    notes.emplace_back("math_mode", request_->math_mode);
    return notes;
  }

 private:
  static GemmShape shape_of(const Params& params) {
    return {params.integer("m"), params.integer("n"), params.integer("k")};
  }
  static const GemmPrecision& precision_of(const Params& params) {
    return find(gemm_precisions, params.text("precision"), &GemmPrecision::name);
  }
  static std::int64_t slot_bytes(const Params& params) {
    const auto [m, n, k] = shape_of(params);
    return size_of(precision_of(params).element) * (m * k + k * n + m * n);
  }

  Slot make_slot(Context& context, std::uint64_t index) {
    const auto [m, n, k] = shape_;
    const Element element = precision_->element;
    const auto allocate = [&](std::int64_t count) { return context.device.allocate(size_of(element) * count); };
    Slot slot{allocate(m * k), allocate(k * n), allocate(m * n), {}};
    const cudaStream_t stream = cuda::handle_of(context.device.stream());
    cuda::fill(element, slot.a.data(), m * k, context.fill, context.seed, 2 * index, stream);
    cuda::fill(element, slot.b.data(), k * n, context.fill, context.seed, 2 * index + 1, stream);
    look_at(slot);
    slot.check.emplace(shape_, precision_->rounding, *engine_, context.seed + index);
    return slot;
  }

  void look_at(const Slot& slot) {
    const auto [m, n, k] = shape_;
    const auto matrix = [&](const Buffer& data, std::int64_t rows, std::int64_t columns) {
      return cuda::DeviceMatrix::row_major(data.data(), precision_->element, rows, columns);
    };
    engine_->look_at(matrix(slot.a, m, k), matrix(slot.b, k, n), matrix(slot.c, m, n));
  }

  GemmShape shape_;
  const GemmPrecision* precision_ = nullptr;
  const Request* request_ = nullptr;
  std::optional<Product> product_;
  std::optional<cuda::GpuGemmEngine> engine_;
  std::vector<Slot> slots_;
};

PETAPROOF_WORKLOAD("gemm/cublaslt", GemmCublasLt);

}  // namespace
}  // namespace petaproof
