// One small case of a CUDA workload on the GPU at hand.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "kernels/device/error.hpp"
#include "kernels/measure/case.hpp"
#include "kernels/registry.hpp"
#include "support/gpu.hpp"

namespace petaproof::testing {

struct Small {
  const char* workload;
  std::map<std::string, Value> params;
  std::string name;
  bool may_be_refused = false;  // by the library: it need not have tensor-core kernels for operands at odd addresses
};

class GpuWorkload : public GpuTest, public ::testing::WithParamInterface<Small> {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    workload = Registry::instance().make(GetParam().workload);
    if (!workload) GTEST_SKIP() << Registry::instance().why_absent(GetParam().workload);
    params = Params::complete(workload->info().params, GetParam().params, GetParam().workload);
    if (const auto reason = refusal_of(*workload, {*gpu, 1}, params)) GTEST_SKIP() << *reason;
    if (const auto reason = why_refused(); !reason.empty()) GTEST_SKIP() << reason;
  }
  // A library that would compute in another precision is rightly refused; where it must not, that is thrown on.
  std::string why_refused() {
    if (!GetParam().may_be_refused) return {};
    try {
      FewSlots context(*gpu, params, Fill::normal, 1);
      Registry::instance().make(GetParam().workload)->prepare(context);
      return {};
    } catch (const Error& error) {
      if (error.domain() != Domain::not_supported) throw;
      return error.what();
    }
  }
  CaseOutcome run(Mode mode, bool corrupt = false, Fill fill = Fill::normal) {
    SoloAgreement alone;
    NoProgress progress;
    FewSlots context(*gpu, params, fill, 1);
    return run_case(*Registry::instance().make(GetParam().workload), context, 1,
                    {{mode, 0.02, 0.02}, corrupt, &searches}, alone, progress);
  }

  std::unique_ptr<Workload> workload;
  Params params;
  SearchMemory searches;  // of one test: equal bits are only to be expected of one algorithm
};

inline std::string name_of_small(const ::testing::TestParamInfo<Small>& info) {
  return info.param.name;
}

}  // namespace petaproof::testing
