// The fastest of the ways in which a workload can compute the same, such as a library's algorithms, found by trying
// all.
//
// Every candidate is launched; the few that were fastest are timed again, in turn, so that a clock that falls as the
// device warms up favours none. What is found is a choice, never a result: the loop verifies, warms up and times it
// anew.
//
// Rank 0 searches, and every rank whose device offers the same candidates takes what it found; a rank with another
// kind of device searches for itself. So all GPUs of a kind run the same kernel, and their digests can be compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "kernels/measure/agreement.hpp"
#include "kernels/measure/progress.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

struct Search {
  std::size_t candidates = 0;
  std::size_t failed = 0;     // of these, could not run
  std::size_t chosen = 0;     // index
  double first_seconds = 0;   // per launch, of the first that could run: what one gets without a search
  double chosen_seconds = 0;  // per launch, timed in turn with the first; both 0 where another rank searched

  /// "candidate 5 of 14, 1.043 x as fast as the first; 2 could not run"; "candidate 5 of 14, as rank 0 found"
  std::string text() const;
};

/// What was found before in this process, by case: another mode or fill of one case runs the same kernel.
using SearchMemory = std::map<std::uint64_t, Search>;

/// Chooses among workload.candidates(); nothing where there are fewer than two. Every rank calls it for a workload
/// that searches: it meets the others twice. Throws the last candidate's Error where none can run, and any sticky one
/// at once.
std::optional<Search> search(Workload& workload, Device& device, const Params& params, Agreement& agreement,
                             Progress& progress, SearchMemory& memory);

}  // namespace petaproof
