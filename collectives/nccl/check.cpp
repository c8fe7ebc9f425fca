// needs: cuda nccl
#include "collectives/nccl/check.hpp"

#include <fmt/format.h>

#include "kernels/device/cuda/check.hpp"

namespace petaproof::detail {
namespace {

// One line: NCCL's text may end in one line end or hold several.
std::string last_error() {
  std::string text;
  if (const char* last = ncclGetLastError(nullptr)) text = last;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text;
}

std::string text_of(ncclResult_t status) {
  // a call that returns before its work is enqueued cannot be timed, nor followed by a check
  if (status == ncclInProgress)
    return "the call returned before its work was done: the communicator does not block; unset NCCL_COMM_BLOCKING";
  const std::string last = last_error();
  return last.empty() ? std::string(ncclGetErrorString(status))
                      : fmt::format("{}: {}", ncclGetErrorString(status), last);
}

}  // namespace

void check_nccl(ncclResult_t status, const char* expression, std::source_location where) {
  if (status == ncclSuccess) return;
  // the device is asked only where NCCL blames it: a collective that waits for a dead rank would never let it finish
  const bool sticky = status == ncclUnhandledCudaError && context_is_broken();
  throw Error(Domain::nccl, status, expression, text_of(status), sticky ? Error::Kind::sticky : Error::Kind::local,
              where);
}

bool log_nccl(ncclResult_t status, const char* expression, std::source_location where) noexcept {
  return status == ncclSuccess || log_failure(expression, ncclGetErrorString(status), where);
}

}  // namespace petaproof::detail
