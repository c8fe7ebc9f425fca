// What the data, the length of the load and the choice of algorithm do to one kernel: cases of a run that differ in
// nothing but the fill, the mode, or a library's algorithm, held against each other with clock, power and what
// throttled.
//
//   FILLS  gemm/cublaslt bf16 k=8192 m=8192 n=8192 sustained
//            normal      734 TFLOP/s   1.00   1,410 MHz  698 W
//            zeros      1.02 PFLOP/s   1.39   1,755 MHz  512 W
//
// Rates under zeros flatter: multipliers that toggle nothing draw little power, and the clock stays up.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace petaproof {

/// Of `end` lines that passed, each by its rate of the nearest limit. The ratio is to fill `normal`, to mode `burst`
/// where `sustained` is there, and to the algorithm that the library takes by itself where a searched one is; cases
/// without that one beside them are left out. Empty where there is nothing to compare. Ends with a line end.
std::string render_comparisons(const std::vector<nlohmann::json>& records);

}  // namespace petaproof
