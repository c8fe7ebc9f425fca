// needs: cuda
#include "kernels/device/cuda/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>

#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/clock_probe.hpp"
#include "kernels/device/cuda/driver_version.hpp"
#include "kernels/device/cuda/graph.hpp"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/registry.hpp"
#include "kernels/verify/digest.hpp"

namespace petaproof::cuda {
namespace {

class CudaTimer : public Timer {
 public:
  CudaTimer() {
    PETAPROOF_CUDA(cudaEventCreate(&start_));
    PETAPROOF_CUDA(cudaEventCreate(&stop_));
  }
  ~CudaTimer() override {
    PETAPROOF_CUDA_LOG(cudaEventDestroy(start_));
    PETAPROOF_CUDA_LOG(cudaEventDestroy(stop_));
  }
  CudaTimer(const CudaTimer&) = delete;
  CudaTimer& operator=(const CudaTimer&) = delete;

  void start(Stream& stream) override { PETAPROOF_CUDA(cudaEventRecord(start_, handle_of(stream))); }
  void stop(Stream& stream) override { PETAPROOF_CUDA(cudaEventRecord(stop_, handle_of(stream))); }
  double seconds() override {
    PETAPROOF_CUDA(cudaEventSynchronize(stop_));
    float milliseconds = 0;
    PETAPROOF_CUDA(cudaEventElapsedTime(&milliseconds, start_, stop_));
    return 1e-3 * static_cast<double>(milliseconds);
  }

 private:
  cudaEvent_t start_ = nullptr;
  cudaEvent_t stop_ = nullptr;
};

// As nvidia-smi prints it: "GPU-" and the 16 bytes in groups of 4, 2, 2, 2 and 6.
std::string uuid_text(const cudaUUID_t& uuid) {
  std::string text = "GPU";
  for (int i = 0; i < 16; ++i) {
    if (i == 0 || i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(uuid.bytes[i]));
  }
  return text;
}

std::string version_text(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

std::string driver_version() {
  std::ifstream file("/proc/driver/nvidia/version");
  return driver_version_in(std::string(std::istreambuf_iterator<char>(file), {}));
}

// Peak clocks, whatever the GPU is limited to at the moment; left out where they are not told, as a device is none
// the worse for it.
void add_clock(const char* name, cudaDeviceAttr which, int index, DeviceFacts& facts) {
  int kilohertz = 0;
  if (cudaDeviceGetAttribute(&kilohertz, which, index) != cudaSuccess) cudaGetLastError();  // handled
  if (kilohertz > 0) facts.more[name] = std::to_string(kilohertz / 1000);
}

// As scripts/cmake/cuda.cmake asks the compiler; newer devices run the newest PTX.
constexpr const char* oldest_capability = "8.0";

DeviceFacts facts_of(int index) {
  cudaDeviceProp properties{};
  PETAPROOF_CUDA(cudaGetDeviceProperties(&properties, index));
  int driver = 0, runtime = 0;
  PETAPROOF_CUDA(cudaDriverGetVersion(&driver));
  PETAPROOF_CUDA(cudaRuntimeGetVersion(&runtime));
  DeviceFacts facts;
  facts.backend = "cuda";
  facts.name = properties.name;
  facts.uuid = uuid_text(properties.uuid);
  facts.units = properties.multiProcessorCount;
  facts.memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
  facts.cache_bytes = properties.l2CacheSize;
  facts.last_level_cache_bytes = properties.l2CacheSize;
  facts.more["compute_capability"] = fmt::format("{}.{}", properties.major, properties.minor);
  facts.more["pci_bus_id"] =
      fmt::format("{:08x}:{:02x}:{:02x}.0", properties.pciDomainID, properties.pciBusID, properties.pciDeviceID);
  facts.more["ecc"] = properties.ECCEnabled != 0 ? "on" : "off";
  facts.more["driver_supports_cuda"] = version_text(driver);
  facts.more["cuda_runtime"] = version_text(runtime);
  add_clock("max_sm_clock_megahertz", cudaDevAttrClockRate, index, facts);
  add_clock("max_memory_clock_megahertz", cudaDevAttrMemoryClockRate, index, facts);
  if (const std::string version = driver_version(); !version.empty()) facts.more["driver"] = version;
  return facts;
}

class CudaDevice : public Device {
 public:
  CudaDevice(int index, int sharers) : index_(index) {
    PETAPROOF_CUDA(cudaSetDevice(index));
    facts_ = facts_of(index);
    facts_.sharers = std::max(sharers, 1);
    facts_.memory_bytes /= facts_.sharers;
    if (!can_run_kernels())
      refusal_ = fmt::format("{} has compute capability {}, for which nothing was built (oldest: {})", facts_.name,
                             facts_.more.at("compute_capability"), oldest_capability);
    stream_.emplace();
  }

  const DeviceFacts& facts() const override { return facts_; }
  Stream& stream() override { return *stream_; }
  std::unique_ptr<Timer> make_timer() override { return std::make_unique<CudaTimer>(); }
  std::unique_ptr<ClockProbe> make_clock_probe() override { return cuda::make_clock_probe(*this); }
  std::unique_ptr<Recording> record(const std::function<void(Stream&)>& enqueue) override {
    return capture(*stream_, enqueue);
  }
  std::optional<std::string> refusal() const override { return refusal_; }
  double now() const override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }

  Buffer allocate(std::size_t bytes) override {
    void* data = nullptr;
    if (const cudaError_t status = cudaMalloc(&data, std::max<std::size_t>(bytes, 1));
        status == cudaErrorMemoryAllocation)
      refuse_memory(bytes);
    else
      PETAPROOF_CUDA(status);
    return {data, bytes, [](void* p) { PETAPROOF_CUDA_LOG(cudaFree(p)); }};
  }

  // cudaMemcpyDefault: what belongs to the device may lie in pinned host memory (memory/host_device)
  void copy_to_host(void* to, const void* from, std::size_t bytes) override {
    PETAPROOF_CUDA(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream_->handle()));
    stream_->synchronize();
  }
  void copy_from_host(void* to, const void* from, std::size_t bytes) override {
    PETAPROOF_CUDA(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream_->handle()));
    stream_->synchronize();
  }
  void set_bytes(const Region& region, std::uint8_t value) override {
    PETAPROOF_CUDA(cudaMemsetAsync(region.data, value, region.bytes, stream_->handle()));
  }

  std::uint64_t digest(const Region& region) override {
    if (sum_.bytes() == 0) sum_ = allocate(sizeof(std::uint64_t));
    PETAPROOF_CUDA(cudaMemsetAsync(sum_.data(), 0, sizeof(std::uint64_t), stream_->handle()));
    add_digest(region.data, region.bytes, sum_.as<std::uint64_t>(), stream_->handle());
    std::uint64_t sum = 0;
    copy_to_host(&sum, sum_.data(), sizeof sum);
    return sum + digest_hash(~std::uint64_t{0}, region.bytes);
  }

  void flush_cache(Stream& stream) override {
    const auto bytes = static_cast<std::size_t>(2 * facts_.cache_bytes);
    if (flush_.bytes() < bytes) flush_ = allocate(bytes);
    PETAPROOF_CUDA(cudaMemsetAsync(flush_.data(), ++flush_value_, bytes, handle_of(stream)));
  }

 private:
  [[noreturn]] void refuse_memory(std::size_t bytes) const {
    cudaGetLastError();  // this one is handled
    std::size_t free = 0, total = 0;
    PETAPROOF_CUDA(cudaMemGetInfo(&free, &total));
    throw Error(Domain::memory, fmt::format("{:.2f} GiB of device memory needed, {:.2f} GiB free on {} (device {})",
                                            static_cast<double>(bytes) * 0x1p-30, static_cast<double>(free) * 0x1p-30,
                                            facts_.name, index_));
  }

  int index_;
  DeviceFacts facts_;
  std::optional<std::string> refusal_;
  std::optional<CudaStream> stream_;
  Buffer sum_;
  Buffer flush_;
  std::uint8_t flush_value_ = 0;
};

class CudaBackend : public Backend {
 public:
  std::string name() const override { return "cuda"; }
  int device_count() const override {
    int count = 0;
    const cudaError_t status = cudaGetDeviceCount(&count);
    if (status == cudaSuccess) return count;
    cudaGetLastError();
    return 0;
  }
  std::string why_none() const override {
    int count = 0;
    switch (const cudaError_t status = cudaGetDeviceCount(&count)) {
      case cudaSuccess: return count > 0 ? "" : "no CUDA device is visible";
      case cudaErrorNoDevice: return "no CUDA device is visible (CUDA_VISIBLE_DEVICES? a container without GPUs?)";
      case cudaErrorInsufficientDriver: {
        int driver = 0, runtime = 0;
        cudaDriverGetVersion(&driver);
        cudaRuntimeGetVersion(&runtime);
        return driver == 0 ? std::string("no NVIDIA driver is installed")
                           : fmt::format("the driver supports CUDA {}, this build needs {}", version_text(driver),
                                         version_text(runtime));
      }
      default: return fmt::format("{} ({})", cudaGetErrorString(status), cudaGetErrorName(status));
    }
  }
  std::string architecture(int index) const override {
    int major = 0, minor = 0;
    PETAPROOF_CUDA(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, index));
    PETAPROOF_CUDA(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, index));
    return fmt::format("sm_{}{}", major, minor);
  }
  std::string uuid(int index) const override {
    cudaDeviceProp properties{};
    PETAPROOF_CUDA(cudaGetDeviceProperties(&properties, index));
    return uuid_text(properties.uuid);
  }
  std::unique_ptr<Device> open(int index, int sharers) const override {
    return std::make_unique<CudaDevice>(index, sharers);
  }
};

PETAPROOF_BACKEND(CudaBackend);

}  // namespace

CudaStream::CudaStream() {
  PETAPROOF_CUDA(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
}
CudaStream::~CudaStream() {
  PETAPROOF_CUDA_LOG(cudaStreamDestroy(stream_));
}
void CudaStream::synchronize() {
  PETAPROOF_CUDA(cudaStreamSynchronize(stream_));
}

cudaStream_t handle_of(Stream& stream) {
  auto* cuda = dynamic_cast<CudaStream*>(&stream);
  PETAPROOF_INVARIANT(cuda != nullptr);
  return cuda->handle();
}

}  // namespace petaproof::cuda
