// What depends on NCCL's version. Without NCCL's header, so that it is tested where there is none.
#pragma once

#include <string>
#include <vector>

#include "kernels/device/environment.hpp"

namespace petaproof::nccl {

/// As ncclGetVersion gives it: 2804 for 2.8.4, 22809 for 2.28.9 (nccl.h, NCCL_VERSION).
inline std::string version_text(int code) {
  const int major = code < 10000 ? code / 1000 : code / 10000;
  const int minor = code < 10000 ? code % 1000 / 100 : code % 10000 / 100;
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(code % 100);
}

/// ncclCommInitRankConfig, with which a communicator is asked to be blocking, came with 2.14.
inline constexpr int oldest_version = 21400;

/// Empty if the loaded NCCL will do.
inline std::string why_too_old(int loaded) {
  if (loaded >= oldest_version) return {};
  return "NCCL " + version_text(loaded) + " is loaded, and " + version_text(oldest_version) +
         " or newer is needed (ncclCommInitRankConfig); put a newer libnccl.so.2 first in LD_LIBRARY_PATH";
}

/// NCCL refuses two ranks on one GPU. Since 2.30 NCCL_MULTI_RANK_GPU_ENABLE=1 allows them (init.cc,
/// initTransportsRank). Before, it told a GPU by the hash of its host and its bus id, and NCCL_HOSTID takes the place
/// of the host's name: with one of its own each process counts as a host, and NCCL connects them over the network.
inline std::vector<Variable> sharing_variables(int version, int process) {
  if (version >= 23000) return {{"NCCL_MULTI_RANK_GPU_ENABLE", "1"}};
  return {{"NCCL_HOSTID", "petaproof-rank-" + std::to_string(process)}};
}

}  // namespace petaproof::nccl
