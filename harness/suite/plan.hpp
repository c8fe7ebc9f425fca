// A suite file, expanded into the plan that all ranks agree on.
//
//   {
//     "schema": "petaproof-suite/1",
//     "name": "smoke",
//     "description": "...",
//     "claim": "nexus-hub-240pf",                     // optional: judged after the run
//     "defaults": {"seconds": 0.5},                   // optional: any of the keys below from "mode" on
//     "cases": [
//       {"workload": "gemm/openblas",
//        "when": {"backend": "host", "min_ranks": 2},  // optional: otherwise these cases are not part of the plan
//        "mode": ["burst", "batched"],                 // default batched
//        "fill": "normal", "seed": 1, "seconds": 0.5, "warm_up_seconds": 0.5,
//        "params": {"m": [512, 1024], "precision": "fp64"}}]   // or a list of such objects
//   }
//
// Every list multiplies. What a suite names without "when" is asked for, and counts as missing where it cannot run,
// unless the GPU's hardware file predicted that (harness/record/prediction.hpp).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "kernels/measure/loop.hpp"

namespace petaproof {

inline constexpr const char* suite_schema = "petaproof-suite/1";

struct Case {
  std::string id;  // stable: a hash of all that follows
  std::string workload;
  Params params;
  MeasureSpec measure;
  Fill fill = Fill::normal;
  std::uint64_t seed = 1;
  /// Why this build or process has no such workload; its parameters were not checked then.
  std::string absent;

  /// "gemm/openblas fp64 k=512 m=512 n=512 burst"; other than normal data is named too.
  std::string title() const;
  nlohmann::json to_json() const;
};

/// The same from JSON: of a case, or of a record, which holds all that a case does.
std::string case_title(const nlohmann::json& one);
/// Workload and parameters alone: "gemm/openblas fp64 k=512 m=512 n=512".
std::string case_subject(const nlohmann::json& one);

struct LeftOut {
  std::string workload;
  std::string why;  // "when: needs backend cuda, this run has host"
  int cases = 0;
};

struct Plan {
  std::string suite;
  std::string claim;  // empty: none
  std::vector<Case> cases;
  std::vector<LeftOut> left_out;
  std::string hash;  // of suite, claim and cases

  nlohmann::json to_json() const;
};

/// What `when` is held against.
struct RunSetting {
  std::string backend = "host";
  int ranks = 1;
};

/// Throws Error(config): file, JSON path, what was found, what is allowed. `text` is the file's content, `file` its
/// name for messages. Looks workloads up in the registry.
Plan expand_suite(const std::string& text, const std::string& file, const RunSetting& setting);

}  // namespace petaproof
