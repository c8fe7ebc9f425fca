#include "harness/project/repeats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/device/error.hpp"

namespace petaproof::project {

Repeats combined(const std::vector<double>& values) {
  PETAPROOF_INVARIANT(!values.empty());
  if (values.size() == 1) return {values.front(), 1, 1};  // exactly as it was measured
  double logs = 0;
  for (const double value : values) logs += std::log(value);
  const auto [least, most] = std::ranges::minmax(values);
  return {std::exp(logs / static_cast<double>(values.size())), most / least, static_cast<int>(values.size())};
}

std::string why_not_one_point(const Repeats& repeats, const Band& band, const std::string& what) {
  constexpr double rounding = 1e-9;
  if (repeats.apart <= width(band) * (1 + rounding)) return {};
  return fmt::format(
      "the {} measurements of {} lie {:.4g} times apart, and a band that is {:.4g} times wide is to hold what was "
      "not "
      "measured: which of them is right is not known, nor what changed between them",
      repeats.count, what, repeats.apart, width(band));
}

std::string repeats_note(const std::vector<Repeats>& points) {
  const auto several = std::ranges::count_if(points, [](const Repeats& point) { return point.count > 1; });
  if (several == 0) return {};
  const double apart = std::ranges::max(points, {}, &Repeats::apart).apart;
  return fmt::format("{} point{} measured several times, {:.1f} % apart at most, and {} geometric mean fitted",
                     several, several == 1 ? " was" : "s were", 100 * (apart - 1), several == 1 ? "its" : "their");
}

}  // namespace petaproof::project
