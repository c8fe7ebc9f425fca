// The parameter that says how the operands of a matrix product lie.
#pragma once

#include <algorithm>

#include "kernels/params.hpp"
#include "kernels/verify/gemm_layout.hpp"

namespace petaproof {

/// A case in its default layout does not name it, so that it is the case that it was before there were others. With
/// one of `bytes` for the precision the default is tn, else nn.
inline ParamSpec layout_param(std::vector<std::string> bytes = {}) {
  std::vector<std::string> names;
  for (const GemmLayout& layout : gemm_layouts) names.emplace_back(layout.name);
  std::string help = "as BLAS is told of B and A: nn, both row by row; tn, B column by column; nt, A; tt, both";
  if (bytes.empty()) return ParamSpec::choice("layout", help, std::move(names)).left_out();
  return ParamSpec::choice("layout", help + "; for operands of 8 bits or less the default is tn", std::move(names))
      .otherwise("precision", std::move(bytes), std::string(layout_tn.name))
      .left_out();
}

inline const GemmLayout& layout_of(const Params& params, const GemmLayout& fallback) {
  return *std::ranges::find(gemm_layouts, params.text_or("layout", fallback.name), &GemmLayout::name);
}

/// "tn: A row by row, B column by column", for the record.
inline std::string described(const GemmLayout& layout) {
  const auto order = [](bool by_column) { return by_column ? " column by column" : " row by row"; };
  return std::string(layout.name) + ": A" + order(layout.a_by_column) + ", B" + order(layout.b_by_column);
}

}  // namespace petaproof
