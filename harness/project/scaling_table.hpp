// A table of measured or published scaling points: one row per point, one CSV file (its columns: README.md, here).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/project/unit.hpp"

namespace petaproof::project {

struct ScalingRow {
  int line = 0;  // in the file
  std::string id;
  std::string series;
  std::string kind;     // train_step, hpl, collective, ...
  std::string scaling;  // weak, strong, ...: free text
  std::string system;
  std::string gpu;
  std::int64_t gpus = 0;
  std::int64_t nodes = 0;
  std::string workload;
  std::string precision;
  std::string parallelism;
  std::string global_batch;  // a number, or free text such as "16M tokens"
  std::string seq_len;
  std::optional<std::int64_t> msg_bytes;
  std::string algo;
  std::string metric;
  double value = 0;  // above 0
  Unit unit{};
  double value_rounding = 0;            // half of the last digit that is printed
  std::optional<double> per_gpu_value;  // as its source has it beside the value
  double per_gpu_rounding = 0;
  std::string per_gpu_unit;  // free text; compared where it is a unit
  std::string note;
};

/// Reads a file. Throws Error(config), one line with file, line, column, what was found and what is allowed: a
/// column missing, unknown or given twice, a record too short or too long, a number that is none or out of range, a
/// unit that is not known, text that is missing, CSV that is not well-formed (csv.hpp).
std::vector<ScalingRow> load_scaling_table(const std::filesystem::path& path);

/// The same from text; `name` stands for the file in messages.
std::vector<ScalingRow> parse_scaling_table(std::string_view text, const std::string& name);

}  // namespace petaproof::project
