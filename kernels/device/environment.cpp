#include "kernels/device/environment.hpp"

#include <algorithm>
#include <cstdlib>

#include "kernels/device/error.hpp"

extern char** environ;

namespace petaproof {
namespace {

// By prefix, since each release adds some. Sources: cuBLAS documentation, "Environment Variables" of floating-point
// emulation (CUBLAS_EMULATE_SINGLE_PRECISION, CUBLAS_EMULATE_DOUBLE_PRECISION, CUBLAS_EMULATION_STRATEGY,
// CUBLAS_EMULATION_SPECIAL_VALUES_SUPPORT_MASK, CUBLAS_FIXEDPOINT_EMULATION_MANTISSA_BIT_COUNT); the names that
// libcublasLt.so.13 itself holds (CUBLASLT_HEURISTICS_LUT_FILE, CUBLASLT_HEURISTICS_CACHE_CAPACITY).
constexpr std::string_view prefixes[] = {"CUBLAS_EMULAT", "CUBLAS_FIXEDPOINT_EMULATION", "CUBLASLT_EMULAT",
                                         "CUBLASLT_HEURISTICS_"};
// cuBLAS and cuDNN read NVIDIA_TF32_OVERRIDE; an errata file takes engines away from cuDNN's heuristics, a cap on the
// workspace takes away those that need more.
constexpr std::string_view names[] = {"NVIDIA_TF32_OVERRIDE", "CUDNN_ERRATA_JSON_FILE", "CUDNN_CONV_WSCAP_DBG"};

std::vector<Variable>& unset() {
  static std::vector<Variable> variables;
  return variables;
}

// A function's own, since a module registers before main() or in the middle of a run.
std::vector<SharingRule>& sharing_rules() {
  static std::vector<SharingRule> rules;
  return rules;
}

}  // namespace

bool is_substitution(std::string_view name) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); }) ||
         std::ranges::find(names, name) != std::end(names);
}

std::vector<Variable> unset_substitutions() {
  std::vector<Variable> found;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || !is_substitution(text.substr(0, equals))) continue;
    found.push_back({std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))});
  }
  std::ranges::sort(found, {}, &Variable::name);
  for (const Variable& variable : found) PETAPROOF_POSIX(unsetenv(variable.name.c_str()));
  unset().insert(unset().end(), found.begin(), found.end());
  return found;
}

const std::vector<Variable>& unset_variables() {
  return unset();
}

void add_sharing_rule(SharingRule rule) {
  sharing_rules().push_back(std::move(rule));
}

std::vector<Variable> allow_sharing(int process) {
  std::vector<Variable> set;
  for (const SharingRule& rule : sharing_rules())
    for (Variable& variable : rule(process)) {
      // in place of the user's own: a value that was meant for processes with a device each
      PETAPROOF_POSIX(setenv(variable.name.c_str(), variable.value.c_str(), 1));
      set.push_back(std::move(variable));
    }
  return set;
}

}  // namespace petaproof
