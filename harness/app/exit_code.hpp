// What the process returns, the same from every rank. Launchers mangle codes, so the outcome is
// also a file in the run folder.
#pragma once

#include "harness/judge/judgement.hpp"
#include "kernels/device/error.hpp"

namespace petaproof {

enum ExitCode : int {
  ok = 0,           // everything asked for passed; every reading is confirmed
  failed = 1,       // something failed; what the claim says is refuted
  undecided = 2,    // under-specified, not decidable, or coverage is incomplete
  usage = 3,        // the command line, a suite, a claim
  environment = 4,  // MPI, device, disk, and Petaproof's own defects: never mistaken for a verdict
};

inline ExitCode exit_code_of(Domain domain) {
  return domain == Domain::usage || domain == Domain::config ? ExitCode::usage : ExitCode::environment;
}

/// An error of a peer carries the domain of the peer's own as its code, so that all ranks exit alike.
inline ExitCode exit_code_of(const Error& error) {
  return exit_code_of(error.domain() == Domain::peer ? static_cast<Domain>(error.code()) : error.domain());
}

/// 1 only where nothing that the claim may mean is left standing: the one reading it names, or every one.
inline ExitCode exit_code_of(const judge::Judgement& judgement) {
  switch (judgement.aggregate.outcome) {
    case judge::Outcome::confirmed: return ExitCode::ok;
    case judge::Outcome::refuted: return ExitCode::failed;
    case judge::Outcome::not_decidable: return ExitCode::undecided;
  }
  return ExitCode::undecided;
}

/// Of several: a refutation weighs more than an open question, and that more than success.
inline ExitCode worse(ExitCode a, ExitCode b) {
  if (a == ExitCode::failed || b == ExitCode::failed) return ExitCode::failed;
  return a > b ? a : b;
}

}  // namespace petaproof
