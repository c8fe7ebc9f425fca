// The multiprocessors' clock, measured by the multiprocessors: a tiny kernel before and after the timed launches
// reads each one's cycle counter and the device's wall clock. NVML's clock is a sample now and then; this is the mean
// over exactly the stretch that the rate is of.
#pragma once

#include <memory>

#include "kernels/device/device.hpp"

namespace petaproof::cuda {

/// For `device`, whose facts say how many multiprocessors there are.
std::unique_ptr<ClockProbe> make_clock_probe(Device& device);

}  // namespace petaproof::cuda
