// From findings to one outcome for each criterion, GPU and node, and for the whole.
//
// Each is as bad as the worst that was found on it. A GPU passes if every criterion of scope gpu passed on it, a node
// if its GPUs and every criterion of scope node did, and the whole if every criterion did: what was not found is not
// measured.
#pragma once

#include "harness/acceptance/check.hpp"

namespace petaproof::acceptance {

void summarise(const Criteria& criteria, Report& report);

}  // namespace petaproof::acceptance
