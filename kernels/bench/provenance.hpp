// What the context of petaproof-kernels' output says: how the program came to be, and what it measures.
#pragma once

#include <map>
#include <string>

#include "kernels/device/device.hpp"

namespace petaproof::bench {

/// Version, commit, compiler, module, and the variables that were removed from the environment.
std::map<std::string, std::string> provenance_of_program();

/// Under "host." or "cuda.": name, size, driver, versions, clock limits, as far as the device tells.
std::map<std::string, std::string> provenance_of(const DeviceFacts& device);

}  // namespace petaproof::bench
