// A device whose clock only moves when somebody says so: times in tests are exact, and a window of minutes
// takes none.
//
// It behaves as a GPU does: launches are queued behind each other and take device time, the host runs ahead
// and catches up where it waits. With `enqueue_seconds` 0 and a wait after each launch it behaves as the host
// backend.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "kernels/device/device.hpp"
#include "kernels/verify/digest.hpp"

namespace petaproof::testing {

class FakeDevice : public Device {
 public:
  FakeDevice() {
    facts_.backend = "host";
    facts_.name = "fake";
    facts_.units = 1;
    facts_.memory_bytes = std::int64_t{1} << 30;
    facts_.cache_bytes = 1 << 20;
    facts_.last_level_cache_bytes = 1 << 22;
  }

  DeviceFacts& facts_for_change() { return facts_; }
  double enqueue_seconds = 0;  // host time of one launch
  double flush_seconds = 0;    // device time of one flush
  bool can_record = false;
  bool has_clock_probe = false;
  std::optional<std::string> refuses;
  /// What was asked of the device, in order: f flush, s synchronize, < and > start and stop of a timer, l
  /// launch, w waiting for a timer; [ and ] around what a replay launches, ( and ) start and stop of a clock probe.
  std::string log;
  /// Device time during which the queue was empty between two launches since the log was last cleared.
  double idle_seconds() const { return idle_; }
  void clear_log() {
    log.clear();
    idle_ = 0;
    launched_before_ = false;
  }

  /// Called by fake workloads: one launch that takes `seconds` of device time.
  void enqueue(double seconds) {
    log += 'l';
    host_ += enqueue_seconds;
    if (launched_before_) idle_ += std::max(host_ - queue_end_, 0.0);
    launched_before_ = true;
    queue_end_ = std::max(queue_end_, host_) + seconds;
  }
  /// The host is busy with something else.
  void pass(double seconds) { host_ += seconds; }

  const DeviceFacts& facts() const override { return facts_; }
  Stream& stream() override { return stream_; }
  std::unique_ptr<Timer> make_timer() override { return std::make_unique<FakeTimer>(*this); }
  double now() const override { return host_; }
  std::optional<std::string> refusal() const override { return refuses; }
  std::unique_ptr<ClockProbe> make_clock_probe() override {
    if (!has_clock_probe) return nullptr;
    return std::make_unique<FakeProbe>(*this);
  }
  std::unique_ptr<Recording> record(const std::function<void(Stream&)>& enqueue) override {
    if (!can_record) return nullptr;
    return std::make_unique<FakeRecording>(*this, enqueue);
  }
  Buffer allocate(std::size_t bytes) override { return {std::malloc(bytes), bytes, std::free}; }
  void copy_to_host(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void copy_from_host(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void set_bytes(const Region& region, std::uint8_t value) override { std::memset(region.data, value, region.bytes); }
  std::uint64_t digest(const Region& region) override { return digest_host(region.data, region.bytes); }
  void flush_cache(Stream&) override {
    log += 'f';
    queue_end_ = std::max(queue_end_, host_) + flush_seconds;
  }

 private:
  class FakeStream : public Stream {
   public:
    explicit FakeStream(FakeDevice& device) : device_(device) {}
    void synchronize() override {
      device_.log += 's';
      device_.host_ = std::max(device_.host_, device_.queue_end_);
    }

   private:
    FakeDevice& device_;
  };

  class FakeTimer : public Timer {
   public:
    explicit FakeTimer(FakeDevice& device) : device_(device) {}
    void start(Stream&) override { start_ = mark('<'); }
    void stop(Stream&) override { stop_ = mark('>'); }
    double seconds() override {
      device_.log += 'w';
      device_.host_ = std::max(device_.host_, stop_);
      return stop_ - start_;
    }

   private:
    // an event in a stream: passed once everything queued before it has run
    double mark(char what) {
      device_.log += what;
      return std::max(device_.queue_end_, device_.host_);
    }
    FakeDevice& device_;
    double start_ = 0;
    double stop_ = 0;
  };

  // Replays by calling `enqueue` again; the host pays for one launch.
  class FakeRecording : public Recording {
   public:
    FakeRecording(FakeDevice& device, std::function<void(Stream&)> enqueue)
        : device_(device), enqueue_(std::move(enqueue)) {}
    void replay(Stream& stream) override {
      device_.log += '[';
      const double cost = std::exchange(device_.enqueue_seconds, 0);
      device_.host_ += cost;
      enqueue_(stream);
      device_.enqueue_seconds = cost;
      device_.log += ']';
    }

   private:
    FakeDevice& device_;
    std::function<void(Stream&)> enqueue_;
  };

  class FakeProbe : public ClockProbe {
   public:
    explicit FakeProbe(FakeDevice& device) : device_(device) {}
    void start(Stream&) override { device_.log += '('; }
    void stop(Stream&) override { device_.log += ')'; }
    std::optional<ClockReading> read() override { return ClockReading{1.5e9, 1e-4, 4}; }

   private:
    FakeDevice& device_;
  };

  DeviceFacts facts_;
  FakeStream stream_{*this};
  double host_ = 0;
  double queue_end_ = 0;
  bool launched_before_ = false;
  double idle_ = 0;
};

}  // namespace petaproof::testing
