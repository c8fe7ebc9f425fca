// Checks of MPI calls. MPI's default is to end every process on the first error, without a word of ours; the session
// therefore sets MPI_ERRORS_RETURN, and every call goes through PETAPROOF_MPI.
#pragma once

#include <mpi.h>

#include "kernels/device/error.hpp"

namespace petaproof::detail {
void check_mpi(int status, const char* expression, std::source_location where);
bool log_mpi(int status, const char* expression, std::source_location where) noexcept;
}  // namespace petaproof::detail

/// Throws Error(mpi) with MPI's own text.
#define PETAPROOF_MPI(expr) ::petaproof::detail::check_mpi((expr), #expr, std::source_location::current())
/// The same for destructors: logs to stderr and returns false instead of throwing.
#define PETAPROOF_MPI_LOG(expr) ::petaproof::detail::log_mpi((expr), #expr, std::source_location::current())
