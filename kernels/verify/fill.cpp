#include "kernels/verify/fill.hpp"

#include <algorithm>

#include "kernels/verify/distribution.hpp"

namespace petaproof {
namespace {

template <typename T>
void fill_blocks(std::span<T> data, Fill fill, std::uint64_t seed, std::uint64_t stream) {
  constexpr std::size_t n = elements_per_block<T>;
  T elements[n];
  for (std::size_t i = 0; i < data.size(); i += n) {
    make_elements(fill, philox(seed, stream, i / n), elements);
    std::copy_n(elements, std::min(n, data.size() - i), data.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

void fill_host(std::span<float> data, Fill fill, std::uint64_t seed, std::uint64_t stream) {
  fill_blocks(data, fill, seed, stream);
}

void fill_host(std::span<double> data, Fill fill, std::uint64_t seed, std::uint64_t stream) {
  fill_blocks(data, fill, seed, stream);
}

void fill_host(std::span<std::int8_t> data, Fill fill, std::uint64_t seed, std::uint64_t stream) {
  fill_blocks(data, fill, seed, stream);
}

}  // namespace petaproof
