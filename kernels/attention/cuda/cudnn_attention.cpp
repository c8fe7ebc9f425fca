// needs: cuda cudnn
#include "kernels/attention/cuda/cudnn_attention.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "kernels/attention/cuda/cudnn_graph.hpp"

namespace cudnn_frontend {
void* cudnn_dlhandle = nullptr;
}

namespace petaproof {
using namespace cudnn;
namespace {

// One pass with its memory.
class Plan {
 public:
  Plan(const AttentionCase& one, AttentionPass pass, cudnnHandle_t handle, Device& device)
      : graph_(one, pass, {.handle = handle}) {
    const std::int64_t bytes = graph_.workspace_bytes();
    // deterministic gradients on Hopper keep the gradient of P whole: 2 bytes for each pair of every head
    if (const auto why = memory_shortage(2 * one.bytes() + bytes, device.facts()))
      throw Error(Domain::not_supported,
                  fmt::format("with the {:.1f} GiB of its engine's workspace this attention {}",
                              static_cast<double>(bytes) * 0x1p-30, *why));
    workspace_ = device.allocate(static_cast<std::size_t>(std::max<std::int64_t>(bytes, 1)));
    const auto& numbers = graph_.numbers();
    numbers_ = device.allocate(std::max<std::size_t>(numbers.size(), 1) * sizeof(float));
    device.copy_from_host(numbers_.data(), numbers.data(), numbers.size() * sizeof(float));
  }

  void enqueue(cudnnHandle_t handle, const AttentionPointers& p) {
    std::unordered_map<std::int64_t, void*> all{
        {uid_q, p.q}, {uid_k, p.k}, {uid_v, p.v}, {uid_o, p.o}, {uid_lse, p.lse}};
    if (p.d_q) all.insert({{uid_d_o, p.d_o}, {uid_d_q, p.d_q}, {uid_d_k, p.d_k}, {uid_d_v, p.d_v}});
    for (std::size_t i = 0; i < graph_.numbers().size(); ++i)
      all.insert({uid_numbers + static_cast<std::int64_t>(i), numbers_.as<float>() + i});
    graph_.execute(handle, all, workspace_.data());
  }

  const cudnn::Graph& graph() const { return graph_; }

 private:
  cudnn::Graph graph_;
  Buffer numbers_;
  Buffer workspace_;
};

// The library's own form of a device's properties (since 9.8, "Deviceless Ahead-of-time Compilation" in its
// documentation). What compute capabilities 9.0 and 10.x have in common is from the CUDA C++ Programming Guide's
// table of technical specifications.
std::shared_ptr<const fe::DeviceProperties> properties_of(const DescribedGpu& gpu) {
  const std::string text = fmt::format(
      R"({{"deviceVer": {}, "deviceName": "{}", "multiProcessorCount": {}, "totalGlobalMem": {}, "l2CacheSize": {},
"smClockRateKHz": {}, "memClockRateKHz": {}, "memoryBusWidth": {}, "maxSharedMemoryPerBlock": 49152,
"maxSharedMemoryPerBlockOptin": 232448, "reservedSharedMemoryPerBlock": 1024, "maxRegistersPerSM": 65536,
"regsPerBlock": 65536, "maxCtasPerSM": 32, "maxThreadsPerSM": 2048, "maxThreadsPerBlock": 1024, "warpSize": 32,
"maxBlockSize": [1024, 1024, 64], "maxGridSize": [2147483647, 65535, 65535], "supportCoopLaunch": 1,
"pciDeviceId": 0, "cudaDeviceId": 0, "isTccDriver": 0, "driverVer": {}}})",
      gpu.capability * 10, gpu.name, gpu.multiprocessors, gpu.memory_bytes, gpu.l2_bytes, gpu.clock_khz,
      gpu.memory_clock_khz, gpu.memory_bus_bits, CUDART_VERSION);
  auto properties = std::make_shared<fe::DeviceProperties>();
  PETAPROOF_CUDNN_RUN(properties->deserialize({text.begin(), text.end()}));
  return properties;
}

}  // namespace

std::optional<std::string> cudnn_shortage() {
  const std::string& why_not = load_cudnn();
  return why_not.empty() ? std::nullopt : std::optional(why_not);
}

std::string cudnn_version() {
  if (cudnn_shortage()) return "none";
  const auto version = fe::detail::get_backend_version();  // 92801 is 9.28.1
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

std::vector<std::pair<std::string, std::string>> plan_cudnn_attention(const AttentionCase& one,
                                                                      const DescribedGpu& gpu) {
  if (auto why = cudnn_shortage()) throw Error(Domain::not_supported, *why);
  const Describing described(gpu);
  const cudnn::Target target{.properties = properties_of(gpu)};
  const cudnn::Graph forward(one, AttentionPass::forward, target);
  if (one.pass == AttentionPass::forward) return forward.notes();
  return cudnn::Graph(one, AttentionPass::backward, target).notes();
}

struct CudnnAttention::Plans {
  Plans(const AttentionCase& one, Device& device) {
    if (auto why = cudnn_shortage()) throw Error(Domain::not_supported, *why);
    PETAPROOF_CUDNN(fe::detail::create_handle(&handle));
    forward.emplace(one, AttentionPass::forward, handle, device);
    if (one.pass == AttentionPass::backward) backward.emplace(one, AttentionPass::backward, handle, device);
  }
  ~Plans() {
    forward.reset();
    backward.reset();
    if (handle) fe::detail::destroy_handle(handle);
  }

  cudnnHandle_t handle = nullptr;
  std::optional<cudaStream_t> stream;  // that the handle was told of
  std::optional<Plan> forward, backward;
};

CudnnAttention::CudnnAttention(const AttentionCase& one, Device& device)
    : plans_(std::make_unique<Plans>(one, device)) {}
CudnnAttention::~CudnnAttention() = default;

void CudnnAttention::enqueue(AttentionPass pass, const AttentionPointers& pointers, cudaStream_t stream) {
  // once, and so before launches are recorded: the library does not say that it may be told while they are
  if (!plans_->stream || *plans_->stream != stream) {
    PETAPROOF_CUDNN(fe::detail::set_stream(plans_->handle, stream));
    plans_->stream = stream;
  }
  (pass == AttentionPass::forward ? plans_->forward : plans_->backward)->enqueue(plans_->handle, pointers);
}

std::vector<std::pair<std::string, std::string>> CudnnAttention::notes() const {
  return (plans_->backward ? plans_->backward : plans_->forward)->graph().notes();
}

}  // namespace petaproof
