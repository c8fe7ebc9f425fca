#include "collectives/mpi/check.hpp"

#include <cstdio>

namespace petaproof::detail {
namespace {

std::string mpi_text(int status) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  int initialised = 0;
  MPI_Initialized(&initialised);
  if (!initialised || MPI_Error_string(status, text, &length) != MPI_SUCCESS)
    return "MPI error " + std::to_string(status);
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace

void check_mpi(int status, const char* expression, std::source_location where) {
  if (status == MPI_SUCCESS) return;
  throw Error(Domain::mpi, status, expression, mpi_text(status), Error::Kind::local, where);
}

bool log_mpi(int status, const char* expression, std::source_location where) noexcept {
  if (status == MPI_SUCCESS) return true;
  char text[32];  // MPI's own text cannot be had once MPI has ended
  std::snprintf(text, sizeof text, "MPI error %d", status);
  return log_failure(expression, text, where);
}

}  // namespace petaproof::detail
