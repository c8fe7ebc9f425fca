#include "kernels/gemm/scaling.hpp"

#include <cstring>

namespace petaproof {

ScalesOfOperand make_scales(const BlockScales& scales, std::int64_t lines, std::int64_t k, std::uint64_t seed,
                            std::uint64_t stream) {
  const std::int64_t size = size_of(scales.format), k_blocks = scales.k_blocks(k);
  ScalesOfOperand made;
  made.stored.resize(static_cast<std::size_t>(size * scales.stored(lines, k)), 0);
  made.values.reserve(static_cast<std::size_t>(scales.line_blocks(lines) * k_blocks));
  for (std::int64_t l = 0; l < scales.line_blocks(lines); ++l)
    for (std::int64_t b = 0; b < k_blocks; ++b) {
      const Scale scale = scale_of_block(scales, l, b, k_blocks, seed, stream);
      // little-endian, as x86, ARM and the GPU are: of a format of one byte the low one
      std::memcpy(&made.stored[static_cast<std::size_t>(size * scales.place(l, b, lines, k))], &scale.bits,
                  static_cast<std::size_t>(size));
      made.values.push_back(scale.value);
    }
  return made;
}

}  // namespace petaproof
