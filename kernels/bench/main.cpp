// petaproof-kernels: every workload of kernels/ under Google Benchmark, for work on one kernel at a time.
//
//   petaproof-kernels --benchmark_filter=gemm/openblas
//
// Each workload runs with its default parameters, once for every value of its choices (precision, operation). Results
// are verified first; a wrong one is an error, and then the exit code is 1, which Google Benchmark itself leaves 0.
// For numbers to publish use `petaproof run`: it warms up until steady, verifies the timed results and records them.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <memory>

#include "kernels/device/environment.hpp"
#include "kernels/device/error.hpp"
#include "kernels/device/module.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

bool any_failed = false;

void fail(benchmark::State& state, const std::string& why) {
  any_failed = true;
  state.SkipWithError(why.c_str());
}

std::string verify_all(Workload& workload, Context& context) {
  for (int slot = 0; slot < workload.slots(); ++slot) workload.launch(context.device.stream(), slot);
  context.device.stream().synchronize();
  for (int slot = 0; slot < workload.slots(); ++slot)
    if (const Verification result = workload.verify(context, slot); !result.pass) return result.detail;
  return {};
}

void run_launches(benchmark::State& state, const std::string& name, const Params& params) {
  const auto workload = Registry::instance().make(name);
  const Backend* backend = Registry::instance().backend(workload->info().backend);
  if (!backend || backend->device_count() == 0)
    return fail(state, "no device of backend " + workload->info().backend);
  const auto device = backend->open(0, 1);
  if (const auto reason = workload->refusal({*device, 1}, params)) return fail(state, *reason);
  Context context(*device, params, Fill::normal, 1);
  workload->prepare(context);
  if (const std::string wrong = verify_all(*workload, context); !wrong.empty()) return fail(state, wrong);
  const auto timer = device->make_timer();
  int slot = 0;
  for (auto unused : state) {
    (void)unused;
    timer->start(device->stream());
    workload->launch(device->stream(), slot);
    timer->stop(device->stream());
    state.SetIterationTime(timer->seconds());
    slot = (slot + 1) % workload->slots();
  }
  for (const Quantity& quantity : workload->work(params, 1))
    state.counters[fmt::format("{}_per_second", quantity.name)] =
        benchmark::Counter(quantity.per_launch, benchmark::Counter::kIsIterationInvariantRate);
}

// The defaults, and for each choice in turn its other values.
std::vector<Params> variants(const WorkloadInfo& info, const std::string& name) {
  std::vector<Params> result{Params::complete(info.params, {}, name)};
  for (const ParamSpec& spec : info.params)
    for (std::size_t i = 1; i < spec.choices.size(); ++i)
      result.push_back(Params::complete(info.params, {{spec.name, spec.choices[i]}}, name));
  return result;
}

void register_all() {
  load_module("cuda");  // its workloads are simply not there where it cannot be loaded
  for (const Variable& variable : unset_variables())
    std::fputs(
        fmt::format("unset, since it changes what is computed: {}={}\n", variable.name, variable.value).c_str(),
        stderr);
  for (const std::string& name : Registry::instance().workload_names()) {
    const auto workload = Registry::instance().make(name);
    if (workload->info().collective) continue;  // needs the ranks of a run
    for (const Params& params : variants(workload->info(), name))
      benchmark::RegisterBenchmark(fmt::format("{}/{}", name, params.to_string()).c_str(),
                                   [name, params](benchmark::State& state) {
                                     try {
                                       run_launches(state, name, params);
                                     } catch (const Error& error) {
                                       fail(state, error.describe());
                                     }
                                   })
          ->UseManualTime();
  }
}

}  // namespace
}  // namespace petaproof

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 3;
  petaproof::register_all();
  const std::size_t run = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return run == 0 || petaproof::any_failed ? 1 : 0;
}
