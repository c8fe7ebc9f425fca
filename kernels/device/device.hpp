// What a workload and the measuring loop need of a device, whatever it is made of.
//
// Two backends implement this: `host` (CPU cores and host memory, always there) and, in the CUDA module, `cuda`.
// All sizes are bytes, all times seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace petaproof {

/// What the device is; written into the manifest and used to check that ranks hold distinct devices.
struct DeviceFacts {
  std::string backend;  // "host" or "cuda"
  std::string name;     // as the driver or the CPU reports it
  std::string uuid;     // empty where ranks may share the device: the host
  int units = 0;        // CPU cores that this process may use, or SMs
  std::int64_t memory_bytes = 0;
  /// The cache that rotating buffers must overflow three times: L2 (per core used, on the host).
  std::int64_t cache_bytes = 0;
  /// The largest cache before memory; a working set within it does not measure memory.
  std::int64_t last_level_cache_bytes = 0;
  std::map<std::string, std::string> more;  // driver, library versions, instruction sets
};

/// Owned device memory.
class Buffer {
 public:
  Buffer() = default;
  Buffer(void* data, std::size_t bytes, std::function<void(void*)> release)
      : data_(data, std::move(release)), bytes_(bytes) {}

  void* data() const { return data_.get(); }
  std::size_t bytes() const { return bytes_; }
  template <typename T>
  T* as() const {
    return static_cast<T*>(data_.get());
  }

 private:
  std::unique_ptr<void, std::function<void(void*)>> data_{nullptr, [](void*) {}};
  std::size_t bytes_ = 0;
};

/// A region of device memory that somebody else owns.
struct Region {
  std::string name;  // "C", "receive": for messages
  void* data = nullptr;
  std::size_t bytes = 0;
};

/// An ordered queue of work. On the host work runs as it is enqueued.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual void synchronize() = 0;
};

/// Measures the time between two points of a stream, on the device's own clock.
class Timer {
 public:
  virtual ~Timer() = default;
  virtual void start(Stream& stream) = 0;
  virtual void stop(Stream& stream) = 0;
  /// Waits for the second point to pass.
  virtual double seconds() = 0;
};

/// Work that was enqueued once and is replayed as a whole, so that the cost of enqueueing does not limit short
/// launches: a CUDA graph.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void replay(Stream& stream) = 0;
};

/// The clock of the device's multiprocessors, averaged over a stretch of a stream.
struct ClockReading {
  double hertz = 0;
  double tolerance = 0;  // relative: what the two probes can be wrong by, and the multiprocessors' spread
  int units = 0;         // multiprocessors that both probes saw
};

/// Measures that clock: two points of a stream, at each of which every multiprocessor's cycle counter and the
/// device's wall clock are read.
class ClockProbe {
 public:
  virtual ~ClockProbe() = default;
  virtual void start(Stream& stream) = 0;
  virtual void stop(Stream& stream) = 0;
  /// Waits for the second point. Nothing where the counters tell nothing (a reset between the two).
  virtual std::optional<ClockReading> read() = 0;
};

class Device {
 public:
  virtual ~Device() = default;

  virtual const DeviceFacts& facts() const = 0;
  /// Empty if this build can run on the device; otherwise why nothing of it does.
  virtual std::optional<std::string> refusal() const { return std::nullopt; }
  virtual Stream& stream() = 0;
  virtual std::unique_ptr<Timer> make_timer() = 0;
  /// Null on a device without such counters.
  virtual std::unique_ptr<ClockProbe> make_clock_probe() { return nullptr; }
  /// What `enqueue` puts on the stream it is given, for replay; null on a device that cannot record. `enqueue` must not
  /// wait for the device.
  virtual std::unique_ptr<Recording> record(const std::function<void(Stream&)>& enqueue) {
    static_cast<void>(enqueue);
    return nullptr;
  }

  /// Throws Error(memory) with the bytes needed and free.
  virtual Buffer allocate(std::size_t bytes) = 0;
  virtual void copy_to_host(void* to, const void* from, std::size_t bytes) = 0;
  virtual void copy_from_host(void* to, const void* from, std::size_t bytes) = 0;
  virtual void set_bytes(const Region& region, std::uint8_t value) = 0;
  /// A commutative sum of hash(index, bits): see kernels/verify/digest.hpp.
  virtual std::uint64_t digest(const Region& region) = 0;
  /// Evicts what the last launch left in the caches (burst mode measures with a cold L2).
  virtual void flush_cache(Stream& stream) = 0;
  /// Seconds on a monotonic clock: budgets and windows, never rates.
  virtual double now() const = 0;
};

/// A kind of device, and those of it that this process can see.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;
  virtual int device_count() const = 0;
  /// Where device_count() is 0: why ("no CUDA driver is installed").
  virtual std::string why_none() const { return {}; }
  /// `sharers`: processes of this node that use the same device (the host's cores are divided among them).
  virtual std::unique_ptr<Device> open(int index, int sharers) const = 0;
};

}  // namespace petaproof
