// Host memory latency by pointer chase on one core.
#include "kernels/memory/chase.hpp"

namespace petaproof {
namespace {

constexpr std::int64_t line_bytes = 64;

class MemoryHostLatency : public Chase {
 public:
  MemoryHostLatency() : Chase(line_bytes) {}

  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "host memory latency: one core chases pointers", .backend = "host", .params = params(line_bytes)};
    return info;
  }

  void launch(Stream&, int slot) override {
    const char* at = start(slot);
    for (std::int64_t i = loads(); i > 0; --i) at = *reinterpret_cast<const char* const*>(at);
    *end(slot) = static_cast<unsigned long long>((at - memory()) / stride());
  }

 private:
  void link(Context&, const std::vector<std::uint32_t>& next) override {
    for (std::size_t i = 0; i < next.size(); ++i)
      *reinterpret_cast<char**>(memory() + static_cast<std::int64_t>(i) * stride()) = memory() + next[i] * stride();
  }
};

PETAPROOF_WORKLOAD("memory/host_latency", MemoryHostLatency);

}  // namespace
}  // namespace petaproof
