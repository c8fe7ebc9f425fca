// The host backend: CPU cores and host memory as a device.
//
// Not a mock: it is measured and verified like any other, and makes everything above the kernels testable with real
// ranks on any machine. Its records say backend "host", on which no claim about a GPU can rest.
#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>

#include "kernels/device/device.hpp"
#include "kernels/device/error.hpp"
#include "kernels/registry.hpp"
#include "kernels/verify/digest.hpp"

namespace petaproof {
namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Work runs as it is enqueued, so there is nothing to wait for.
class HostStream : public Stream {
 public:
  void synchronize() override {}
};

class HostTimer : public Timer {
 public:
  void start(Stream&) override { start_ = steady_seconds(); }
  void stop(Stream&) override { stop_ = steady_seconds(); }
  double seconds() override { return stop_ - start_; }

 private:
  double start_ = 0;
  double stop_ = 0;
};

std::string cpu_model() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);)
    if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
  return "unknown CPU";
}

std::int64_t memory_of_system() {
  std::ifstream meminfo("/proc/meminfo");
  std::string key;
  std::int64_t kib = 0;
  for (std::string unit; meminfo >> key >> kib; std::getline(meminfo, unit))
    if (key == "MemAvailable:") return kib * 1024;
  return 0;
}

// What is left to a container (cgroup v2), where exceeding it means being killed; nothing without a limit.
std::optional<std::int64_t> memory_of_container() {
  std::int64_t limit = 0, used = 0;
  std::ifstream max("/sys/fs/cgroup/memory.max"), current("/sys/fs/cgroup/memory.current");
  if (!(max >> limit) || !(current >> used)) return std::nullopt;
  return std::max<std::int64_t>(limit - used, 0);
}

std::int64_t memory_available() {
  const std::int64_t system = memory_of_system();
  return std::min(system, memory_of_container().value_or(system));
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  PETAPROOF_POSIX(sched_getaffinity(0, sizeof set, &set));
  return std::max(CPU_COUNT(&set), 1);
}

std::int64_t cache_size(int name) {
  return std::max<std::int64_t>(sysconf(name), 0);
}

DeviceFacts host_facts(int sharers) {
  DeviceFacts facts;
  facts.backend = "host";
  facts.name = cpu_model();
  // Ranks that a launcher bound to cores of their own share none of them; the others share what they all may use.
  const bool bound = usable_cores() * sharers <= sysconf(_SC_NPROCESSORS_ONLN);
  facts.units = bound ? usable_cores() : std::max(usable_cores() / std::max(sharers, 1), 1);
  facts.memory_bytes = memory_available() / std::max(sharers, 1);
  facts.cache_bytes = std::max<std::int64_t>(cache_size(_SC_LEVEL2_CACHE_SIZE), 1 << 20) * facts.units;
  facts.last_level_cache_bytes = std::max(cache_size(_SC_LEVEL3_CACHE_SIZE), facts.cache_bytes);
  facts.more["cores_usable"] = std::to_string(usable_cores());
  facts.more["ranks_sharing"] = std::to_string(sharers);
  return facts;
}

class HostDevice : public Device {
 public:
  explicit HostDevice(int sharers) : facts_(host_facts(sharers)) {}

  const DeviceFacts& facts() const override { return facts_; }
  Stream& stream() override { return stream_; }
  std::unique_ptr<Timer> make_timer() override { return std::make_unique<HostTimer>(); }
  double now() const override { return steady_seconds(); }

  // mmap and not malloc: page-aligned whatever came before, so that a run's alignment repeats; and Linux would
  // rather kill a process later than refuse malloc now, so what is available is looked at first.
  Buffer allocate(std::size_t bytes) override {
    const std::int64_t available = memory_available();
    const auto refuse = [&] {
      throw Error(Domain::memory,
                  fmt::format("{:.2f} GiB of host memory needed, {:.2f} GiB available",
                              static_cast<double>(bytes) * 0x1p-30, static_cast<double>(available) * 0x1p-30));
    };
    if (static_cast<std::int64_t>(bytes) > available) refuse();
    const std::size_t length = std::max<std::size_t>(bytes, 1);
    void* data = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) refuse();
    madvise(data, length, MADV_HUGEPAGE);  // a hint: fewer TLB misses where the kernel grants it
    return {data, bytes, [length](void* p) { PETAPROOF_POSIX_LOG(munmap(p, length)); }};
  }

  void copy_to_host(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void copy_from_host(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void set_bytes(const Region& region, std::uint8_t value) override { std::memset(region.data, value, region.bytes); }
  std::uint64_t digest(const Region& region) override { return digest_host(region.data, region.bytes); }

  // Writing twice the size of the L2 caches leaves nothing else in that of the writing core. Larger shared caches,
  // and other cores', keep what they hold: a burst on the host is not as cold as one on a GPU.
  void flush_cache(Stream&) override {
    const auto bytes = static_cast<std::size_t>(2 * facts_.cache_bytes);
    if (flush_.bytes() < bytes) flush_ = allocate(bytes);
    std::memset(flush_.data(), ++flush_value_, bytes);
  }

 private:
  DeviceFacts facts_;
  HostStream stream_;
  Buffer flush_;
  std::uint8_t flush_value_ = 0;
};

class HostBackend : public Backend {
 public:
  std::string name() const override { return "host"; }
  int device_count() const override { return 1; }
  std::unique_ptr<Device> open(int, int sharers) const override { return std::make_unique<HostDevice>(sharers); }
};

PETAPROOF_BACKEND(HostBackend);

}  // namespace
}  // namespace petaproof
