// A workload that does nothing but take a known time, write a known value and, on request, go wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/measure/progress.hpp"
#include "kernels/workload.hpp"
#include "support/fake_device.hpp"

namespace petaproof::testing {

/// Remembers every phase, and which one goes on.
class RecordingProgress : public Progress {
 public:
  void phase(std::string_view name) override { phases.emplace_back(name); }
  void launched(std::int64_t count) override { counts.push_back(count); }
  std::string current() const { return phases.empty() ? "" : phases.back(); }

  std::vector<std::string> phases;
  std::vector<std::int64_t> counts;
};

class FakeWorkload : public Workload {
 public:
  enum class Point { refusal, prepare, launch, verify };

  explicit FakeWorkload(FakeDevice& device) : device_(device) {
    info_.summary = "takes a known time";
    info_.backend = "host";
  }

  /// Device time of launch `index` (0, 1, 2, ... over the life of the workload).
  std::function<double(std::int64_t index)> seconds = [](std::int64_t) { return 0x1p-10; };
  /// Called at each point, before it does anything: throws where the test wants an error.
  std::function<void(Point)> hook = [](Point) {};
  std::optional<std::string> refuses;
  std::function<std::optional<std::string>(int capability)> needs = [](int) { return std::nullopt; };
  /// What verify() answers besides comparing; empty is well.
  std::function<std::string()> finds = [] { return std::string(); };
  int slot_count = 3;
  /// A relative change of the result from launch to launch, within what verify() tolerates.
  double drift = 0;
  bool is_deterministic = true;

  WorkloadInfo& info_for_change() { return info_; }
  /// Slot of every launch; a test may clear it.
  std::vector<int> launched_slots;

  const WorkloadInfo& info() const override { return info_; }
  std::optional<std::string> capability_refusal(int capability, const Params&) const override {
    return needs(capability);
  }
  std::optional<std::string> refusal(const Setting&, const Params&) const override {
    hook(Point::refusal);
    return refuses;
  }
  std::vector<Quantity> work(const Params&, int) const override { return {{"flops", "FLOP", 1e6}}; }
  bool deterministic(const Params&) const override { return is_deterministic; }
  void prepare(Context& context) override {
    hook(Point::prepare);
    for (int i = 0; i < slot_count; ++i) buffers_.push_back(context.device.allocate(2 * sizeof(double)));
  }
  int slots() const override { return slot_count; }
  void launch(Stream&, int slot) override {
    hook(Point::launch);
    const std::int64_t index = launches_++;
    launched_slots.push_back(slot);
    device_.enqueue(seconds(index));
    if (buffers_.empty()) return;
    auto* out = buffers_[slot].as<double>();
    out[0] = value(slot) * (1 + drift * static_cast<double>(index));
    out[1] = -value(slot);
  }
  std::vector<Region> outputs(int slot) const override {
    return {{"out", buffers_[slot].data(), buffers_[slot].bytes()}};
  }
  Verification verify(Context&, int slot) override {
    hook(Point::verify);
    if (std::string found = finds(); !found.empty()) return Verification::failed(found);
    const auto* out = buffers_[slot].as<double>();
    const double error = std::max(std::abs(out[0] / value(slot) - 1), std::abs(out[1] / value(slot) + 1));
    if (!(error <= 1e-6)) return Verification::failed("out differs");
    // the worst is slot 1's: neither the first nor the last that is looked at
    return {.pass = true,
            .detail = "both elements",
            .elements_checked = 2,
            .worst_error_over_bound = slot == 1 ? 0.5 : 0.25};
  }

 private:
  static double value(int slot) { return 1.0 + slot; }

  FakeDevice& device_;
  WorkloadInfo info_;
  std::vector<Buffer> buffers_;
  std::int64_t launches_ = 0;
};

}  // namespace petaproof::testing
