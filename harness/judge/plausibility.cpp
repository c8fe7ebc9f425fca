#include "harness/judge/plausibility.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

std::vector<const PublishedResult*> comparable(const Reading& reading, const PublishedResults& published) {
  std::vector<const PublishedResult*> results;
  if (reading.emulation != Emulation::native || reading.sparsity != Sparsity::dense) return results;
  for (const auto& result : published.all())
    if (result.hardware_id == reading.hardware_id && result.kind == reading.kind &&
        result.precision == reading.precision)
      results.push_back(&result);
  std::ranges::stable_sort(results, {}, [](const PublishedResult* r) { return r->per_gpu_tflops(); });
  return results;
}

}  // namespace

std::string_view to_string(Plausible plausible) {
  switch (plausible) {
    case Plausible::usual: return "usual";
    case Plausible::unusual: return "unusual";
    case Plausible::beyond: return "beyond any published result";
    case Plausible::unknown: return "no published result";
  }
  return "unknown";
}

Plausibility plausibility_of(const Reading& reading, const Need& need, const PublishedResults& published) {
  const auto results = comparable(reading, published);
  if (results.empty()) return {};
  const double median = results[(results.size() - 1) / 2]->per_gpu_tflops();
  const PublishedResult& highest = *results.back();
  Plausibility result;
  result.plausible = need.per_gpu_tflops <= median                     ? Plausible::usual
                     : need.per_gpu_tflops <= highest.per_gpu_tflops() ? Plausible::unusual
                                                                       : Plausible::beyond;
  result.because = fmt::format(
      "{} TFLOP/s per GPU against {} to {} published ({} result{}; the highest: {}, {} GPUs)",
      shown(need.per_gpu_tflops), shown(results.front()->per_gpu_tflops()), shown(highest.per_gpu_tflops()),
      results.size(), results.size() == 1 ? "" : "s", highest.system, shown_whole(static_cast<double>(highest.gpus)));
  return result;
}

}  // namespace petaproof::judge
