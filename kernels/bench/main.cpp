// petaproof-kernels: every workload of kernels/ that one device runs by itself, under Google Benchmark, for work on
// one kernel at a time.
//
//   petaproof-kernels --benchmark_filter=gemm/openblas --benchmark_repetitions=5 --benchmark_out=new.json
//
// All flags are Google Benchmark's own, and so is its output: its tools/compare.py and whatever else reads the format
// work. A time is that of one launch, alone, on the device's own clock (manual time), with cold caches, as in the mode
// `burst` of `petaproof run`. Results are verified before they are timed, and those of the timed launches again.
//
// Exit codes: 0 all is well; 1 a benchmark went wrong, which the library itself ignores, or the filter matches none;
// 3 a flag that is none. For numbers to publish use `petaproof run`: it warms up until steady and records what it
// saw.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "kernels/bench/peaks.hpp"
#include "kernels/bench/provenance.hpp"
#include "kernels/bench/session.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::bench {
namespace {

class Program {
 public:
  explicit Program(Session& session) : session_(session) {
    for (const Subject& subject : session.subjects())
      benchmark::RegisterBenchmark(subject.name.c_str(), [this, &subject](benchmark::State& state) {
        run(state, subject);
      })->UseManualTime();
  }

  bool any_failed() const { return any_failed_; }

 private:
  void fail(benchmark::State& state, const std::string& why) {
    any_failed_ = true;
    state.SkipWithError(why.c_str());
  }

  void run(benchmark::State& state, const Subject& subject) {
    if (!broken_.empty()) return fail(state, "not run: the device is unusable after: " + broken_);
    try {
      measure(state, subject);
    } catch (const Error& error) {
      if (error.sticky()) broken_ = error.what();
      session_.forget_prepared();
      fail(state, error.describe());
    } catch (const std::exception& error) {  // bad_alloc and whatever a library throws
      session_.forget_prepared();
      fail(state, error.what());
    }
  }

  void measure(benchmark::State& state, const Subject& subject) {
    Prepared& prepared = session_.prepared(subject);
    if (!prepared.wrong().empty()) return fail(state, prepared.wrong());
    prepared.poison_outputs();
    double total = 0;
    for (auto unused : state) {
      (void)unused;
      const double seconds = prepared.launch();
      // of a clock that stands still or runs backwards anything would follow
      if (!(seconds > 0) || !std::isfinite(seconds))
        return fail(state, fmt::format("broken timing: a launch took {} s", seconds));
      state.SetIterationTime(seconds);
      total += seconds;
    }
    if (const std::string wrong = prepared.verify(); !wrong.empty()) return fail(state, wrong);
    count(state, subject, prepared, total / static_cast<double>(state.iterations()));
  }

  static void count(benchmark::State& state, const Subject& subject, const Prepared& prepared, double seconds) {
    using benchmark::Counter;
    const std::vector<Quantity> work = prepared.workload().work(subject.params, 1);
    for (const Quantity& quantity : work) {
      state.counters[fmt::format("{}_per_second", quantity.name)] =
          Counter(quantity.per_launch, Counter::kIsIterationInvariantRate);
      if (quantity.name == "loads")  // each waits for the one before: a latency
        state.counters["seconds_per_load"] =
            Counter(quantity.per_launch, Counter::kIsIterationInvariantRate | Counter::kInvert);
    }
    // a plain number: of a rate the console would say "per second"
    if (const auto share = share_of_nearest_peak(prepared.device_name(), work, subject.params, seconds))
      state.counters["percent_of_peak"] = 100 * *share;
    std::string label;
    for (const auto& [key, value] : prepared.workload().notes())
      label += fmt::format("{}{}={}", label.empty() ? "" : " ", key, value);
    state.SetLabel(label);
  }

  Session& session_;
  bool any_failed_ = false;
  std::string broken_;
};

void add_context(const Session& session) {
  for (const auto& [key, value] : provenance_of_program()) benchmark::AddCustomContext(key, value);
  for (const Device* device : session.devices())
    for (const auto& [key, value] : provenance_of(device->facts())) benchmark::AddCustomContext(key, value);
}

int run_all() {
  Session session;
  for (const LeftOut& out : session.left_out())
    std::fputs(fmt::format("left out {}: {}\n", out.what, out.why).c_str(), stderr);
  add_context(session);
  const Program program(session);
  const std::size_t matched = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return matched == 0 || program.any_failed() ? 1 : 0;
}

}  // namespace
}  // namespace petaproof::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 3;
  try {
    return petaproof::bench::run_all();
  } catch (const std::exception& error) {
    std::fputs(fmt::format("petaproof-kernels: {}\n", error.what()).c_str(), stderr);
    return 1;
  }
}
