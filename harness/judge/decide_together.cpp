// K2, K3, K4: GPUs that wait for each other.
#include "harness/judge/decide.hpp"

namespace petaproof::judge {

Decision decide_together(const Question& q) {
  const std::string would = what_would_decide(q.reading.kind, q.need, q.count_of_gpus());
  if (q.reading.kind == Kind::goodput)
    return {open(Basis::none, Reason::N3, "no days of operation were observed", would)};
  return {open(Basis::none, Reason::N7, "GPUs that run alone say nothing about GPUs that wait for each other", would)};
}

}  // namespace petaproof::judge
