#include "harness/judge/flagged.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

constexpr std::size_t most_named = 5;

// A sample of few nodes from each of many pods compares them all with each other: three have no odd one out.
std::map<std::string, std::string> pods_by_host(const std::optional<SampleEvidence>& sample) {
  std::map<std::string, std::string> pods;
  const auto too_small = [](const SampledPod& pod) { return pod.delivered.size() < fewest_peers; };
  if (sample && std::ranges::none_of(sample->pods, too_small))
    for (const SampledPod& pod : sample->pods)
      for (const std::string& host : pod.delivered) pods[host] = pod.name;
  return pods;
}

std::string name_of(const Outlier& one) {
  switch (one.level) {
    case Outlier::Level::gpu: return fmt::format("{} of {}", one.gpu, one.node);
    case Outlier::Level::node: return one.node;
    case Outlier::Level::pod: break;
  }
  return "pod " + one.pod;
}

std::string described(const Outlier& one) {
  const double off = one.rate / one.peers - 1;
  return fmt::format("{} {} {}", name_of(one), shown_percent(std::abs(off)), off < 0 ? "slower" : "faster");
}

std::string counted(const Flagged& flagged, Outlier::Level level, std::int64_t all, const char* what) {
  const auto count = std::ranges::count(flagged.outliers, level, &Outlier::level);
  if (count == 0) return {};
  return all == 0 ? fmt::format("{} {}{}", count, what, count == 1 ? "" : "s")
                  : fmt::format("{} of {} {}", count, shown_count(all), what);
}

}  // namespace

Flagged flagged_in(const Measurement& measurement, const std::optional<SampleEvidence>& sample) {
  const auto pods = pods_by_host(sample);
  std::vector<GpuRate> rates;
  for (const NodeRate& node : measurement.per_node) {
    const auto pod = pods.find(node.host);
    for (std::size_t i = 0; i < node.gpu_tflops.size(); ++i)
      if (node.gpu_tflops[i] > 0 && std::isfinite(node.gpu_tflops[i]))
        rates.push_back(
            {pod == pods.end() ? "" : pod->second, node.host, fmt::format("GPU {}", i), node.gpu_tflops[i]});
  }
  return {measurement.run_id, measurement.case_id, measurement.gpus, measurement.nodes, find_outliers(rates)};
}

std::string flagged_text(const Flagged& flagged) {
  if (flagged.outliers.empty()) return {};
  std::vector<std::string> counts;
  for (std::string text : {counted(flagged, Outlier::Level::gpu, flagged.gpus, "GPUs"),
                           counted(flagged, Outlier::Level::node, flagged.nodes, "nodes"),
                           counted(flagged, Outlier::Level::pod, 0, "pod")})
    if (!text.empty()) counts.push_back(std::move(text));
  auto worst = flagged.outliers;
  std::ranges::stable_sort(worst, std::greater{}, [](const Outlier& one) { return std::abs(one.z); });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(most_named, worst.size()); ++i) names.push_back(described(worst[i]));
  if (worst.size() > most_named) names.push_back(fmt::format("and {} more (--json)", worst.size() - most_named));
  return fmt::format("{} unlike their peers, counted all the same: {}", fmt::join(counts, ", "),
                     fmt::join(names, ", "));
}

}  // namespace petaproof::judge
