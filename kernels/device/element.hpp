// The number formats in which operands and results are stored.
#pragma once

#include <cstddef>
#include <cstdint>

namespace petaproof {

enum class Element { fp64, fp32, bf16, fp16 };

constexpr std::int64_t size_of(Element element) {
  return element == Element::fp64 ? 8 : element == Element::fp32 ? 4 : 2;
}

}  // namespace petaproof
