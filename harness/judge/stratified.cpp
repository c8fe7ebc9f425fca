#include "harness/judge/stratified.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "harness/judge/robust.hpp"
#include "kernels/device/error.hpp"
#include "kernels/measure/statistics.hpp"

namespace petaproof::judge {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

std::vector<double> sampled_rates(const Stratum& stratum, Missing missing) {
  std::vector<double> rates = stratum.rates;
  if (missing == Missing::zero) rates.resize(rates.size() + static_cast<std::size_t>(stratum.missing), 0.0);
  return rates;
}

// Between the nodes of all pods: what is assumed of a pod whose own nodes do not tell.
struct Common {
  double variance = infinite;
  double degrees_of_freedom = 0;
};

Common common_variance(const Summary& all) {
  if (all.count < 2) return {};
  const double stdev = std::max(all.stdev, least_variation * all.mean);
  return {stdev * stdev, static_cast<double>(all.count - 1)};
}

StratumMean mean_of(const Stratum& stratum, const Summary& rates, const Common& common) {
  StratumMean one{.nodes = stratum.nodes, .sampled = static_cast<std::int64_t>(rates.count), .mean = rates.mean};
  if (one.sampled == one.nodes) return one;
  one.borrowed = !(rates.count >= 2 && rates.stdev > 0);
  const double between = one.borrowed ? common.variance : rates.stdev * rates.stdev;
  one.degrees_of_freedom = one.borrowed ? common.degrees_of_freedom : static_cast<double>(rates.count - 1);
  const auto n = static_cast<double>(one.sampled);
  one.variance = between * (1 - n / static_cast<double>(one.nodes)) / n;
  return one;
}

// Mean and variance of independent pods add up; Satterthwaite (1946) gives the t distribution that has the sum's
// first two moments. Borrowed variances are one and the same number, so they are one term.
void combine(StratifiedMean& all) {
  double variance = 0, spread = 0, borrowed = 0, borrowed_degrees = 0;
  for (const StratumMean& one : all.strata) {
    const double weight = static_cast<double>(one.nodes) / static_cast<double>(all.nodes);
    const double term = one.variance > 0 ? weight * weight * one.variance : 0;
    all.mean += weight * one.mean;
    variance += term;
    if (one.borrowed) {
      borrowed += term;
      borrowed_degrees = one.degrees_of_freedom;
    } else if (term > 0) {
      spread += term * term / one.degrees_of_freedom;
    }
  }
  all.standard_error = std::sqrt(variance);
  if (!(variance > 0) || !std::isfinite(variance)) return;
  if (borrowed > 0) spread += borrowed * borrowed / borrowed_degrees;
  all.degrees_of_freedom = variance * variance / spread;
}

void check_rates(const Stratum& stratum) {
  for (std::size_t i = 0; i < stratum.rates.size(); ++i)
    if (!(stratum.rates[i] > 0) || !std::isfinite(stratum.rates[i]))
      throw Error(Domain::config,
                  fmt::format("pod '{}': the rate of node {} of {} measured ones is {}, but has to be a "
                              "finite number above 0; a node that failed is a missing one",
                              stratum.name, i + 1, stratum.rates.size(), stratum.rates[i]));
}

}  // namespace

std::vector<SampledShare> StratifiedMean::shares() const {
  std::vector<SampledShare> shares;
  for (const StratumMean& one : strata) shares.push_back({one.nodes, one.sampled});
  return shares;
}

double StratifiedMean::margin(double confidence) const {
  if (!(standard_error > 0)) return 0;
  if (!std::isfinite(standard_error)) return infinite;
  return standard_error * boost::math::quantile(boost::math::students_t(degrees_of_freedom), confidence);
}

void check_strata(std::span<const Stratum> strata) {
  std::size_t measured = 0;
  for (const Stratum& stratum : strata) {
    const auto drawn = static_cast<std::int64_t>(stratum.rates.size()) + stratum.missing;
    if (stratum.nodes < 1 || stratum.missing < 0 || drawn > stratum.nodes)
      throw Error(Domain::config, fmt::format("pod '{}': {} nodes measured and {} missing of {}", stratum.name,
                                              stratum.rates.size(), stratum.missing, stratum.nodes));
    check_rates(stratum);
    measured += stratum.rates.size();
  }
  if (measured == 0)
    throw Error(Domain::config, fmt::format("no node of {} pods is measured: nothing to estimate", strata.size()));
}

StratifiedMean stratified_mean(std::span<const Stratum> strata, Missing missing) {
  std::vector<double> every_rate;
  for (const Stratum& stratum : strata)
    for (const double rate : sampled_rates(stratum, missing)) every_rate.push_back(rate);
  const Summary every = summarise(every_rate);
  const Common common = common_variance(every);

  StratifiedMean all;
  all.variation = every.count < 2 ? infinite : every.stdev / every.mean;
  for (const Stratum& stratum : strata) {
    const Summary rates = summarise(sampled_rates(stratum, missing));
    if (rates.count == 0) continue;
    all.strata.push_back(mean_of(stratum, rates, common));
    all.nodes += stratum.nodes;
    all.sampled += all.strata.back().sampled;
  }
  combine(all);
  return all;
}

}  // namespace petaproof::judge
