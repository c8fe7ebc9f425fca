// A module in place of CUDA's, to see what petaproof-kernels makes of a GPU: a backend "cuda" whose one device is the
// host in disguise, and workloads of which some go wrong.
//
//   FAKE_GPU     its name ("NVIDIA H200"); "none": no device is there
//   FAKE_CLOCK   "stopped": its timers stand still
#include <cstdlib>
#include <string_view>

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

class StoppedTimer : public Timer {
 public:
  void start(Stream&) override {}
  void stop(Stream&) override {}
  double seconds() override { return 0; }
};

class FakeGpu : public testing::HostInDisguise {
 public:
  FakeGpu() : HostInDisguise(Registry::instance().backend("host")->open(0, 1)) {
    DeviceFacts& facts = facts_for_change();
    facts.backend = "cuda";
    facts.name = setting("FAKE_GPU", "NVIDIA H200");
    facts.uuid = "GPU-00000000-0000-0000-0000-000000000000";
    facts.more = {{"driver", "580.0"}};
  }
  std::unique_ptr<Timer> make_timer() override {
    if (setting("FAKE_CLOCK", "") == "stopped") return std::make_unique<StoppedTimer>();
    return HostInDisguise::make_timer();
  }
};

class FakeCuda : public Backend {
 public:
  std::string name() const override { return "cuda"; }
  int device_count() const override { return setting("FAKE_GPU", "") == "none" ? 0 : 1; }
  std::string why_none() const override { return "FAKE_GPU is none"; }
  std::unique_ptr<Device> open(int, int) const override { return std::make_unique<FakeGpu>(); }
};

PETAPROOF_BACKEND(FakeCuda);

// Writes its one number a few thousand times, so that the clock sees it.
class Counting : public Workload {
 public:
  std::optional<std::string> refusal(const Setting&, const Params&) const override { return std::nullopt; }
  void prepare(Context& context) override { out_ = context.device.allocate(sizeof(double)); }
  int slots() const override { return 1; }
  void launch(Stream&, int) override {
    volatile double* out = out_.as<double>();
    for (int i = 0; i <= 10'000; ++i) *out = i;
  }
  std::vector<Region> outputs(int) const override { return {{"out", out_.data(), out_.bytes()}}; }
  Verification verify(Context&, int) override {
    if (*out_.as<double>() == 10'000) return {.pass = true, .detail = {}, .elements_checked = 1};
    return Verification::failed("it is " + std::to_string(*out_.as<double>()));
  }

 protected:
  Buffer out_;
};

class Flops : public Counting {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "pretends to compute",
        .backend = "cuda",
        .params = {ParamSpec::choice("precision", "", {"fp64", "bf16", "int8", "mxfp8", "fp17"}),
                   ParamSpec::flag("fast", "", false).only_with("precision", {"fp17"})}};
    return info;
  }
  std::vector<Quantity> work(const Params& params, int) const override {
    if (params.text("precision") == "int8") return {{"ops", "OP", 5e8}};
    return {{"flops", "FLOP", 5e8}};
  }
  std::vector<std::pair<std::string, std::string>> notes() const override { return {{"algorithm", "7"}}; }
};

PETAPROOF_WORKLOAD("test/flops", Flops);

class VectorFlops : public Counting {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "pretends to compute without tensor cores",
        .backend = "cuda",
        .params = {ParamSpec::choice("path", "", {"vector"}), ParamSpec::choice("precision", "", {"fp64"})}};
    return info;
  }
  std::vector<Quantity> work(const Params&, int) const override { return {{"flops", "FLOP", 5e8}}; }
};

PETAPROOF_WORKLOAD("test/vector", VectorFlops);

class Bytes : public Counting {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{.summary = "pretends to copy", .backend = "cuda", .params = {}};
    return info;
  }
  std::vector<Quantity> work(const Params&, int) const override { return {{"bytes", "B", 3e6}}; }
};

PETAPROOF_WORKLOAD("test/bytes", Bytes);

// A FLOP for each byte, as a product of one row.
class Skinny : public Counting {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{.summary = "pretends to compute little with what it reads",
                                   .backend = "cuda",
                                   .params = {ParamSpec::choice("precision", "", {"bf16", "fp17"})}};
    return info;
  }
  std::vector<Quantity> work(const Params&, int) const override {
    return {{"flops", "FLOP", 3e6}, {"customary_flops", "FLOP", 6e6}, {"bytes", "B", 3e6}};
  }
};

PETAPROOF_WORKLOAD("test/skinny", Skinny);

class Loads : public Counting {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{.summary = "pretends to wait for loads", .backend = "cuda", .params = {}};
    return info;
  }
  std::vector<Quantity> work(const Params&, int) const override { return {{"loads", "load", 1e4}}; }
};

PETAPROOF_WORKLOAD("test/loads", Loads);

class Fault : public Counting {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "goes wrong",
        .backend = "cuda",
        .params = {ParamSpec::choice("fault", "", {"none", "wrong", "later", "idle", "throw", "sticky", "refuse"})}};
    return info;
  }
  std::optional<std::string> refusal(const Setting&, const Params& params) const override {
    if (params.text("fault") == "refuse") return "refused on request";
    return std::nullopt;
  }
  std::vector<Quantity> work(const Params&, int) const override { return {{"flops", "FLOP", 1}}; }
  void prepare(Context& context) override {
    Counting::prepare(context);
    fault_ = context.params.text("fault");
  }
  void launch(Stream& stream, int slot) override {
    const bool first = launches_++ == 0;
    if (fault_ == "idle" && !first) return;  // what the first launch wrote would still be there
    Counting::launch(stream, slot);
    if (fault_ == "wrong" || (fault_ == "later" && !first)) *out_.as<double>() = 1;
    if (fault_ == "throw") throw Error(Domain::cuda, "thrown on request");
    if (fault_ == "sticky")
      throw Error(Domain::cuda, 700, "fault()", "an illegal address", Error::Kind::sticky,
                  std::source_location::current());
  }

 private:
  std::string fault_;
  int launches_ = 0;
};

PETAPROOF_WORKLOAD("test/fault", Fault);

}  // namespace
}  // namespace petaproof
