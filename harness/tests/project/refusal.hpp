// What a projection of one series is refused for.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/project/projection.hpp"

namespace petaproof::project {

/// The reason of the only refusal; the test fails if there is none or more.
inline std::string refusal(const std::vector<ScalingRow>& rows,
                           const ProjectOptions& options = {.fit_max_gpus = 128}) {
  const Projection projection = project(rows, options);
  if (projection.refused.size() != 1) {
    ADD_FAILURE() << projection.refused.size() << " refusals";
    return {};
  }
  return projection.refused.front().reason;
}

}  // namespace petaproof::project
