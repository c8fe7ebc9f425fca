// Checks of CUDA runtime calls.
//
// After an error that leaves the context unusable (an illegal address, a trap, a lost device) the Error is sticky:
// every later call would fail too, and the process ends once its journal is flushed. The others (out of memory, an
// invalid argument) are local: the runtime's last-error state is cleared and the run goes on.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/device/error.hpp"

namespace petaproof::detail {
void check_cuda(cudaError_t status, const char* expression, std::source_location where);
bool log_cuda(cudaError_t status, const char* expression, std::source_location where) noexcept;
bool is_sticky(cudaError_t status);
/// Whether an error of a library has broken the context: libraries that are linked with a runtime of their own leave
/// nothing in ours to ask for. Waits for the device; only for after an error.
bool context_is_broken();
}  // namespace petaproof::detail

/// Throws Error(cuda), or Error(memory) for an allocation that did not fit.
#define PETAPROOF_CUDA(expr) ::petaproof::detail::check_cuda((expr), #expr, std::source_location::current())
/// The same for destructors: logs to stderr and returns false instead of throwing.
#define PETAPROOF_CUDA_LOG(expr) ::petaproof::detail::log_cuda((expr), #expr, std::source_location::current())
/// After a kernel launch `<<<>>>`, which returns nothing itself.
#define PETAPROOF_CUDA_LAUNCHED() PETAPROOF_CUDA(cudaPeekAtLastError())
