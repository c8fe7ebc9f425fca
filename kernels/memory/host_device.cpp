// needs: cuda
//
// Copies between pinned host memory and device memory by cudaMemcpyAsync: to the device, from it, and both at once on
// two streams, which full-duplex links and two copy engines allow.
//
// Verified by digest: what lies at the destination, digested there, against the source, digested where it was made,
// before anything was copied. The CPU computes the one and the GPU the other, by code of their own.
#include <fmt/format.h>

#include <optional>
#include <vector>

#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/flops.hpp"
#include "kernels/verify/digest.hpp"

namespace petaproof {
namespace {

struct Event {
  Event() { PETAPROOF_CUDA(cudaEventCreateWithFlags(&handle, cudaEventDisableTiming)); }
  ~Event() { PETAPROOF_CUDA_LOG(cudaEventDestroy(handle)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  cudaEvent_t handle = nullptr;
};

// A second stream beside one that work is given on. By events alone, so that it is captured into a graph as well.
class Beside {
 public:
  template <typename Enqueue>
  void run(cudaStream_t given, const Enqueue& enqueue) {
    PETAPROOF_CUDA(cudaEventRecord(fork_.handle, given));
    PETAPROOF_CUDA(cudaStreamWaitEvent(stream_.handle(), fork_.handle, 0));
    enqueue(stream_.handle());
    PETAPROOF_CUDA(cudaEventRecord(join_.handle, stream_.handle()));
  }
  void join(cudaStream_t given) { PETAPROOF_CUDA(cudaStreamWaitEvent(given, join_.handle, 0)); }

 private:
  cuda::CudaStream stream_;
  Event fork_, join_;
};

// Page-locked, so that the device's copy engines reach it; elsewhere a copy goes through a small buffer of the
// driver's.
Buffer allocate_pinned(std::size_t bytes) {
  void* data = nullptr;
  const cudaError_t status = cudaHostAlloc(&data, bytes, cudaHostAllocDefault);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // handled here
    throw Error(Domain::memory, fmt::format("{:.2f} GiB of pinned host memory needed, and the system gives no more",
                                            static_cast<double>(bytes) * 0x1p-30));
  }
  PETAPROOF_CUDA(status);
  return {data, bytes, [](void* p) { PETAPROOF_CUDA_LOG(cudaFreeHost(p)); }};
}

// One way: a source, where it is to arrive, and the digest of what arrives if all is well.
struct Way {
  cudaMemcpyKind kind;
  Buffer from, to;
  std::uint64_t digest = 0;

  void enqueue(cudaStream_t stream) const {
    PETAPROOF_CUDA(cudaMemcpyAsync(to.data(), from.data(), to.bytes(), kind, stream));
  }
};

using Slot = std::vector<Way>;

class MemoryHostDevice : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "copies between pinned host memory and the device",
        .backend = "cuda",
        .params = {ParamSpec::choice("direction", "to_device, from_device, or both at once, their bytes added",
                                     {"to_device", "from_device", "both"}),
                   ParamSpec::bytes("size", "of each direction's copy", 256 << 20, 16, std::int64_t{1} << 40)}};
    return info;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    const std::int64_t bytes = 2 * ways(params) * params.integer("size");
    if (auto shortage = memory_shortage(bytes, setting.device.facts())) return shortage;
    // what is pinned cannot be swapped out: refused before the system runs short of it
    const auto host = Registry::instance().backend("host")->open(0, setting.device.facts().sharers);
    if (auto shortage = memory_shortage(bytes, host->facts())) return "on the host: " + *shortage;
    return std::nullopt;
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    return {{"link_bytes", "B", transfer_bytes(params.integer("size"), ways(params))}};
  }

  void prepare(Context& context) override {
    const auto bytes = static_cast<std::size_t>(context.params.integer("size"));
    const std::string& direction = context.params.text("direction");
    const int count = context.slots_for(ways(context.params) * context.params.integer("size"));
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
      Slot& slot = slots_.emplace_back();
      if (direction != "from_device") slot.push_back(make_to_device(context, bytes, 2 * i));
      if (direction != "to_device") slot.push_back(make_from_device(context, bytes, 2 * i + 1));
    }
    if (direction == "both") beside_.emplace();
  }

  int slots() const override { return static_cast<int>(slots_.size()); }

  void launch(Stream& stream, int slot) override {
    const cudaStream_t on = cuda::handle_of(stream);
    const Slot& ways = slots_[slot];
    if (beside_) beside_->run(on, [&](cudaStream_t beside) { ways[1].enqueue(beside); });
    ways[0].enqueue(on);
    if (beside_) beside_->join(on);
  }

  // Pinned host memory has one address for both sides, so that the device sets and digests it as its own.
  std::vector<Region> outputs(int slot) const override {
    std::vector<Region> regions;
    for (const Way& way : slots_[slot]) regions.push_back({name_of(way), way.to.data(), way.to.bytes()});
    return regions;
  }

  Verification verify(Context& context, int slot) override {
    context.device.stream().synchronize();  // the CPU reads for itself
    std::int64_t words = 0;
    for (const Way& way : slots_[slot]) {
      const bool on_device = way.kind == cudaMemcpyHostToDevice;
      const std::uint64_t got = on_device ? context.device.digest({name_of(way), way.to.data(), way.to.bytes()})
                                          : digest_host(way.to.data(), way.to.bytes());
      if (got != way.digest)
        return Verification::failed(fmt::format("what arrived {} is not what was sent: digest {:016x}, not {:016x}",
                                                name_of(way), got, way.digest));
      words += static_cast<std::int64_t>((way.to.bytes() + 7) / 8);
    }
    return {.pass = true,
            .detail = "digest of every byte that arrived",
            .elements_checked = words,
            .worst_error_over_bound = 0};
  }

 private:
  static int ways(const Params& params) { return params.text("direction") == "both" ? 2 : 1; }

  static const char* name_of(const Way& way) {
    return way.kind == cudaMemcpyHostToDevice ? "on the device" : "on the host";
  }

  // The elements are made on the device, which takes a moment, and brought to the host byte for byte.
  static Buffer make_source(Context& context, std::size_t bytes, std::uint64_t stream_number) {
    Buffer source = context.device.allocate((bytes + 7) / 8 * 8);
    cuda::fill(Element::fp64, source.data(), static_cast<std::int64_t>(source.bytes() / 8), context.fill,
               context.seed, stream_number, cuda::handle_of(context.device.stream()));
    return source;
  }
  static Way make_to_device(Context& context, std::size_t bytes, std::uint64_t stream_number) {
    const Buffer source = make_source(context, bytes, stream_number);
    Way way{cudaMemcpyHostToDevice, allocate_pinned(bytes), context.device.allocate(bytes)};
    context.device.copy_to_host(way.from.data(), source.data(), bytes);
    way.digest = digest_host(way.from.data(), bytes);
    return way;
  }
  static Way make_from_device(Context& context, std::size_t bytes, std::uint64_t stream_number) {
    Way way{cudaMemcpyDeviceToHost, make_source(context, bytes, stream_number), allocate_pinned(bytes)};
    way.digest = context.device.digest({"", way.from.data(), bytes});
    return way;
  }

  std::vector<Slot> slots_;
  std::optional<Beside> beside_;
};

PETAPROOF_WORKLOAD("memory/host_device", MemoryHostDevice);

}  // namespace
}  // namespace petaproof
