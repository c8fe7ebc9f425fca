// The rows of a judgement's table: one per model, precision, sparsity and emulation, with the verdict of each kind in
// a column.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/judge/judgement.hpp"

namespace petaproof::judge {

struct Row {
  static constexpr std::size_t label_width = 14;

  std::vector<Precision> precisions;  // more than one where every printed figure is the same: bf16 and fp16
  Sparsity sparsity = Sparsity::dense;
  Emulation emulation = Emulation::native;
  std::map<Kind, const JudgedReading*> readings;  // of the first precision; they point into the judgement

  const Arithmetic& arithmetic() const { return readings.begin()->second->arithmetic; }
  const Measurement* measured() const;
  bool is_per_package() const { return readings.begin()->second->is_per_package(); }
  /// "89.7 %" of the peak, which the need takes; "-" where the two cannot be compared.
  std::string share_of_peak() const;
  bool refuted() const { return by_arithmetic(readings.begin()->second->verdict); }
  std::string label() const;  // "bf16, fp16 2:4"
};

/// The rows of one model, in the order of the readings.
std::vector<Row> rows_of(const Judgement& judgement, const std::string& hardware_id);

}  // namespace petaproof::judge
