// needs: cuda
#include "kernels/device/cuda/check.hpp"

#include <fmt/format.h>

namespace petaproof::detail {

// CUDA Runtime API, "Data types used by CUDA Runtime": those whose text says that the process must be terminated and
// relaunched, and the loss of the device itself.
bool is_sticky(cudaError_t status) {
  switch (status) {
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case cudaErrorTensorMemoryLeak:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorContained:
    case cudaErrorContextIsDestroyed:
    case cudaErrorUnknown: return true;
    default: return false;
  }
}

bool context_is_broken() {
  const bool broken = is_sticky(cudaDeviceSynchronize());
  if (!broken) cudaGetLastError();
  return broken;
}

void check_cuda(cudaError_t status, const char* expression, std::source_location where) {
  if (status == cudaSuccess) return;
  const bool sticky = is_sticky(status);
  if (!sticky) cudaGetLastError();
  throw Error(status == cudaErrorMemoryAllocation ? Domain::memory : Domain::cuda, status, expression,
              fmt::format("{} ({})", cudaGetErrorString(status), cudaGetErrorName(status)),
              sticky ? Error::Kind::sticky : Error::Kind::local, where);
}

bool log_cuda(cudaError_t status, const char* expression, std::source_location where) noexcept {
  if (status == cudaSuccess) return true;
  if (!is_sticky(status)) cudaGetLastError();  // or the next launch would be blamed for it
  return log_failure(expression, cudaGetErrorString(status), where);
}

}  // namespace petaproof::detail
