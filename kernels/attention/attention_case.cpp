#include "kernels/attention/attention_case.hpp"

#include <fmt/format.h>

#include "kernels/device/capability.hpp"
#include "kernels/flops.hpp"
#include "kernels/verify/bounds.hpp"
#include "kernels/verify/stored.hpp"

namespace petaproof {
namespace {

constexpr std::int64_t max_tokens = std::int64_t{1} << 20;
constexpr std::int64_t max_heads = 1024;
constexpr std::int64_t max_head_dimension = 1024;

Element element_from(const std::string& precision) {
  if (precision == "fp32") return Element::fp32;
  if (precision == "fp8") return Element::e4m3;
  return precision == "fp16" ? Element::fp16 : Element::bf16;
}

double flops_of(const AttentionCase& one, double pairs) {
  const AttentionShape& s = one.shape;
  const double of_head = one.pass == AttentionPass::forward ? attention_forward_flops(pairs, s.dqk, s.dv)
                                                            : attention_backward_flops(pairs, s.dqk, s.dv);
  return static_cast<double>(s.batch * s.heads) * of_head;
}

}  // namespace

std::int64_t AttentionCase::bytes() const {
  const AttentionShape& s = shape;
  const std::int64_t q_k_v = bytes_of(element, s.q_count() + s.k_count() + s.v_count());
  const std::int64_t o = bytes_of(element, s.o_count()), lse = bytes_of(Element::fp32, s.lse_count());
  return static_cast<std::int64_t>(pass == AttentionPass::forward ? attention_forward_bytes(q_k_v, o, lse)
                                                                  : attention_backward_bytes(q_k_v, o, lse));
}

std::vector<ParamSpec> attention_params(std::vector<std::string> precisions, std::int64_t tokens) {
  return {ParamSpec::choice("precision", "of Q, K, V, the output and the gradients", std::move(precisions)),
          ParamSpec::choice("pass", "forward, with the log-sum-exp; or backward, the gradients of Q, K and V",
                            {"forward", "backward"}),
          ParamSpec::choice("mask", "causal: query i sees keys 0 to i + sk - sq; full: all", {"causal", "full"}),
          ParamSpec::integer("batch", "sequences", 1, 1, 1 << 16),
          ParamSpec::integer("heads", "of queries", 32, 1, max_heads),
          ParamSpec::integer("kv_heads", "of keys and values; each serves heads / kv_heads heads of queries", 8, 1,
                             max_heads)
              .dividing("heads"),
          ParamSpec::integer("sq", "queries of a sequence", tokens, 1, max_tokens),
          ParamSpec::integer("sk", "keys and values of a sequence", tokens, 1, max_tokens),
          ParamSpec::integer("dqk", "elements of a query and of a key", 128, 1, max_head_dimension),
          ParamSpec::integer("dv", "elements of a value", 128, 1, max_head_dimension)};
}

ParamSpec deterministic_param() {
  return ParamSpec::flag("deterministic", "gradients of equal bits each time; false: in whatever order they add up",
                         true)
      .only_with("pass", {"backward"});
}

AttentionCase attention_case(const Params& params) {
  AttentionCase one;
  one.shape = {.batch = params.integer("batch"),
               .heads = params.integer("heads"),
               .kv_heads = params.integer("kv_heads"),
               .sq = params.integer("sq"),
               .sk = params.integer("sk"),
               .dqk = params.integer("dqk"),
               .dv = params.integer("dv"),
               .mask = params.text("mask") == "causal" ? AttentionMask::causal : AttentionMask::full};
  one.pass = params.text("pass") == "forward" ? AttentionPass::forward : AttentionPass::backward;
  one.element = element_from(params.text("precision"));
  if (const auto given = params.values().find("deterministic"); given != params.values().end())
    one.deterministic = std::get<bool>(given->second);
  return one;
}

double score_roundoff(Element element, const DeviceFacts& gpu) {
  return is_fp8(element) && !sums_fp8_in_fp32(gpu) ? aligned_roundoff : roundoff_of(Element::fp32);
}

std::vector<Quantity> attention_work(const AttentionCase& one) {
  std::vector<Quantity> work{{"flops", "FLOP", flops_of(one, static_cast<double>(one.shape.pairs()))}};
  if (one.shape.mask == AttentionMask::causal)
    work.push_back({"customary_flops", "FLOP", flops_of(one, one.shape.customary_pairs())});
  // where queries see no key, a kernel may leave their rows unread, and the least that it moves is not all of them
  const bool all_needed = one.shape.visible_keys(0) > 0;
  if (all_needed) work.push_back({"bytes", "B", static_cast<double>(one.bytes())});
  return work;
}

std::vector<std::pair<std::string, std::string>> attention_notes(const AttentionCase& one) {
  const AttentionShape& s = one.shape;
  const bool causal = s.mask == AttentionMask::causal, forward = one.pass == AttentionPass::forward;
  std::string model = fmt::format("{} x 2 x {} pairs x {}, pairs as the mask leaves them", s.batch * s.heads,
                                  s.pairs(), forward ? "(dqk + dv)" : "(3 dqk + 2 dv)");
  if (causal) model += fmt::format("; customary: half of all, {} pairs", s.customary_pairs());
  return {{"flop_model", model},
          {"mask", causal ? "causal, aligned at the bottom right: query i sees keys 0 to i + sk - sq" : "full"}};
}

}  // namespace petaproof
