// The driver's version from what its kernel module says of itself, in /proc/driver/nvidia/version. CUDA's own calls
// tell only which version of CUDA the driver supports, and NVML is not a library of this layer.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace petaproof::cuda {

/// "535.129.03" of "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 ...": the first word that
/// is made of digits and dots, both. Empty where there is none.
inline std::string driver_version_in(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \t\n", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (word.find_first_not_of("0123456789.") == std::string_view::npos && word.find('.') != std::string_view::npos &&
        word.find_first_of("0123456789") != std::string_view::npos)
      return std::string(word);
    at = end + 1;
  }
  return {};
}

}  // namespace petaproof::cuda
