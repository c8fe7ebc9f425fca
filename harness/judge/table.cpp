#include "harness/judge/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// Two precisions share a row when nothing that the table prints would differ and both names fit its first
// column.
bool same_but_for_precision(const Row& a, const Row& b) {
  Row both = a;
  both.precisions.insert(both.precisions.end(), b.precisions.begin(), b.precisions.end());
  if (both.label().size() > Row::label_width) return false;
  if (a.sparsity != b.sparsity || a.emulation != b.emulation || a.measured() != nullptr || b.measured() != nullptr)
    return false;
  const auto same_verdict = [](const auto& x, const auto& y) {
    return x.first == y.first && x.second->verdict.outcome == y.second->verdict.outcome &&
           x.second->verdict.reason == y.second->verdict.reason;
  };
  return a.arithmetic().peak_tflops == b.arithmetic().peak_tflops &&
         a.arithmetic().required_clock_mhz == b.arithmetic().required_clock_mhz &&
         std::ranges::equal(a.readings, b.readings, same_verdict);
}

}  // namespace

const Measurement* Row::measured() const {
  const auto found = readings.find(Kind::kernel);
  return found == readings.end() || !found->second->measured ? nullptr : &*found->second->measured;
}

std::string Row::share_of_peak() const {
  return is_per_package() ? shown_percent(arithmetic().need_over_peak) : "-";
}

std::string Row::label() const {
  std::vector<std::string_view> names;
  for (const Precision precision : precisions) names.push_back(to_string(precision));
  return fmt::format("{}{}{}", fmt::join(names, ", "), sparsity == Sparsity::dense ? "" : " 2:4",
                     emulation == Emulation::native ? "" : " emulated");
}

std::vector<Row> rows_of(const Judgement& judgement, const std::string& hardware_id) {
  std::vector<Row> rows;
  for (const auto& judged : judgement.readings) {
    const Reading& reading = judged.reading;
    if (reading.hardware_id != hardware_id) continue;
    const bool same_row = !rows.empty() && rows.back().precisions.front() == reading.precision &&
                          rows.back().sparsity == reading.sparsity && rows.back().emulation == reading.emulation;
    if (!same_row) rows.push_back({{reading.precision}, reading.sparsity, reading.emulation, {}});
    rows.back().readings.emplace(reading.kind, &judged);
  }
  std::vector<Row> merged;
  for (auto& row : rows) {
    if (!merged.empty() && same_but_for_precision(merged.back(), row))
      merged.back().precisions.push_back(row.precisions.front());
    else
      merged.push_back(std::move(row));
  }
  return merged;
}

}  // namespace petaproof::judge
