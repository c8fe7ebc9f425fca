// needs: cuda
//
// Device memory latency by pointer chase: one thread of one block, plain loads, which L1 and L2 cache. A working set
// within L1 has to be walked round many times by one launch (`loads` over the lines of the set), since L1 is empty
// when a kernel starts; what L2 holds it keeps from launch to launch. In burst mode, which flushes L2 before each
// launch, smaller sets begin in memory: batched is the mode for latencies.
#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/memory/chase.hpp"
#include "kernels/memory/cuda/chase.cuh"

namespace petaproof {
namespace {

constexpr std::int64_t line_bytes = 128;  // of L1 and L2, on every GPU since Volta

class MemoryLatency : public Chase {
 public:
  MemoryLatency() : Chase(line_bytes) {}

  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{.summary = "device memory latency: one thread chases pointers",
                                   .backend = "cuda",
                                   .params = params(line_bytes)};
    return info;
  }

  void launch(Stream& stream, int slot) override {
    cuda::chase_lines<<<1, 1, 0, cuda::handle_of(stream)>>>(start(slot), loads(), memory(),
                                                            static_cast<std::size_t>(stride()), end(slot));
    PETAPROOF_CUDA_LAUNCHED();
  }

 private:
  void link(Context& context, const std::vector<std::uint32_t>& next) override {
    const Buffer on_device = context.device.allocate(4 * next.size());
    context.device.copy_from_host(on_device.data(), next.data(), on_device.bytes());
    cuda::link_lines<<<cuda::blocks_for(next.size()), cuda::block_threads, 0,
                       cuda::handle_of(context.device.stream())>>>(memory(), on_device.as<std::uint32_t>(),
                                                                   next.size(), static_cast<std::size_t>(stride()));
    PETAPROOF_CUDA_LAUNCHED();
    context.device.stream().synchronize();  // before what it reads is freed
  }
};

PETAPROOF_WORKLOAD("memory/latency", MemoryLatency);

}  // namespace
}  // namespace petaproof
