// What cuBLASLt says about an algorithm that its heuristic offers, for the record and against silent substitution.
#pragma once

#include <cublasLt.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace petaproof {

struct LtAlgorithm {
  static LtAlgorithm of(const cublasLtMatmulHeuristicResult_t& result);

  int heuristic_rank = 0;  // among those that compute in what was asked for; 0: the library's first choice
  std::int32_t id = 0;
  std::uint32_t tile = 0, stages = 0, split_k = 0, reduction_scheme = 0, swizzle = 0, custom_option = 0;
  std::uint16_t inner_shape = 0, cluster_shape = 0;
  std::uint64_t numerical_flags = 0;  // CUBLASLT_NUMERICAL_IMPL_FLAGS_...
  std::size_t workspace_bytes = 0;

  bool never_emulates =
      false;  // it says that it knows no emulation; one that does may still not emulate every product

  /// Why the algorithm does not compute in what was asked for: "operands TF32"; empty if it does, or if the library
  /// does not say. Emulation that was not asked for shows here too, since its operands are narrower.
  std::optional<std::string> substitutes_for(std::string_view precision) const;

  /// "DMMA, operands FP64, sums FP64"
  std::string arithmetic() const;

  /// "id 66, tile 20, stages 35, ...": all that makes it another algorithm.
  std::string configuration() const;
  std::vector<std::pair<std::string, std::string>> notes() const;
};

}  // namespace petaproof
