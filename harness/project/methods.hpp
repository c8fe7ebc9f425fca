// The two methods that project() chooses from. Each appends to `projection` what it finds about rows that belong
// together, of which none is to be left out.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "harness/project/projection.hpp"

namespace petaproof::project {

/// Rows of one kind, system, workload and algo, of all message sizes: T = a + c log2(nodes) + S f(n) / B. Only series
/// of `options.series` are reported, though all are fitted.
void project_collective(const std::vector<ScalingRow>& rows, const ProjectOptions& options, Projection& projection);

/// Rows of one series of kind train_step or hpl: the rate per GPU of the largest fitted count, carried forward.
void project_carry_forward(const std::vector<ScalingRow>& rows, const ProjectOptions& options,
                           Projection& projection);

/// The name and the bus factor on n ranks of an operation, however it is spelt: "all_reduce", "AllReduce",
/// "all-reduce".
struct Operation {
  std::string_view name;
  double (*bus_factor)(int ranks);
};
std::optional<Operation> find_operation(std::string_view workload);

/// False where options.series names others.
inline bool is_chosen(const ProjectOptions& options, const std::string& series) {
  return options.series.empty() || options.series.contains(series);
}

}  // namespace petaproof::project
