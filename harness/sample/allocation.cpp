#include "harness/sample/allocation.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/device/error.hpp"

namespace petaproof::sample {
namespace {

using Counts = std::vector<std::int64_t>;

std::int64_t sum(const Counts& counts) {
  return std::reduce(counts.begin(), counts.end(), std::int64_t{0});
}

Counts floors(const Counts& pods, std::int64_t size) {
  const auto count = static_cast<std::int64_t>(pods.size());
  const std::int64_t least = size >= two_of_each(pods) ? 2 : size >= count ? 1 : 0;
  Counts result;
  for (const std::int64_t nodes : pods) result.push_back(std::min(least, nodes));
  return result;
}

// Largest remainder among `open` pods: integers only, so that every machine agrees. 2^63 is beyond a million nodes
// squared.
void share_out(const Counts& pods, const std::vector<std::size_t>& open, std::int64_t size, Counts& shares) {
  std::int64_t all = 0;
  for (const std::size_t pod : open) all += pods[pod];
  std::vector<std::pair<std::int64_t, std::size_t>> remainders;  // negative: the largest comes first
  std::int64_t left = size;
  for (const std::size_t pod : open) {
    shares[pod] = size * pods[pod] / all;
    left -= shares[pod];
    remainders.emplace_back(-(size * pods[pod] % all), pod);
  }
  std::ranges::sort(remainders);
  for (std::int64_t i = 0; i < left; ++i) ++shares[remainders[static_cast<std::size_t>(i)].second];
}

}  // namespace

std::int64_t two_of_each(const Counts& pods) {
  std::int64_t result = 0;
  for (const std::int64_t nodes : pods) result += std::min<std::int64_t>(2, nodes);
  return result;
}

Counts allocate(const Counts& pods, std::int64_t size) {
  PETAPROOF_INVARIANT(size >= 0 && size <= sum(pods));
  const Counts least = floors(pods, size);
  Counts shares(pods.size());
  std::vector<std::size_t> open(pods.size());
  std::iota(open.begin(), open.end(), std::size_t{0});
  std::int64_t left = size;
  while (!open.empty()) {
    std::int64_t all = 0;
    for (const std::size_t pod : open) all += pods[pod];
    std::vector<std::size_t> above;
    std::int64_t taken = 0;
    for (const std::size_t pod : open) {
      if (left * pods[pod] >= least[pod] * all) {
        above.push_back(pod);
      } else {
        shares[pod] = least[pod];
        taken += least[pod];
      }
    }
    left -= taken;
    if (above.size() == open.size()) {
      share_out(pods, open, left, shares);
      break;
    }
    open = std::move(above);
  }
  return shares;
}

}  // namespace petaproof::sample
