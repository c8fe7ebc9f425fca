// From records to evidence: which records are measurements that a claim about compute could rest on.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/judge/evidence.hpp"
#include "harness/judge/hardware.hpp"

namespace petaproof::judge {

/// What ran, in the words of a claim, from a workload's parameter `precision`: on a GPU with FP64 tensor cores a
/// library's FP64 product runs on them. Nothing for an unknown name, nor for emulated FP64, whose rate no peak
/// bounds; `gpu` may be null. `path`: the parameter of that name where a workload has it; "vector" is not on tensor
/// cores.
std::optional<Precision> measured_precision(const std::string& name, const Hardware* gpu,
                                            const std::string& path = {});

/// What the library said of its own arithmetic, which outweighs what it was asked for.
Emulation emulation_of(const nlohmann::json& record);

/// Every record that measured FLOP/s, whatever became of it: the judge sets aside what may not count and says
/// why. GPUs are told by the name that the driver reports; where they are of several models, each is a measurement of
/// its own, in the order of their ids.
/// `told_twice`: sample::told_twice() of the same records, or empty.
Evidence evidence_from(const std::vector<nlohmann::json>& records, const HardwareDatabase& hardware,
                       const std::vector<std::string>& told_twice = {});

}  // namespace petaproof::judge
