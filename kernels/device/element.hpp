// The number formats in which operands and results are stored.
#pragma once

#include <cstddef>
#include <cstdint>

namespace petaproof {

enum class Element { fp64, fp32, bf16, fp16, int8, int32 };

constexpr std::int64_t size_of(Element element) {
  switch (element) {
    case Element::fp64: return 8;
    case Element::fp32:
    case Element::int32: return 4;
    case Element::bf16:
    case Element::fp16: return 2;
    case Element::int8: return 1;
  }
  return 0;
}

}  // namespace petaproof
