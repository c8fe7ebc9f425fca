// needs: cuda
#include "kernels/device/cuda/clock_probe.hpp"

#include <vector>

#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/clock_reading.hpp"
#include "kernels/device/cuda/device.hpp"

namespace petaproof::cuda {
namespace {

__device__ std::uint64_t wall_clock() {
  std::uint64_t nanoseconds;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanoseconds));
  return nanoseconds;
}

__device__ unsigned multiprocessor() {
  unsigned id;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(id));
  return id;
}

// The wall clock advances in ticks (32 ns to 1 us on the GPUs that were looked at, and nothing promises either):
// waits for the next one, at most some milliseconds. False if there was none.
__device__ bool wait_for_tick(std::uint64_t& now) {
  constexpr long long patience_cycles = 8'000'000;
  const std::uint64_t before = wall_clock();
  const long long begin = clock64();
  do {
    now = wall_clock();
    if (now != before) return true;
  } while (clock64() - begin < patience_cycles);
  return false;
}

// One thread a block; where two blocks land on one multiprocessor the later one's sample stays, which is as good.
__global__ void read_counters(CounterSample* samples, unsigned count) {
  const unsigned id = multiprocessor();
  if (id >= count) return;
  std::uint64_t first = 0, second = 0;
  CounterSample sample{0, 0, 0};
  if (wait_for_tick(first) && wait_for_tick(second))
    sample = {static_cast<std::uint64_t>(clock64()), second, second - first};
  samples[id] = sample;
}

class CudaClockProbe : public ClockProbe {
 public:
  explicit CudaClockProbe(Device& device)
      : device_(device),
        blocks_(static_cast<unsigned>(device.facts().units)),
        // multiprocessor numbers may have gaps where some are fused off
        capacity_(2 * blocks_),
        before_(device.allocate(capacity_ * sizeof(CounterSample))),
        after_(device.allocate(capacity_ * sizeof(CounterSample))) {
    // the driver loads a kernel when it is first launched: not within somebody's stretch
    sample(before_, device.stream());
  }

  void start(Stream& stream) override { sample(before_, stream); }
  void stop(Stream& stream) override { sample(after_, stream); }
  std::optional<ClockReading> read() override { return clock_reading(fetch(before_), fetch(after_)); }

 private:
  void sample(const Buffer& to, Stream& stream) {
    PETAPROOF_CUDA(cudaMemsetAsync(to.data(), 0, to.bytes(), handle_of(stream)));
    read_counters<<<blocks_, 1, 0, handle_of(stream)>>>(to.as<CounterSample>(), capacity_);
    PETAPROOF_CUDA_LAUNCHED();
  }
  std::vector<CounterSample> fetch(const Buffer& from) {
    std::vector<CounterSample> samples(capacity_);
    device_.copy_to_host(samples.data(), from.data(), from.bytes());
    return samples;
  }

  Device& device_;
  unsigned blocks_;
  unsigned capacity_;
  Buffer before_;
  Buffer after_;
};

}  // namespace

std::unique_ptr<ClockProbe> make_clock_probe(Device& device) {
  return std::make_unique<CudaClockProbe>(device);
}

}  // namespace petaproof::cuda
