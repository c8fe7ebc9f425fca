#include "kernels/verify/stored.hpp"

#include <vector>

#include "kernels/verify/fill.hpp"

namespace petaproof {

void fill_stored(Element element, void* data, std::int64_t count, Fill fill, std::uint64_t seed,
                 std::uint64_t stream) {
  const auto size = static_cast<std::size_t>(count);
  if (element == Element::fp32) return fill_host(std::span(static_cast<float*>(data), size), fill, seed, stream);
  std::vector<float> values(size);
  fill_host(std::span(values), fill, seed, stream);
  for (std::int64_t i = 0; i < count; ++i) store(element, data, i, values[static_cast<std::size_t>(i)]);
}

}  // namespace petaproof
