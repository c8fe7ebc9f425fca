// needs: openmp
//
// Host memory bandwidth by STREAM's copy and triad (McCalpin), on the cores that this rank has to itself.
//
// The same rule as STREAM's: an array smaller than four times the last-level cache measures the cache, and the
// record says so.
#include <fmt/format.h>

#include <cmath>

#include "kernels/flops.hpp"
#include "kernels/verify/digest.hpp"
#include "kernels/verify/fill.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

constexpr double scale = 3.0;  // triad's s; STREAM's own choice

enum class Operation { copy, triad };

struct Arrays {
  Buffer a, b, c;                    // a = b, or a = b + s * c
  std::uint64_t digest_b, digest_c;  // before the first launch: operands must not change
};

void run(Operation operation, const Arrays& arrays, std::int64_t count, int threads) {
  double* __restrict a = arrays.a.as<double>();
  const double* __restrict b = arrays.b.as<double>();
  const double* __restrict c = arrays.c.as<double>();
  if (operation == Operation::copy) {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (std::int64_t i = 0; i < count; ++i) a[i] = b[i];
  } else {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (std::int64_t i = 0; i < count; ++i) a[i] = b[i] + scale * c[i];
  }
}

// Each thread touches first what it will work on, so that on a machine of several NUMA nodes it lies near its core.
void touch(const Arrays& arrays, std::int64_t count, int threads) {
  double* a = arrays.a.as<double>();
  double* b = arrays.b.as<double>();
  double* c = arrays.c.as<double>();
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::int64_t i = 0; i < count; ++i) a[i] = b[i] = c[i] = 0;
}

class MemoryStream : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "host memory bandwidth: STREAM copy and triad",
        .backend = "host",
        .params = {ParamSpec::choice("operation", "copy a=b, or triad a=b+s*c", {"triad", "copy"}),
                   ParamSpec::bytes("size", "of each array", 256 << 20, 64, std::int64_t{1} << 40)}};
    return info;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    return memory_shortage(6 * array_bytes(params), setting.device.facts());
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    const std::int64_t bytes = array_bytes(params);
    return {{"bytes", "B", operation(params) == Operation::copy ? copy_bytes(bytes) : triad_bytes(bytes)}};
  }

  void prepare(Context& context) override {
    operation_ = operation(context.params);
    threads_ = context.device.facts().units;
    const std::int64_t bytes = array_bytes(context.params);
    count_ = bytes / 8;
    for (int i = 0; i < context.slots_for(3 * bytes); ++i) {
      Arrays arrays{context.device.allocate(bytes), context.device.allocate(bytes), context.device.allocate(bytes), 0,
                    0};
      touch(arrays, count_, threads_);
      const auto stream = static_cast<std::uint64_t>(2 * i);
      fill_host(std::span(arrays.b.as<double>(), static_cast<std::size_t>(count_)), context.fill, context.seed,
                stream);
      fill_host(std::span(arrays.c.as<double>(), static_cast<std::size_t>(count_)), context.fill, context.seed,
                stream + 1);
      arrays.digest_b = digest_host(arrays.b.data(), arrays.b.bytes());
      arrays.digest_c = digest_host(arrays.c.data(), arrays.c.bytes());
      arrays_.push_back(std::move(arrays));
    }
    last_level_cache_ = context.device.facts().last_level_cache_bytes;
    fits_in_cache_ = bytes < 4 * last_level_cache_;
  }

  int slots() const override { return static_cast<int>(arrays_.size()); }

  void launch(Stream&, int slot) override { run(operation_, arrays_[slot], count_, threads_); }

  std::vector<Region> outputs(int slot) const override {
    return {{"a", arrays_[slot].a.data(), arrays_[slot].a.bytes()}};
  }

  // Every element: one multiplication and one addition, whether fused or not, is within one unit in the last place
  // of either rounding of the exact sum, so both are accepted and nothing else.
  Verification verify(Context&, int slot) override {
    const Arrays& arrays = arrays_[slot];
    if (digest_host(arrays.b.data(), arrays.b.bytes()) != arrays.digest_b ||
        digest_host(arrays.c.data(), arrays.c.bytes()) != arrays.digest_c)
      return Verification::failed("an operand was changed: b or c is not what it was before the first launch");
    const double* a = arrays_[slot].a.as<double>();
    const double* b = arrays_[slot].b.as<double>();
    const double* c = arrays_[slot].c.as<double>();
    for (std::int64_t i = 0; i < count_; ++i) {
      const bool copy = operation_ == Operation::copy;
      const double expected = copy ? b[i] : b[i] + scale * c[i];
      if (a[i] == expected || (!copy && a[i] == std::fma(scale, c[i], b[i]))) continue;
      return Verification::failed(fmt::format("a[{}]: expected {:.17g}, got {:.17g}", i, expected, a[i]));
    }
    return {
        .pass = true, .detail = "every element, exactly", .elements_checked = count_, .worst_error_over_bound = 0};
  }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    std::vector<std::pair<std::string, std::string>> result{{"threads", std::to_string(threads_)}};
    if (fits_in_cache_)
      result.emplace_back("measures", fmt::format("cache as much as memory: an array is smaller than 4 x the last-"
                                                  "level cache of {} MiB",
                                                  last_level_cache_ >> 20));
    return result;
  }

 private:
  static Operation operation(const Params& params) {
    return params.text("operation") == "copy" ? Operation::copy : Operation::triad;
  }
  static std::int64_t array_bytes(const Params& params) { return params.integer("size") / 8 * 8; }

  Operation operation_ = Operation::triad;
  std::vector<Arrays> arrays_;
  std::int64_t count_ = 0;
  int threads_ = 1;
  std::int64_t last_level_cache_ = 0;
  bool fits_in_cache_ = false;
};

PETAPROOF_WORKLOAD("memory/stream", MemoryStream);

}  // namespace
}  // namespace petaproof
