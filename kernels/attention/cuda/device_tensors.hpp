// The tensors of one slot of an attention case in device memory, whichever kernel computes them: filled, told to the
// measuring loop, and checked.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/attention/attention_case.hpp"
#include "kernels/verify/attention_check.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

/// As kernels/attention/shape.hpp has them. Those of a backward case are empty in a forward one.
struct DeviceTensors {
  Buffer q, k, v, o, lse;
  Buffer d_o, d_q, d_k, d_v;

  /// What the case's pass writes.
  std::vector<Region> written(AttentionPass pass) const;
};

/// Operands of slot `index` are filled when this returns; results are not.
DeviceTensors make_device_tensors(Context& context, const AttentionCase& one, std::uint64_t index);

/// From the operands as they stand: before the first launch, since an oracle must not look at operands that the
/// kernel has had in its hands.
AttentionCheck make_device_check(Device& device, const AttentionCase& one, const DeviceTensors& tensors,
                                 std::uint64_t seed);
Verification check_on_device(Device& device, const AttentionCase& one, const DeviceTensors& tensors,
                             const AttentionCheck& check);

}  // namespace petaproof
