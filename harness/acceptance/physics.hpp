// What no GPU, memory, link or counter can do, and what so little is asked of that the criterion would accept
// anything.
//
//   rate               above the dense peak that any source of the hardware file prints, for the unit that runs
//   memory_bandwidth   above the memory's, likewise
//   bus_bandwidth      above the wire, NVLink in one direction per GPU; twice that where the criterion says that
//                      switches reduce: then each GPU has to send its own data once and receive the result once,
//                      S (n-1)/n each way against 2 S (n-1)/n, and no algorithm can do with less. On k nodes of g
//                      GPUs with a NIC of B each, a node has to send and receive 2 (k-1)/k S, so that busbw <= B
//                      (gk-1)/(k-1)
//   all of these       below a tenth of that limit. Published GEMM rates lie above half of the peak; a tenth catches
//   a
//                      wrong unit (a published health check asks 2,333 MB/s of an H200's 4.8 TB/s) or precision, and
//                      no more. Not for bus bandwidth of less than 1 GiB, which latency bounds
//   spread             above 50 %: even a GPU that is 1.5 times slower than the median, as the outliers of
//                      arXiv:2208.11035, is only 33 % below it
//   counters           see `highest_count`; percent above 100; temperatures outside 30 to 110 degrees C; a power
//   limit
//                      above the GPU's TDP
#pragma once

#include <limits>
#include <string>

#include "harness/acceptance/criteria.hpp"

namespace petaproof::acceptance {

inline constexpr double least_share = 0.1;
inline constexpr double most_spread_percent = 50;

/// What a bound must not pass, in the bound's unit.
struct Limit {
  double lowest = 0;
  double highest = 0;
  std::string highest_is;  // "the dense bf16 peak of H100 SXM (80 GB), 989.4 TFLOP/s (source)"
  std::string lowest_is;
  double ceiling = std::numeric_limits<double>::infinity();  // Bound's
};

/// Sets `peak` where the kind has one. Where the limit cannot be told (a precision that the GPU lacks, or none
/// stated), an Error(config) without a place, which the loader adds.
Limit limit_of(Criterion& criterion, const Bound& bound, const judge::Hardware& gpu,
               const std::optional<Fabric>& fabric);

/// The counters that may be named. The last five are not in records yet, so that they are never measured.
std::vector<std::string> counter_names();

}  // namespace petaproof::acceptance
