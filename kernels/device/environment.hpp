// The process environment as NVIDIA's libraries find it: what must not be in it, and what has to be.
//
// Some variables make a library compute something other than it was asked for, without a word: NVIDIA_TF32_OVERRIDE
// turns TF32 on or off behind every call, cuBLAS emulates FP64 on tensor cores, a look-up table replaces cuBLASLt's
// choice of an algorithm. A result obtained so would stand under a wrong name. They are removed before a library is
// loaded, and the user is told. What users rightly tune (NCCL_*, CUDA_VISIBLE_DEVICES, CUBLAS_WORKSPACE_CONFIG)
// stays.
//
// Not safe beside threads that read the environment: for the start of a process.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace petaproof {

struct Variable {
  std::string name;
  std::string value;
  bool operator==(const Variable&) const = default;
};

/// Whether a variable of this name makes a library substitute another precision or algorithm.
bool is_substitution(std::string_view name);

/// Removes every such variable and returns those that were there, by name. load_module() calls it.
std::vector<Variable> unset_substitutions();

/// All that unset_substitutions() has removed from this process.
const std::vector<Variable>& unset_variables();

/// What a library needs in the environment of process number `process` so that several may use one device through
/// it. A module adds its rules as it loads.
using SharingRule = std::function<std::vector<Variable>(int process)>;
void add_sharing_rule(SharingRule rule);

/// Sets, before any library's first call, what the rules ask for; returns it. Only for runs in which processes share
/// a device on purpose: without it a library that refuses two processes on one device is right.
std::vector<Variable> allow_sharing(int process);

}  // namespace petaproof
