// Published results: configs/published/*.json. Those of other systems say what is usual, and never set a verdict; one
// of the very system that a claim is about may be attached to it as evidence.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/judge/dimensions.hpp"
#include "harness/judge/hardware.hpp"
#include "harness/judge/rounding.hpp"

namespace petaproof::judge {

struct PublishedResult {
  std::string id;
  std::string system;                   // "Azure NDv5"
  std::vector<std::string> known_as{};  // other names of the system: a claim says with one of them what it is of
  std::string hardware_id;
  Kind kind = Kind::kernel;
  std::string benchmark;      // "HPL", "HPL-MxP", a model's name; may be empty
  std::int64_t sequence = 0;  // tokens of a training sequence; 0: not said
  Precision precision = Precision::fp64;
  std::int64_t gpus = 0;
  std::int64_t nodes = 0;  // 0: not said
  PrintedNumber value;     // in `unit`, of all GPUs, also where the source prints the rate of one ("per": "GPU")
  std::string unit;
  double unit_tflops = 0;
  std::string source;
  Status status = Status::recalled;
  std::string note;

  double total_tflops() const { return value.value * unit_tflops; }
  double per_gpu_tflops() const { return total_tflops() / static_cast<double>(gpus); }
};

class PublishedResults {
 public:
  PublishedResults() = default;
  /// Reads every *.json of a folder; none where it is not there. Error(config), with file and JSON path, on the first
  /// that is wrong: an unknown key, unit, GPU or precision, an id given twice, more per GPU than its peak.
  static PublishedResults load(const std::filesystem::path& folder, const HardwareDatabase& hardware);

  const PublishedResult* find(std::string_view id) const;
  const std::vector<PublishedResult>& all() const { return all_; }  // in the files' order, files by name

  /// Those that a claim's file attaches. Error(config), naming what there is, for an unknown id.
  std::vector<PublishedResult> attached_to(const std::vector<std::string>& ids, const std::string& claim_id) const;

 private:
  std::vector<PublishedResult> all_;
};

}  // namespace petaproof::judge
