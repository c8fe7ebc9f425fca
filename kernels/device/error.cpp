#include "kernels/device/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace petaproof {
namespace {

int process_rank = -1;
int process_device = -1;

}  // namespace

std::string_view to_string(Domain domain) {
  switch (domain) {
    case Domain::usage: return "usage";
    case Domain::config: return "config";
    case Domain::io: return "io";
    case Domain::system: return "system";
    case Domain::memory: return "memory";
    case Domain::not_supported: return "not_supported";
    case Domain::loading: return "loading";
    case Domain::mpi: return "mpi";
    case Domain::cuda: return "cuda";
    case Domain::cublas: return "cublas";
    case Domain::cudnn: return "cudnn";
    case Domain::nccl: return "nccl";
    case Domain::peer: return "peer";
    case Domain::internal: return "internal";
  }
  return "unknown";
}

Error::Error(Domain domain, long code, std::string expression, std::string message, Kind kind,
             std::source_location where)
    : std::runtime_error(std::move(message)),
      domain_(domain),
      code_(code),
      expression_(std::move(expression)),
      where_(where),
      kind_(kind),
      rank_(process_rank),
      device_(process_device) {}

std::string Error::describe() const {
  std::string text = fmt::format("{} [{}", what(), to_string(domain_));
  if (code_ != 0) text += fmt::format(" {}", code_);
  if (!expression_.empty()) text += fmt::format(" from {}", expression_);
  text += fmt::format(" at {}:{}", file(), line());
  if (rank_ >= 0) text += fmt::format(", rank {}", rank_);
  if (device_ >= 0) text += fmt::format(", device {}", device_);
  return text + "]";
}

void set_error_identity(int rank, int device) {
  process_rank = rank;
  process_device = device;
}

namespace detail {

void check_posix(long result, const char* expression, std::source_location where) {
  if (result != -1) return;
  const int code = errno;
  throw Error(Domain::system, code, expression, std::strerror(code), Error::Kind::local, where);
}

bool log_failure(const char* expression, const char* text, std::source_location where) noexcept {
  std::fprintf(stderr, "petaproof: %s: %s (%s:%u)\n", expression, text, where.file_name(),
               static_cast<unsigned>(where.line()));
  return false;
}

bool log_posix(long result, const char* expression, std::source_location where) noexcept {
  return result != -1 || log_failure(expression, std::strerror(errno), where);
}

void fail_invariant(const char* expression, std::source_location where) {
  throw Error(Domain::internal, 0, expression, std::string("broken invariant: ") + expression, Error::Kind::local,
              where);
}

}  // namespace detail
}  // namespace petaproof
