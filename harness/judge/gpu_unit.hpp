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

/// What each of the claim's GPUs is read as, at the kindest: one package where it does not say, as a reader would;
/// the most of a stated unit; one of an H100-equivalent.
double packages_read(const GpuClaim& gpus, const Hardware& gpu);

/// Whether the number of packages follows from the claim: it does not for superchips, pairs, dies and
/// H100-equivalents.
bool packages_known(const GpuClaim& gpus, const Hardware& gpu);

/// Of all that the claim counts, as its number rounds and its unit may mean; nothing for H100-equivalents.
std::optional<PackageRange> packages_counted(const GpuClaim& gpus, const Hardware& gpu);

bool counts_packages(const GpuClaim& gpus);

/// "4,000 H200 SXM (141 GB)"; "4,000 superchips of 1 to 4 H200 SXM (141 GB)".
std::string counted_text(const GpuClaim& gpus, const Hardware& gpu);
/// The same whatever the model: "4,000 GPUs", "4,000 superchips".
std::string counted_text(const GpuClaim& gpus);
/// "GPU", "superchip"
std::string counted_unit(const GpuClaim& gpus);

}  // namespace petaproof::judge
