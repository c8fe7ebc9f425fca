#include "harness/judge/stationarity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/fisher_f.hpp>
#include <cmath>
#include <numeric>

#include "harness/judge/robust.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

using Windows = std::span<const std::vector<double>>;

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void check(Windows windows) {
  if (windows.empty() || windows.front().empty()) throw Error(Domain::config, "no window with a node to compare");
  for (std::size_t w = 0; w < windows.size(); ++w) {
    if (windows[w].size() != windows.front().size())
      throw Error(Domain::config,
                  fmt::format("window {} has {} nodes, and window 1 has {}: windows of the same nodes "
                              "are compared",
                              w + 1, windows[w].size(), windows.front().size()));
    for (std::size_t i = 0; i < windows[w].size(); ++i)
      if (!(windows[w][i] > 0) || !std::isfinite(windows[w][i]))
        throw Error(Domain::config,
                    fmt::format("window {}, node {}: a rate of {}, but a finite number above 0 is needed", w + 1,
                                i + 1, windows[w][i]));
  }
}

// Median of the slopes between all pairs: a single odd window does not make a trend.
double theil_sen(std::span<const double> values) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = i + 1; j < values.size(); ++j)
      slopes.push_back((values[j] - values[i]) / static_cast<double>(j - i));
  return slopes.empty() ? 0 : median_of(slopes);
}

// What each node did in each window, over its own mean, less what the window did to all.
struct Residuals {
  std::vector<double> window_effects;
  std::vector<std::vector<double>> own;  // [window][node]
};

Residuals residuals_of(Windows windows) {
  const std::size_t nodes = windows.front().size();
  std::vector<double> node_means(nodes, 0.0);
  for (const auto& window : windows)
    for (std::size_t i = 0; i < nodes; ++i) node_means[i] += window[i] / static_cast<double>(windows.size());
  Residuals result;
  for (const auto& window : windows) {
    std::vector<double>& own = result.own.emplace_back();
    for (std::size_t i = 0; i < nodes; ++i) own.push_back(window[i] / node_means[i]);
    result.window_effects.push_back(mean_of(own));
    for (double& value : own) value -= result.window_effects.back();
  }
  return result;
}

std::optional<double> chance_of(const Residuals& residuals) {
  const auto windows = static_cast<double>(residuals.own.size()),
             nodes = static_cast<double>(residuals.own[0].size());
  if (nodes < 2 || windows < 2) return std::nullopt;
  double between = 0, within = 0;
  for (const double effect : residuals.window_effects) between += nodes * (effect - 1) * (effect - 1);
  for (const auto& own : residuals.own)
    for (const double value : own) within += value * value;
  if (!(between > 0)) return 1;
  if (!(within > 0)) return 0;
  const double degrees = (windows - 1) * (nodes - 1);
  const double f = between / (windows - 1) / (within / degrees);
  return boost::math::cdf(boost::math::complement(boost::math::fisher_f(windows - 1, degrees), f));
}

std::vector<std::size_t> unsteady_nodes(const Residuals& residuals) {
  std::vector<double> all;
  for (const auto& own : residuals.own) all.insert(all.end(), own.begin(), own.end());
  const double limit = std::max(window_spread_allowed, outlier_z * robust_deviation(all));
  std::vector<std::size_t> nodes;
  for (std::size_t i = 0; i < residuals.own[0].size(); ++i)
    if (std::ranges::any_of(residuals.own, [&](const auto& own) { return std::abs(own[i]) > limit; }))
      nodes.push_back(i);
  return nodes;
}

std::string why_not_steady(const Stationarity& result) {
  const std::string spread = fmt::format("{} windows differ by {:.2g} %", result.means.size(), 100 * result.spread);
  if (result.spread > window_spread_refused)
    return fmt::format("{}: no projection allows more than {:.0f} %", spread, 100 * window_spread_refused);
  if (!(result.spread > window_spread_allowed)) return {};
  if (!result.p_value) return spread + ": one node does not tell whether that is chance";
  if (*result.p_value < window_chance)
    return fmt::format("{}: the nodes' own variation makes that less likely than 1 in {:.0f}", spread,
                       1 / window_chance);
  return {};
}

}  // namespace

Stationarity stationarity_of(Windows windows) {
  check(windows);
  Stationarity result;
  for (const auto& window : windows) result.means.push_back(mean_of(window));
  const double mean = mean_of(result.means);
  const auto [lowest, highest] = std::ranges::minmax(result.means);
  result.spread = (highest - lowest) / mean;
  result.trend = theil_sen(result.means) / mean;
  const Residuals residuals = residuals_of(windows);
  result.p_value = chance_of(residuals);
  if (windows.size() > 1) result.unsteady = unsteady_nodes(residuals);
  result.why = why_not_steady(result);
  result.steady = result.why.empty();
  return result;
}

}  // namespace petaproof::judge
