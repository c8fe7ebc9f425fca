// The check of attention in host memory.
#pragma once

#include "kernels/verify/attention_engine.hpp"
#include "kernels/verify/attention_rows.hpp"

namespace petaproof {

class HostAttentionEngine : public AttentionEngine {
 public:
  HostAttentionEngine(const AttentionShape& shape, AttentionPass pass, const AttentionInputs& inputs)
      : shape_(shape), pass_(pass), inputs_(inputs) {}

  std::vector<AttentionOutputLine> outputs(const std::vector<AttentionQuery>& queries) override;
  std::vector<AttentionLine> query_gradients(const std::vector<AttentionQuery>& queries) override;
  KeyGradients key_gradients(std::int64_t b, std::int64_t kv, const std::vector<std::int64_t>& keys) override;

 private:
  AttentionShape shape_;
  AttentionPass pass_;
  AttentionInputs inputs_;
};

class HostAttentionReader : public AttentionReader {
 public:
  HostAttentionReader(const AttentionShape& shape, Element element, const AttentionOutputs& outputs)
      : shape_(shape), element_(element), outputs_(outputs) {}

  std::vector<float> elements(Tensor tensor, std::int64_t at, std::int64_t count) override;
  float log_sum_exp(std::int64_t at) override { return outputs_.lse[at]; }
  std::optional<std::int64_t> first_not_finite(Tensor tensor) override;
  std::optional<std::int64_t> first_wrong_log_sum_exp() override;

 private:
  AttentionShape shape_;
  Element element_;
  AttentionOutputs outputs_;
};

}  // namespace petaproof
