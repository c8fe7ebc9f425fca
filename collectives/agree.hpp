// Steps that every rank of a group must get through before any takes the next: how a transport is set up without one
// rank waiting for ever for another that failed.
#pragma once

#include <exception>

#include "collectives/communicator.hpp"

namespace petaproof {

/// Runs `step` on this rank, and waits for the others. Returns whether it succeeded on all. What it throws here is
/// thrown on, once the others know; they get false, and must not go on to what needs this rank. Collective.
template <typename Step>
bool succeeds_everywhere(Communicator& among, Step step) {
  std::exception_ptr mine;
  try {
    step();
  } catch (...) {
    mine = std::current_exception();
  }
  const bool failed = among.any(mine != nullptr);
  if (mine) std::rethrow_exception(mine);
  return !failed;
}

}  // namespace petaproof
