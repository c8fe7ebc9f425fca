// Checks of NCCL calls. The message holds what NCCL itself says of its last error, which names the cause ("Duplicate
// GPU detected") where the code is only a kind ("invalid usage").
#pragma once

#include <nccl.h>

#include "kernels/device/error.hpp"

namespace petaproof::detail {
void check_nccl(ncclResult_t status, const char* expression, std::source_location where);
bool log_nccl(ncclResult_t status, const char* expression, std::source_location where) noexcept;
}  // namespace petaproof::detail

/// Throws Error(nccl); sticky if CUDA itself can no longer be used.
#define PETAPROOF_NCCL(expr) ::petaproof::detail::check_nccl((expr), #expr, std::source_location::current())
/// The same for destructors: logs to stderr and returns false instead of throwing.
#define PETAPROOF_NCCL_LOG(expr) ::petaproof::detail::log_nccl((expr), #expr, std::source_location::current())
