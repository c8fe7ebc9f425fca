// The one exception type of Petaproof, and the checks that throw it.
//
// An Error says what failed (domain, code, expression), where (file, line, host rank, device) and in words that a
// user can act on. Two kinds need different handling: after a *local* error (out of memory, wrong argument) the
// process is sound and the run goes on with the next case; after a *sticky* one (an illegal address on a device)
// nothing that the process computes can be trusted, and it ends as soon as its journal is flushed.
//
// Exit codes are the program's affair: harness/app maps a domain to one.
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace petaproof {

enum class Domain {
  usage,          // the command line
  config,         // a suite, claim, hardware or parameter value
  io,             // files and folders
  system,         // the operating system
  memory,         // an allocation that did not fit
  not_supported,  // this device, library or build cannot do what was asked
  loading,        // a loadable module or a library it needs
  mpi,
  cuda,
  cublas,
  cudnn,
  nccl,
  peer,      // another rank failed; this one stopped with it
  internal,  // a broken invariant of Petaproof itself
};

std::string_view to_string(Domain domain);

class Error : public std::runtime_error {
 public:
  enum class Kind { local, sticky };

  Error(Domain domain, std::string message, std::source_location where = std::source_location::current())
      : Error(domain, 0, {}, std::move(message), Kind::local, where) {}

  /// `code` is the library's own, `expression` the call as written.
  Error(Domain domain, long code, std::string expression, std::string message, Kind kind, std::source_location where);

  Domain domain() const { return domain_; }
  long code() const { return code_; }
  const std::string& expression() const { return expression_; }
  const char* file() const { return where_.file_name(); }
  int line() const { return static_cast<int>(where_.line()); }
  int rank() const { return rank_; }      // -1: not under MPI
  int device() const { return device_; }  // -1: no device chosen yet
  bool sticky() const { return kind_ == Kind::sticky; }

  /// Everything above on one line, for logs and bug reports; what() is the message alone.
  std::string describe() const;

 private:
  Domain domain_;
  long code_;
  std::string expression_;
  std::source_location where_;
  Kind kind_;
  int rank_;
  int device_;
};

/// Who this process is; every Error made afterwards carries it. -1 where not known.
void set_error_identity(int rank, int device);

namespace detail {
void check_posix(long result, const char* expression, std::source_location where);
bool log_posix(long result, const char* expression, std::source_location where) noexcept;
/// The line of every logging check, on stderr. Returns false, as such a check does.
bool log_failure(const char* expression, const char* text, std::source_location where) noexcept;
[[noreturn]] void fail_invariant(const char* expression, std::source_location where);
}  // namespace detail

}  // namespace petaproof

/// A POSIX call that returns -1 and sets errno: throws Error(system).
#define PETAPROOF_POSIX(expr) ::petaproof::detail::check_posix((expr), #expr, std::source_location::current())
/// The same for destructors: logs to stderr and returns false instead of throwing.
#define PETAPROOF_POSIX_LOG(expr) ::petaproof::detail::log_posix((expr), #expr, std::source_location::current())
/// An invariant of our own code: throws Error(internal).
#define PETAPROOF_INVARIANT(expr) \
  ((expr) ? void() : ::petaproof::detail::fail_invariant(#expr, std::source_location::current()))
