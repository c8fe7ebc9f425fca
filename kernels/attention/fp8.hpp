// FP8 attention: e4m3 throughout, each tensor with one scale, powers of two that are set beforehand from the shape.
// As benchmarks of cuDNN have it (its own: e4m3 in and out, one scale a tensor); training frameworks derive the
// scales from the largest elements of launches before, which costs the timed kernel nothing that these do not.
#pragma once

#include "kernels/attention/shape.hpp"
#include "kernels/device/element.hpp"

namespace petaproof {

/// What an element of a tensor stands for, over what is stored, in units of unit_of(element): those of Q, K, V and
/// the gradient of the output are 1. Without FP8 all are.
///
/// For normal operands. P is at most 1, which is stored as 256 of at most 448. The gradient of a score with its
/// scale, at most p (1 - p) times what two of sqrt(dv) deviate by over sqrt(dqk), stays below 2, stored as 256. O is
/// a mean of V, the gradient of Q a few times the size of that; the first keys of a causal mask gather the gradients
/// of K and V from every query and head of the group: 9 standard deviations of sqrt(group).
struct AttentionUnits {
  float p = 1, ds = 1, o = 1, d_q = 1, d_kv = 1;
};

constexpr AttentionUnits attention_units(const AttentionShape& shape, Element element) {
  if (element != Element::e4m3) return {};
  float d_kv = 4;
  for (std::int64_t heads = 1; heads < shape.group(); heads *= 4) d_kv *= 2;
  return {.p = 0.25f, .ds = 0.5f, .o = 1, .d_q = 2, .d_kv = d_kv};
}

}  // namespace petaproof
