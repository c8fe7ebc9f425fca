// What a judgement found, in one sentence for who reads no table: which readings are refuted, which come near the
// peak, which ask for little of it, and what evidence has decided.
#pragma once

#include <string>

#include "harness/judge/judgement.hpp"

namespace petaproof::judge {

/// "refuted in fp64; 80.0 to 100 % of the peak in fp64_tensor, fp32; 15.9 % of it or less in tf32 to fp4"; of one
/// reading, what its verdict rests on; empty where nothing is judged.
std::string finding(const Judgement& judgement);

}  // namespace petaproof::judge
