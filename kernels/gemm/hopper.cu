// needs: sm_90a
//
// C = A * B by our own kernel for Hopper: BF16 with FP32 sums, row-major, no library. An open second opinion beside
// cuBLASLt. The kernel is in hopper/kernel.cuh, its picture and its figures in README.md.
#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

#include "kernels/device/capability.hpp"
#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/device/cuda/grid_stride.cuh"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/device/cuda/ptx.cuh"
#include "kernels/device/cuda/tensor_map.hpp"
#include "kernels/device/cuda/wgmma.cuh"
#include "kernels/gemm/hopper/kernel.cuh"  // after ptx.cuh and wgmma.cuh
#include "kernels/gemm/precision.hpp"
#include "kernels/verify/cuda/gemm_engine.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

constexpr std::int64_t max_dimension = 65536;
constexpr std::int64_t granularity = 64;  // of m, n and k: less is not tested

struct TensorMaps {
  CUtensorMap a, b, c;
};

template <int cluster, bool checksummed>
__global__ void __launch_bounds__(hopper::block_threads, 1)
    hopper_gemm(hopper::GemmDims dims, const __grid_constant__ TensorMaps maps, unsigned long long* checksum) {
  extern __shared__ unsigned char shared[];
  const auto base = static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
  hopper::gemm<cluster, checksummed>(align_shared(base), dims, {maps.a, maps.b, maps.c, checksum});
}

// The same checksum of C as it lies in memory.
__global__ void checksum_kernel(const std::uint32_t* c, std::size_t words, unsigned long long* sum) {
  std::uint64_t mine = 0;
  for (std::size_t i = cuda::first_item(); i < words; i += cuda::stride()) mine += digest_hash(i, c[i]);
  mine = cuda::ptx::sum_of_warp(mine);
  if (threadIdx.x % 32 == 0) atomicAdd(sum, static_cast<unsigned long long>(mine));
}

class Launch {
 public:
  virtual ~Launch() = default;
  virtual int blocks() const = 0;
  /// `checksum` is added to, if this launch makes one.
  virtual void enqueue(const TensorMaps& maps, unsigned long long* checksum, cudaStream_t stream) const = 0;
};

// As many blocks as are resident at once, in clusters of `cluster`.
template <int cluster, bool checksummed>
class LaunchAs : public Launch {
 public:
  LaunchAs(hopper::GemmDims dims, int multiprocessors) : dims_(dims) {
    PETAPROOF_CUDA(cudaFuncSetAttribute(hopper_gemm<cluster, checksummed>,
                                        cudaFuncAttributeMaxDynamicSharedMemorySize,
                                        static_cast<int>(hopper::shared_bytes)));
    blocks_ = hopper::TileSchedule<cluster>(dims, 0, cluster).blocks();
    blocks_ = std::min(blocks_, resident_blocks(multiprocessors));
  }
  int blocks() const override { return blocks_; }

  void enqueue(const TensorMaps& maps, unsigned long long* checksum, cudaStream_t stream) const override {
    cudaLaunchAttribute attribute{};
    const cudaLaunchConfig_t config = configuration(blocks_, stream, attribute);
    PETAPROOF_CUDA(cudaLaunchKernelEx(&config, hopper_gemm<cluster, checksummed>, dims_, maps, checksum));
  }

 private:
  // `attribute` must outlive the result.
  static cudaLaunchConfig_t configuration(int blocks, cudaStream_t stream, cudaLaunchAttribute& attribute) {
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {cluster, 1, 1};
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(static_cast<unsigned>(blocks));
    config.blockDim = dim3(hopper::block_threads);
    config.dynamicSmemBytes = hopper::shared_bytes;
    config.stream = stream;
    config.attrs = &attribute;
    config.numAttrs = cluster > 1 ? 1 : 0;
    return config;
  }

  // A cluster lies within one group of multiprocessors, so an odd one of a group stays idle.
  static int resident_blocks(int multiprocessors) {
    if (cluster == 1) return multiprocessors;
    cudaLaunchAttribute attribute{};
    const cudaLaunchConfig_t config = configuration(cluster, nullptr, attribute);
    int clusters = 0;
    PETAPROOF_CUDA(cudaOccupancyMaxActiveClusters(&clusters, hopper_gemm<cluster, checksummed>, &config));
    if (clusters < 1) throw Error(Domain::not_supported, "no cluster of 2 thread blocks fits on this device");
    return clusters * cluster;
  }

  hopper::GemmDims dims_;
  int blocks_ = 0;
};

std::unique_ptr<Launch> make_launch(hopper::GemmDims dims, int multiprocessors, std::int64_t cluster,
                                    bool checksummed) {
  if (cluster == 2) {
    if (checksummed) return std::make_unique<LaunchAs<2, true>>(dims, multiprocessors);
    return std::make_unique<LaunchAs<2, false>>(dims, multiprocessors);
  }
  if (checksummed) return std::make_unique<LaunchAs<1, true>>(dims, multiprocessors);
  return std::make_unique<LaunchAs<1, false>>(dims, multiprocessors);
}

struct Slot {
  Buffer a, b, c;
  Buffer checksum;  // if there is one
  TensorMaps maps{};
  std::optional<GemmCheck> check;
};

class GemmHopper : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "matrix product C = A * B by our own kernel for Hopper (TMA, wgmma)",
        .backend = "cuda",
        .params = {
            ParamSpec::choice("precision", "of A, B and C; sums are FP32", {"bf16"}),
            ParamSpec::integer("m", "rows of A and C; a multiple of 64", 8192, 1, max_dimension),
            ParamSpec::integer("n", "columns of B and C; a multiple of 64", 8192, 1, max_dimension),
            ParamSpec::integer("k", "columns of A, rows of B; a multiple of 64", 8192, 1, max_dimension),
            ParamSpec::integer("cluster", "thread blocks that share what they read of B", 1, 1, 2),
            ParamSpec::choice("checksum", "fused: the kernel makes one of C as it stores it, checked afterwards",
                              {"none", "fused"})
                .left_out()}};
    return info;
  }

  std::optional<std::string> capability_refusal(int capability, const Params&) const override {
    return hopper_refusal(capability);
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    const auto& facts = setting.device.facts();
    for (const char* name : {"m", "n", "k"})
      if (params.integer(name) % granularity != 0)
        return std::string(name) + " = " + std::to_string(params.integer(name)) + " is no multiple of 64";
    return memory_shortage(2 * slot_bytes(params), facts);
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    return gemm_work(precision(), shape_of(params));
  }

  void prepare(Context& context) override {
    shape_ = shape_of(context.params);
    const hopper::GemmDims dims{static_cast<int>(shape_.m), static_cast<int>(shape_.n), static_cast<int>(shape_.k)};
    checksummed_ = context.params.text_or("checksum", "none") == "fused";
    launch_ = make_launch(dims, context.device.facts().units, context.params.integer("cluster"), checksummed_);
    engine_.emplace(context.device);
    const int count = context.slots_for(slot_bytes(context.params));
    for (int i = 0; i < count; ++i) slots_.push_back(make_slot(context, static_cast<std::uint64_t>(i)));
  }

  int slots() const override { return static_cast<int>(slots_.size()); }

  void launch(Stream& stream, int slot) override {
    const Slot& s = slots_[slot];
    const cudaStream_t handle = cuda::handle_of(stream);
    auto* const checksum = s.checksum.as<unsigned long long>();
    if (checksummed_) PETAPROOF_CUDA(cudaMemsetAsync(checksum, 0, sizeof *checksum, handle));
    launch_->enqueue(s.maps, checksum, handle);
  }

  std::vector<Region> outputs(int slot) const override {
    const Slot& s = slots_[slot];
    std::vector<Region> regions{{"C", s.c.data(), s.c.bytes()}};
    if (checksummed_) regions.push_back({"checksum", s.checksum.data(), s.checksum.bytes()});
    return regions;
  }

  Verification verify(Context& context, int slot) override {
    if (checksummed_)
      if (auto wrong = wrong_checksum(context.device, slots_[slot])) return Verification::failed(*wrong);
    look_at(slots_[slot]);
    return slots_[slot].check->check(*engine_);
  }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    return {{"tile", std::to_string(hopper::tile_m) + "x" + std::to_string(hopper::tile_n) + "x" +
                         std::to_string(hopper::tile_k)},
            {"stages", std::to_string(hopper::stages)},
            {"blocks", std::to_string(launch_->blocks())}};
  }

 private:
  static constexpr Element element = Element::bf16;

  static GemmShape shape_of(const Params& params) {
    return {params.integer("m"), params.integer("n"), params.integer("k")};
  }
  static std::int64_t slot_bytes(const Params& params) { return operand_bytes(precision(), shape_of(params)); }
  static const GemmPrecision& precision() {
    return *std::ranges::find(gemm_precisions, std::string_view("bf16"), &GemmPrecision::name);
  }

  Slot make_slot(Context& context, std::uint64_t index) {
    const auto [m, n, k] = shape_;
    const auto allocate = [&](std::int64_t count) { return context.device.allocate(bytes_of(element, count)); };
    Slot slot{allocate(m * k), allocate(k * n), allocate(m * n), {}, {}, {}};
    if (checksummed_) slot.checksum = context.device.allocate(sizeof(unsigned long long));
    const cudaStream_t stream = cuda::handle_of(context.device.stream());
    cuda::fill(element, slot.a.data(), m * k, context.fill, context.seed, 2 * index, stream);
    cuda::fill(element, slot.b.data(), k * n, context.fill, context.seed, 2 * index + 1, stream);
    slot.maps = {cuda::make_bf16_tensor_map(slot.a.data(), m, k, hopper::tile_m),
                 cuda::make_bf16_tensor_map(slot.b.data(), k, n, hopper::tile_k),
                 cuda::make_bf16_tensor_map(slot.c.data(), m, n, hopper::wgmma_m)};
    look_at(slot);
    slot.check.emplace(shape_, precision().rounding, *engine_, context.seed + index);
    return slot;
  }

  // Of what the kernel stored against what memory holds.
  static std::optional<std::string> wrong_checksum(Device& device, const Slot& slot) {
    const std::size_t words = slot.c.bytes() / sizeof(std::uint32_t);
    const Buffer sum = device.allocate(sizeof(unsigned long long));
    device.set_bytes({"sum", sum.data(), sum.bytes()}, 0);
    checksum_kernel<<<cuda::blocks_for(words), cuda::block_threads, 0, cuda::handle_of(device.stream())>>>(
        slot.c.as<std::uint32_t>(), words, sum.as<unsigned long long>());
    PETAPROOF_CUDA_LAUNCHED();
    device.stream().synchronize();
    unsigned long long stored = 0, found = 0;
    device.copy_to_host(&stored, slot.checksum.data(), sizeof stored);
    device.copy_to_host(&found, sum.data(), sizeof found);
    if (stored == found) return std::nullopt;
    return "C in memory is not what the kernel stored: its checksum is " + std::to_string(found) +
           ", that of the stores " + std::to_string(stored);
  }

  void look_at(const Slot& slot) {
    const auto [m, n, k] = shape_;
    const auto matrix = [&](const Buffer& data, std::int64_t rows, std::int64_t columns) {
      return cuda::DeviceMatrix::row_major(data.data(), element, rows, columns);
    };
    engine_->look_at(matrix(slot.a, m, k), matrix(slot.b, k, n), matrix(slot.c, m, n));
  }

  GemmShape shape_;
  std::unique_ptr<Launch> launch_;
  bool checksummed_ = false;
  std::optional<cuda::GpuGemmEngine> engine_;
  std::vector<Slot> slots_;
};

PETAPROOF_WORKLOAD("gemm/hopper", GemmHopper);

}  // namespace
}  // namespace petaproof
