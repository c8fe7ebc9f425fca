// A case of attention: its parameters, what it is asked to compute, and how that is counted. The same for every
// workload, so that a library's records and our own stand side by side.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kernels/attention/shape.hpp"
#include "kernels/device/element.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

struct AttentionCase {
  AttentionShape shape;
  AttentionPass pass = AttentionPass::forward;
  Element element = Element::bf16;
  /// Equal launches give equal bits. A kernel may have gradients that do not, and be faster.
  bool deterministic = true;

  /// Of what one launch reads and writes; backward reads what forward wrote, and the gradient of the output.
  std::int64_t bytes() const;
};

/// "precision" has `precisions`, the first by default; the shape by default is that of Llama 3 8B at 4,096 tokens, or
/// `tokens` of them.
std::vector<ParamSpec> attention_params(std::vector<std::string> precisions, std::int64_t tokens = 4096);
/// "deterministic", of backward cases alone: whether gradients must have equal bits each time.
ParamSpec deterministic_param();
AttentionCase attention_case(const Params& params);

/// Unit roundoff of the sums that scores of operands of `element` are on this GPU: FP32's, but of FP8 where its
/// tensor cores are narrower.
double score_roundoff(Element element, const DeviceFacts& gpu);

/// "flops", exact under the mask; under a causal mask beside it "customary_flops"; and "bytes", by which a case of
/// few queries is read: one query makes of a byte of BF16 one FLOP for each head that shares the key, where a GPU at
/// its full rate makes hundreds of a byte of its memory. Not where queries see no key: there the least that is moved
/// is not known.
std::vector<Quantity> attention_work(const AttentionCase& one);
/// The mask and the FLOP model in words, for the record.
std::vector<std::pair<std::string, std::string>> attention_notes(const AttentionCase& one);

}  // namespace petaproof
