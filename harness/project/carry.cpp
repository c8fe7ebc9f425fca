#include "harness/project/carry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "harness/project/bands.hpp"
#include "harness/project/reach.hpp"
#include "harness/project/repeats.hpp"

namespace petaproof::project {
namespace {

constexpr std::int64_t fewest_nodes = 3;          // one node has no network, and two have one like no other
constexpr std::int64_t fewest_nodes_counted = 4;  // of Carried::node_counts

std::map<std::int64_t, std::vector<double>> rates_by_count(const std::vector<CarryPoint>& points) {
  std::map<std::int64_t, std::vector<double>> rates;
  for (const CarryPoint& point : points) rates[point.gpus].push_back(point.rate_per_gpu);
  return rates;
}

Band band(const CarryRequest& request, double factor) {
  return request.kind == CarriedKind::hpl ? hpl_band() : training_band(factor, request.untuned);
}

// What may lie between two neighbours that were measured.
Band step_band(const CarryRequest& request, double factor) {
  Band allowed = band(request, factor);
  if (request.kind == CarriedKind::training) allowed.below = training_fall(factor, request.untuned);
  return allowed;
}

std::string why_no_point(const CarryPoint& point) {
  if (point.gpus < 1 || point.nodes < 1 || point.nodes > point.gpus)
    return fmt::format(
        "a point of {} GPUs on {} nodes: at least one of each, and no more nodes than GPUs, is expected", point.gpus,
        point.nodes);
  if (!(point.rate_per_gpu > 0) || !std::isfinite(point.rate_per_gpu))
    return fmt::format("the rate per GPU on {} GPUs is {}, and a finite one above 0 is expected", point.gpus,
                       point.rate_per_gpu);
  return {};
}

// Points that the method fails on among themselves tell that it would fail beyond them.
std::string contradiction(const CarryRequest& request, const std::vector<CarryPoint>& points) {
  for (std::size_t i = 1; i < points.size(); ++i) {
    const CarryPoint& from = points[i - 1];
    const CarryPoint& to = points[i];
    if (from.nodes < fewest_nodes) continue;
    const Band allowed = step_band(request, static_cast<double>(to.gpus) / static_cast<double>(from.gpus));
    const double step = to.rate_per_gpu / from.rate_per_gpu - 1;
    if (step >= -allowed.below && step <= allowed.above) continue;
    return fmt::format(
        "the measured points contradict the method: from {} to {} GPUs the rate per GPU changed by {:+.1f} %, "
        "outside the band of {:+.1f} % to {:+.1f} % (noise, or a change that is not stated)",
        from.gpus, to.gpus, 100 * step, -100 * allowed.below, 100 * allowed.above);
  }
  return {};
}

std::string too_far(const CarryRequest& request, const std::vector<CarryPoint>& points) {
  const auto networked =
      std::ranges::count_if(points, [](const CarryPoint& point) { return point.nodes >= fewest_nodes; });
  const Reach reach = request.kind == CarriedKind::hpl ? hpl_reach() : training_reach(networked, request.eight_bits);
  return why_beyond(reach, points.back().gpus, request.target_gpus);
}

std::string unlike_repeats(const CarryRequest& request, const std::vector<CarryPoint>& points) {
  const auto rates = rates_by_count(request.points);
  for (const CarryPoint& point : points) {
    if (point.nodes < fewest_nodes) continue;
    std::string reason = why_not_one_point(combined(rates.at(point.gpus)), band(request, 1),
                                           fmt::format("the rate per GPU on {} GPUs", point.gpus));
    if (!reason.empty()) return reason;
  }
  return {};
}

std::string why_not(const CarryRequest& request, const std::vector<CarryPoint>& points) {
  const std::int64_t nodes = points.back().nodes;
  if (nodes < fewest_nodes)
    return fmt::format("the largest measured point is of {} node{}: the network that many nodes share is not in it",
                       nodes, nodes == 1 ? "" : "s");
  if (std::string reason = unlike_repeats(request, points); !reason.empty()) return reason;
  return contradiction(request, points);
}

}  // namespace

std::vector<CarryPoint> points_by_count(const std::vector<CarryPoint>& points) {
  std::map<std::int64_t, std::int64_t> nodes;
  for (const CarryPoint& point : points) {
    std::int64_t& least = nodes.try_emplace(point.gpus, point.nodes).first->second;
    least = std::min(least, point.nodes);
  }
  std::vector<CarryPoint> result;
  for (const auto& [gpus, rates] : rates_by_count(points))
    result.push_back({gpus, nodes.at(gpus), combined(rates).mean});
  return result;
}

std::string repeats_note(const std::vector<CarryPoint>& points) {
  std::vector<Repeats> all;
  for (const auto& [gpus, rates] : rates_by_count(points)) all.push_back(combined(rates));
  return repeats_note(all);
}

std::string why_not_carried(const CarryRequest& request) {
  if (request.points.empty()) return "nothing was measured that could be carried";
  for (const CarryPoint& point : request.points)
    if (std::string reason = why_no_point(point); !reason.empty()) return reason;
  return why_not(request, points_by_count(request.points));
}

CarryResult carry(const CarryRequest& request) {
  if (std::string reason = why_not_carried(request); !reason.empty()) return {std::nullopt, std::move(reason)};
  const auto points = points_by_count(request.points);
  const CarryPoint& last = points.back();
  if (request.target_gpus <= last.gpus)
    return {std::nullopt,
            fmt::format("{} GPUs are no more than the {} that were measured", request.target_gpus, last.gpus)};
  if (std::string reason = too_far(request, points); !reason.empty()) return {std::nullopt, std::move(reason)};
  std::set<std::int64_t> nodes;
  for (const CarryPoint& point : points)
    if (point.nodes >= fewest_nodes_counted) nodes.insert(point.nodes);
  const double factor = static_cast<double>(request.target_gpus) / static_cast<double>(last.gpus);
  const Band allowed = band(request, factor);
  return {Carried{.rate_per_gpu = last.rate_per_gpu,
                  .lower = last.rate_per_gpu * (1 - allowed.below),
                  .upper = last.rate_per_gpu * (1 + allowed.above),
                  .from_gpus = last.gpus,
                  .factor = factor,
                  .node_counts = static_cast<int>(nodes.size())},
          ""};
}

}  // namespace petaproof::project
