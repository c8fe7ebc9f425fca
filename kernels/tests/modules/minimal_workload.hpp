// As little as a workload can be.
#pragma once

#include "kernels/workload.hpp"

namespace petaproof::testing {

class MinimalWorkload : public Workload {
 public:
  explicit MinimalWorkload(std::string summary) {
    info_.summary = std::move(summary);
    info_.backend = "host";
  }
  const WorkloadInfo& info() const override { return info_; }
  std::optional<std::string> refusal(const Setting&, const Params&) const override { return std::nullopt; }
  std::vector<Quantity> work(const Params&, int) const override { return {}; }
  void prepare(Context&) override {}
  int slots() const override { return 1; }
  void launch(Stream&, int) override {}
  std::vector<Region> outputs(int) const override { return {}; }
  Verification verify(Context&, int) override { return {.pass = true}; }

 private:
  WorkloadInfo info_;
};

}  // namespace petaproof::testing
