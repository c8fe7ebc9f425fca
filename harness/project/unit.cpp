#include "harness/project/unit.hpp"

#include <algorithm>
#include <array>

namespace petaproof::project {
namespace {

constexpr std::array units{
    Unit{"us", Sense::time, 1e-6},
    Unit{"ms", Sense::time, 1e-3},
    Unit{"s", Sense::time, 1},
    Unit{"min", Sense::time, 60},
    Unit{"h", Sense::time, 3600},
    Unit{"GB/s", Sense::bandwidth, 1e9},
    Unit{"MB/s", Sense::bandwidth, 1e6},
    Unit{"GFLOP/s/GPU", Sense::rate_per_gpu, 1e9},
    Unit{"TFLOP/s/GPU", Sense::rate_per_gpu, 1e12},
    Unit{"PFLOP/s/GPU", Sense::rate_per_gpu, 1e15},
    Unit{"tokens/s/GPU", Sense::rate_per_gpu, 1},
    Unit{"samples/s/GPU", Sense::rate_per_gpu, 1},
    Unit{"images/s/GPU", Sense::rate_per_gpu, 1},
    Unit{"GFLOP/s", Sense::rate_total, 1e9},
    Unit{"TFLOP/s", Sense::rate_total, 1e12},
    Unit{"PFLOP/s", Sense::rate_total, 1e15},
    Unit{"EFLOP/s", Sense::rate_total, 1e18},
    Unit{"tokens/s", Sense::rate_total, 1},
    Unit{"samples/s", Sense::rate_total, 1},
    Unit{"images/s", Sense::rate_total, 1},
    Unit{"W", Sense::power, 1},
    Unit{"kW", Sense::power, 1e3},
    Unit{"MW", Sense::power, 1e6},
};

}  // namespace

std::optional<Unit> find_unit(std::string_view name) {
  const auto found = std::ranges::find(units, name, &Unit::name);
  if (found == units.end()) return std::nullopt;
  return *found;
}

std::vector<std::string> unit_names() {
  std::vector<std::string> names;
  for (const Unit& unit : units) names.emplace_back(unit.name);
  return names;
}

}  // namespace petaproof::project
