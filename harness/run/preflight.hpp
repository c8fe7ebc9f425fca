// Checked before any number is measured, because each of these has produced wrong numbers that looked right:
// N separate one-rank runs taken for a run of N, two ranks on one GPU, ranks with different binaries.
#pragma once

#include <string>
#include <vector>

#include "harness/run/world.hpp"
#include "harness/telemetry/gpu_identity.hpp"
#include "kernels/device/environment.hpp"

namespace petaproof {

/// What each rank says of itself; gathered to rank 0.
struct RankIdentity {
  int rank = 0;
  int node = 0;
  std::string host;
  std::string device_name;
  std::string device_uuid;  // empty where ranks may share a device: the host
  std::string cpus;         // that this rank may run on: "0-7"
  std::string binary_hash;
  std::string error;              // why this rank has no device or could not tell; empty if all is well
  int device_index = 0;           // in its own process's numbering
  std::vector<Variable> unset{};  // from its environment: kernels/device/environment.hpp
  GpuIdentity gpu{};              // what the driver says of its device
};

/// `expected` 0: not given. Throws CommonError(mpi) with what was expected, what MPI says and the usual cause. Before
/// the world is used for anything: a world of one that should be larger cannot be asked.
void check_world_size(int world_size, int expected, const LauncherFacts& launcher);

/// Empty if the ranks may run together; otherwise what is wrong, naming ranks and hosts. `share_gpu`: two ranks may
/// hold the same device.
std::string find_conflict(const std::vector<RankIdentity>& ranks, bool share_gpu = false);

/// Gathers, checks on rank 0, and throws CommonError(mpi). Rank 0 gets everyone's identity.
std::vector<RankIdentity> agree_on_identities(const RankIdentity& mine, bool share_gpu, World& world);

/// Throws CommonError(mpi) unless all ranks bring the same text. `what`: "the plan". `advice`: what to do about it.
void require_agreement(const std::string& what, const std::string& mine, World& world,
                       const std::string& advice = "");

}  // namespace petaproof
