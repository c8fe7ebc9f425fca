// What the check of attention must compute and read, apart from who does it: the host for host memory, the GPU for
// its own. An engine makes the lines that are sampled as they should be; a reader looks at what a kernel wrote.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "kernels/attention/fp8.hpp"
#include "kernels/attention/shape.hpp"
#include "kernels/device/element.hpp"

namespace petaproof {

/// What attention reads, in the memory that an engine works on. `d_o`: the gradient of the output; not read in a
/// forward pass.
struct AttentionInputs {
  Element element = Element::bf16;
  const void* q = nullptr;
  const void* k = nullptr;
  const void* v = nullptr;
  const void* d_o = nullptr;
};

/// What a kernel wrote, where a reader finds it: forward the output and the log-sum-exp (natural, FP32), backward the
/// gradients. What a pass does not write is null.
struct AttentionOutputs {
  const void* o = nullptr;
  const float* lse = nullptr;
  const void* d_q = nullptr;
  const void* d_k = nullptr;
  const void* d_v = nullptr;
};

/// A query of one head of one sequence.
struct AttentionQuery {
  std::int64_t b = 0, h = 0, row = 0;
};

/// A line of a tensor: by the formulas in double precision, and by plain attention (attention_rows.hpp) before it is
/// stored; and the size of what is summed, the root mean square of an element's terms, by which errors are measured.
struct AttentionLine {
  std::vector<double> exact;
  std::vector<float> plain;
  double size = 0;
};

struct AttentionOutputLine : AttentionLine {
  double lse = 0;          // minus infinity where the query sees no key
  double scores_size = 0;  // scale |q| |k| of the longest key that it sees
};

class AttentionEngine {
 public:
  virtual ~AttentionEngine() = default;

  /// Lines of the output, in the order of `queries`, in which those of a head follow each other.
  virtual std::vector<AttentionOutputLine> outputs(const std::vector<AttentionQuery>& queries) = 0;
  /// Lines of the gradient of Q.
  virtual std::vector<AttentionLine> query_gradients(const std::vector<AttentionQuery>& queries) = 0;

  struct KeyGradients {
    std::vector<AttentionLine> k, v;
  };
  /// Of keys and values `keys` of head `kv` of sequence `b`: sums over every query of the group. Quadratic in the
  /// length, and what a check costs.
  virtual KeyGradients key_gradients(std::int64_t b, std::int64_t kv, const std::vector<std::int64_t>& keys) = 0;
};

class AttentionReader {
 public:
  enum class Tensor { o, d_q, d_k, d_v };

  virtual ~AttentionReader() = default;

  /// Elements `at` to `at + count - 1`.
  virtual std::vector<float> elements(Tensor tensor, std::int64_t at, std::int64_t count) = 0;
  virtual float log_sum_exp(std::int64_t at) = 0;

  /// The first element that is infinite or NaN.
  virtual std::optional<std::int64_t> first_not_finite(Tensor tensor) = 0;
  /// The first log-sum-exp that is neither finite nor, of a row that sees no key, minus infinity.
  virtual std::optional<std::int64_t> first_wrong_log_sum_exp() = 0;
};

constexpr const void* tensor_of(const AttentionOutputs& outputs, AttentionReader::Tensor tensor) {
  switch (tensor) {
    case AttentionReader::Tensor::o: return outputs.o;
    case AttentionReader::Tensor::d_q: return outputs.d_q;
    case AttentionReader::Tensor::d_k: return outputs.d_k;
    case AttentionReader::Tensor::d_v: return outputs.d_v;
  }
  return nullptr;
}

constexpr std::int64_t count_of(const AttentionShape& shape, AttentionReader::Tensor tensor) {
  switch (tensor) {
    case AttentionReader::Tensor::o: return shape.o_count();
    case AttentionReader::Tensor::d_q: return shape.q_count();
    case AttentionReader::Tensor::d_k: return shape.k_count();
    case AttentionReader::Tensor::d_v: return shape.v_count();
  }
  return 0;
}

/// What an element of it stands for, over what load() makes of it.
constexpr float unit_of(const AttentionShape& shape, Element element, AttentionReader::Tensor tensor) {
  const AttentionUnits units = attention_units(shape, element);
  switch (tensor) {
    case AttentionReader::Tensor::o: return units.o;
    case AttentionReader::Tensor::d_q: return units.d_q;
    case AttentionReader::Tensor::d_k:
    case AttentionReader::Tensor::d_v: return units.d_kv;
  }
  return 1;
}

/// Finite, or of a row that sees no key minus infinity.
constexpr bool may_be_log_sum_exp(const AttentionShape& shape, std::int64_t at, float x) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  if (shape.visible_keys(at % shape.sq) == 0) return x == -infinity;
  return x > -infinity && x < infinity;
}

}  // namespace petaproof
