// A stand-in for the CUDA module, for tests, and the shortest example of a module: a backend "cuda" whose devices are
// the host in disguise, and one workload, test/fault, that adds two arrays and goes wrong on request.
//
// The program loads it like the real one, from $PETAPROOF_MODULE_DIR. What the devices pretend to be is said by
//
//   FAKE_GPUS      how many of them a node has (1)
//   FAKE_VISIBLE   which of them this rank sees, as a scheduler that hides the others does: "2,0" (all)
//   FAKE_GPU       their name ("NVIDIA H100 80GB HBM3")
//   FAKE_CAPABILITY   their compute capability ("9.0")
//   FAKE_CLOCK_MEGAHERTZ   what their cycle counters say (no counters)
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "collectives/communicator.hpp"
#include "kernels/device/environment.hpp"
#include "kernels/device/error.hpp"
#include "kernels/registry.hpp"
#include "kernels/tests/support/host_in_disguise.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

std::string setting(const char* variable, const char* fallback) {
  const char* text = std::getenv(variable);
  return text ? text : fallback;
}

class FakeClockProbe : public ClockProbe {
 public:
  void start(Stream&) override {}
  void stop(Stream&) override {}
  std::optional<ClockReading> read() override {
    return ClockReading{1e6 * std::stod(setting("FAKE_CLOCK_MEGAHERTZ", "")), 0.001, 132};
  }
};

class FakeGpu : public testing::HostInDisguise {
 public:
  FakeGpu(std::unique_ptr<Device> host, const std::string& uuid, int sharers) : HostInDisguise(std::move(host)) {
    DeviceFacts& facts = facts_for_change();
    facts.backend = "cuda";
    facts.name = setting("FAKE_GPU", "NVIDIA H100 80GB HBM3");
    facts.more["compute_capability"] = setting("FAKE_CAPABILITY", "9.0");
    facts.uuid = uuid;
    facts.sharers = sharers;
  }

  std::unique_ptr<ClockProbe> make_clock_probe() override {
    if (setting("FAKE_CLOCK_MEGAHERTZ", "").empty()) return nullptr;
    return std::make_unique<FakeClockProbe>();
  }
};

class FakeCuda : public Backend {
 public:
  std::string name() const override { return "cuda"; }
  int device_count() const override { return static_cast<int>(visible().size()); }
  std::string uuid(int index) const override { return visible().at(static_cast<std::size_t>(index)); }
  std::string why_none() const override { return "FAKE_GPUS is 0"; }
  std::unique_ptr<Device> open(int index, int sharers) const override {
    return std::make_unique<FakeGpu>(Registry::instance().backend("host")->open(0, sharers), uuid(index), sharers);
  }

 private:
  static std::vector<std::string> visible() {
    std::string numbers = setting("FAKE_VISIBLE", "");
    if (numbers.empty())
      for (int i = 0; i < std::atoi(setting("FAKE_GPUS", "1").c_str()); ++i) numbers += fmt::format("{},", i);
    std::vector<std::string> uuids;
    std::istringstream text(numbers);
    for (std::string number; std::getline(text, number, ',');)
      uuids.push_back(fmt::format("GPU-00000000-0000-0000-0000-{:0>12}", number));
    return uuids;
  }
};

PETAPROOF_BACKEND(FakeCuda);

// As NCCL's: collectives/nccl_version.hpp.
const bool sharing_rule_added = (add_sharing_rule([](int process) {
                                   return std::vector<Variable>{{"FAKE_HOSTID", fmt::format("rank-{}", process)}};
                                 }),
                                 true);

constexpr int slot_count = 2;

// sum[i] = i + (i + slot), in double precision. On the rank and from the launch that the parameters name, something
// goes wrong.
class Fault : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "adds two arrays, and goes wrong on request",
        .backend = "cuda",
        .params = {ParamSpec::choice("fault", "what goes wrong",
                                     {"none", "hang", "segv", "abort", "kill", "throw", "throw_sticky", "throw_other",
                                      "memory", "refuse", "wrong", "nan", "bits", "unstable", "slow"}),
                   ParamSpec::choice("where", "throw, throw_sticky, throw_other: in which call",
                                     {"launch", "prepare", "verify"}),
                   ParamSpec::integer("rank", "on which rank", 0, 0, 8191),
                   ParamSpec::integer("after", "launches that still go well", 0, 0, 1'000'000'000),
                   ParamSpec::integer("label", "tells equal cases apart", 0, 0, 1'000'000'000),
                   ParamSpec::bytes("size", "of one array", 64 << 10, 8, 1 << 30),
                   // the judge takes FLOP/s of a known precision for evidence
                   ParamSpec::choice("precision", "what it pretends to be", {"fp64", "bf16", "fp8", "nvfp4"}),
                   ParamSpec::integer("least_capability", "major * 10 + minor", 0, 0, 999).left_out()}};
    return info;
  }

  std::optional<std::string> capability_refusal(int capability, const Params& params) const override {
    const auto found = params.values().find("least_capability");
    const std::int64_t least = found == params.values().end() ? 0 : std::get<std::int64_t>(found->second);
    return capability < least ? std::optional(fmt::format("this needs {}", least)) : std::nullopt;
  }

  std::optional<std::string> refusal(const Setting&, const Params& params) const override {
    // the only fault that cannot tell ranks apart: no context is there yet
    if (params.text("fault") == "refuse") return "refused on request";
    return std::nullopt;
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    return {{"flops", "FLOP", static_cast<double>(params.integer("size") / 8)}};
  }

  void prepare(Context& context) override {
    const auto* collective = dynamic_cast<CollectiveContext*>(&context);
    rank_ = collective ? collective->communicator.rank() : 0;
    fault_ = context.params.integer("rank") == rank_ ? context.params.text("fault") : "none";
    where_ = context.params.text("where");
    after_ = context.params.integer("after");
    count_ = context.params.integer("size") / 8;
    if (fault_ == "memory") context.device.allocate(std::size_t{1} << 60);
    maybe_throw("prepare");
    for (Buffer& sum : sums_) sum = context.device.allocate(static_cast<std::size_t>(8 * count_));
  }

  int slots() const override { return slot_count; }

  void launch(Stream&, int slot) override {
    double* sum = sums_[slot].as<double>();
    for (std::int64_t i = 0; i < count_; ++i) sum[i] = expected(i, slot);
    if (++launches_ > after_) go_wrong(sum);
  }

  std::vector<Region> outputs(int slot) const override { return {{"sum", sums_[slot].data(), sums_[slot].bytes()}}; }

  Verification verify(Context&, int slot) override {
    if (launches_ > after_) maybe_throw("verify");
    const double* sum = sums_[slot].as<double>();
    for (std::int64_t i = 0; i < count_; ++i) {
      // wide enough for `bits`, which only digests can find; and written so that NaN fails
      if (std::abs(sum[i] - expected(i, slot)) <= 1e-9) continue;
      return Verification::failed(
          fmt::format("rank {}, sum[{}]: expected {}, got {}", rank_, i, expected(i, slot), sum[i]));
    }
    return {.pass = true, .detail = "every element", .elements_checked = count_, .worst_error_over_bound = 0};
  }

 private:
  static double expected(std::int64_t i, int slot) { return static_cast<double>(2 * i + slot); }

  void maybe_throw(const char* where) const {
    if (where_ != where) return;
    const std::string message = fmt::format("thrown in {} on request", where);
    if (fault_ == "throw") throw Error(Domain::cuda, message);
    if (fault_ == "throw_sticky")
      throw Error(Domain::cuda, 700, "fault()", message, Error::Kind::sticky, std::source_location::current());
    if (fault_ == "throw_other") throw std::runtime_error(message);
  }

  void go_wrong(double* sum) const {
    if (fault_ == "hang")
      for (;;) pause();
    if (fault_ == "segv") raise(SIGSEGV);
    if (fault_ == "abort") std::abort();
    if (fault_ == "kill") raise(SIGKILL);
    if (fault_ == "slow") usleep(20);
    if (fault_ == "wrong") sum[count_ / 2] += 1;
    if (fault_ == "nan") sum[count_ - 1] = std::numeric_limits<double>::quiet_NaN();
    if (fault_ == "bits") sum[0] += 1e-12;
    if (fault_ == "unstable") sum[0] += 1e-15 * static_cast<double>(launches_);
    maybe_throw("launch");
  }

  int rank_ = 0;
  std::string fault_;
  std::string where_;
  std::int64_t after_ = 0;
  std::int64_t count_ = 0;
  std::int64_t launches_ = 0;
  Buffer sums_[slot_count];
};

PETAPROOF_WORKLOAD("test/fault", Fault);

}  // namespace
}  // namespace petaproof
