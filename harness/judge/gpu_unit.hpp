// What a claim counts as one GPU, in packages: peaks and power are published per package.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/judge/claim.hpp"
#include "harness/judge/hardware.hpp"

namespace petaproof::judge {

/// Packages in one counted unit, from the fewest to the most that the word may stand for.
struct PackageRange {
  double least = 1;
  double most = 1;
};

/// Nothing for H100-equivalents, which are a rate and no part: how many packages make one depends on precision and
/// program.
std::optional<PackageRange> packages_in(GpuUnit unit, const Hardware& gpu);

/// The most packages that one of the claim's GPUs may be; where it does not say what it counts, the most of any word,
/// which is a node's. Nothing for H100-equivalents.
std::optional<double> most_packages(const GpuClaim& gpus, const Hardware& gpu);

/// A claim that does not say what it counts is read in packages, as a reader would.
bool counts_packages(const GpuClaim& gpus);

/// "4,000 H200 SXM (141 GB)"; "4,000 superchips of 1 to 2 H200 SXM (141 GB)".
std::string counted_text(const GpuClaim& gpus, const Hardware& gpu);
/// The same whatever the model: "4,000 GPUs", "4,000 superchips".
std::string counted_text(const GpuClaim& gpus);

}  // namespace petaproof::judge
