// Which of a case's rates tells how good it is, where it has several: the one whose limit is nearer.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace petaproof {

/// Of a record with rates, the one to be read: that with the largest share of its peak on paper. This is the rule of
/// the roofline (Williams, Waterman, Patterson 2009): a product of many rows is held against the tensor cores; one of
/// few, or a step of decoding, against the memory that its operands come from. Which it is follows from the case and
/// the GPU's datasheet alone, since all shares are of one time. The first rate where its own peak is not known: on
/// CPU cores, or of emulated FP64.
const nlohmann::json& nearest_limit(const nlohmann::json& record);

}  // namespace petaproof
