#include "harness/judge/site_power.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/judge/sample_size.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// The audited logs that w rests on differ by 1.5 % between AC and DC; meters are held to this.
constexpr double meter_tolerance = 0.03;

struct NodePower {
  Interval watts;
  std::string basis;
};

// Nodes that a meter was read of, whatever their model: they are the claim's own.
std::optional<NodePower> metered_nodes(const Evidence& evidence) {
  double sum = 0;
  std::int64_t nodes = 0;
  for (const MeteredPower& meter : evidence.power)
    if (!meter.rack) {
      sum += meter.mean_watts;
      ++nodes;
    }
  if (nodes == 0) return std::nullopt;
  const double per_gpu = sum / static_cast<double>(nodes) / static_cast<double>(default_gpus_per_node);
  return NodePower{{per_gpu * (1 - meter_tolerance), per_gpu * (1 + meter_tolerance)},
                   fmt::format("metered on {} nodes of {} GPUs", nodes, default_gpus_per_node)};
}

std::optional<NodePower> published_nodes(const Hardware& gpu) {
  const auto low = gpu.power.find("node_per_gpu_w_low");
  const auto high = gpu.power.find("node_per_gpu_w_high");
  if (low == gpu.power.end() || high == gpu.power.end()) return std::nullopt;
  return NodePower{{low->second.value, high->second.highest()}, "published"};
}

Interval pue_of(const std::optional<PueClaim>& pue) {
  if (!pue) return usual_pue;
  return {pue->is_upper_bound ? 1 : std::max(1.0, pue->value.lower), std::max(1.0, pue->value.upper)};
}

std::string range(const Interval& interval) {
  return interval.low == interval.high
             ? shown_exactly(interval.low)
             : fmt::format("{} to {}", shown_exactly(interval.low), shown_exactly(interval.high));
}

}  // namespace

std::optional<PowerPerGpu> power_per_gpu(const Hardware& gpu, MeterPoint point, const std::optional<PueClaim>& pue,
                                         const Evidence& evidence) {
  if (point == MeterPoint::gpu) {
    const auto tdp = gpu.power.find("tdp_w");
    if (tdp == gpu.power.end()) return std::nullopt;
    return PowerPerGpu{{tdp->second.value, tdp->second.highest()}, "TDP"};
  }
  auto nodes = published_nodes(gpu);
  if (!nodes) return std::nullopt;
  // a few metered nodes do not speak for a site: they may widen what is published, and so never refute by themselves
  if (const auto metered = metered_nodes(evidence))
    nodes =
        NodePower{{std::min(nodes->watts.low, metered->watts.low), std::max(nodes->watts.high, metered->watts.high)},
                  "published, and " + metered->basis};
  const Interval factor = point == MeterPoint::it ? Interval{1, 1} : pue_of(pue);
  const Interval watts{nodes->watts.low * (1 + overhead.low) * factor.low,
                       nodes->watts.high * (1 + overhead.high) * factor.high};
  std::string formula = fmt::format("{} W per GPU ({}) x {} to {}",
                                    range({std::round(nodes->watts.low), std::round(nodes->watts.high)}),
                                    nodes->basis, 1 + overhead.low, 1 + overhead.high);
  if (point != MeterPoint::it) formula += fmt::format(" x PUE {}", range(factor));
  return PowerPerGpu{watts, std::move(formula)};
}

std::string shown_power(double watts) {
  if (watts >= 1e9) return fmt::format("{} GW", shown(watts * 1e-9));
  if (watts >= 1e6) return fmt::format("{} MW", shown(watts * 1e-6));
  if (watts >= 1e3) return fmt::format("{} kW", shown(watts * 1e-3));
  return fmt::format("{} W", shown(watts));
}

std::string shown_power(const Interval& watts) {
  return fmt::format("{} to {}", shown_power(watts.low), shown_power(watts.high));
}

}  // namespace petaproof::judge
