#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "harness/project/carry.hpp"
#include "harness/project/methods.hpp"

namespace petaproof::project {
namespace {

std::string lower_case(std::string_view text) {
  std::string result;
  for (const char c : text) result += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return result;
}

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value > 0)) return std::nullopt;
  return value;
}

// "TP=4, PP=8 DP=16" as {"tp=4", "pp=8"}. The degree of plain data parallelism and the global batch grow with the
// GPUs in weak scaling, while what one GPU computes and sends does not; every other degree, that of sharding too,
// shapes it.
std::vector<std::string> shape_of(const std::string& parallelism) {
  std::vector<std::string> shape;
  std::string word;
  const std::string text = lower_case(parallelism) + " ";
  for (const char c : text) {
    if (c != ' ' && c != ',' && c != ';') {
      word += c;
      continue;
    }
    const auto digits = word.find_first_of("0123456789");
    std::string key = word.substr(0, digits);
    if (key.ends_with('=')) key.pop_back();
    const bool grows = digits != std::string::npos && (key == "dp" || key == "gbs" || key == "gb");
    if (!word.empty() && !grows) shape.push_back(word);
    word.clear();
  }
  return shape;
}

// "FP8", "MXFP8 hybrid", "NVFP4", "int8": however it is spelt.
bool is_eight_bits_or_fewer(const std::string& precision) {
  const std::string text = lower_case(precision);
  return std::ranges::any_of(std::array{"fp8", "fp6", "fp4", "int8", "e4m3", "e5m2"},
                             [&](const char* name) { return text.find(name) != std::string::npos; });
}

// The rate of one GPU, in a unit that only makes sense within one series.
double rate_per_gpu(const ScalingRow& row) {
  switch (row.unit.sense) {
    case Sense::time: return 1 / row.value;  // weak scaling: the same work per GPU in each step
    case Sense::rate_total: return row.value / static_cast<double>(row.gpus);
    default: return row.value;
  }
}

double in_units_of(const ScalingRow& row, double rate, std::int64_t gpus) {
  switch (row.unit.sense) {
    case Sense::time: return 1 / rate;
    case Sense::rate_total: return rate * static_cast<double>(gpus);
    default: return rate;
  }
}

// Why `row` cannot be compared with `base`: what changed between them. Empty: nothing did.
std::string change(const ScalingRow& base, const ScalingRow& row) {
  const auto differs = [&](std::string_view what, const std::string& a, const std::string& b) {
    return fmt::format("{} changes from \"{}\" at {} GPUs to \"{}\" at {}", what, a, base.gpus, b, row.gpus);
  };
  if (base.system != row.system) return differs("the system", base.system, row.system);
  if (base.gpu != row.gpu) return differs("the GPU", base.gpu, row.gpu);
  if (base.workload != row.workload) return differs("the workload", base.workload, row.workload);
  if (base.precision != row.precision) return differs("the precision", base.precision, row.precision);
  if (base.seq_len != row.seq_len) return differs("the sequence length", base.seq_len, row.seq_len);
  if (shape_of(base.parallelism) != shape_of(row.parallelism))
    return differs("the parallel configuration", base.parallelism, row.parallelism);
  if (base.metric != row.metric || base.unit.name != row.unit.name)
    return differs("the metric", fmt::format("{} in {}", base.metric, base.unit.name),
                   fmt::format("{} in {}", row.metric, row.unit.name));
  const auto a = number_of(base.global_batch);
  const auto b = number_of(row.global_batch);
  if (!a || !b)
    return base.global_batch == row.global_batch ? ""
                                                 : differs("the global batch", base.global_batch, row.global_batch);
  const double per_gpu = *a / static_cast<double>(base.gpus);
  const double per_gpu_there = *b / static_cast<double>(row.gpus);
  constexpr double rounding = 1e-3;  // of a batch that is not a multiple of the GPUs
  if (std::abs(per_gpu_there / per_gpu - 1) <= rounding) return {};
  return fmt::format("the batch per GPU changes from {:.4g} at {} GPUs to {:.4g} at {}", per_gpu, base.gpus,
                     per_gpu_there, row.gpus);
}

class CarryForward {
 public:
  CarryForward(std::vector<ScalingRow> rows, const ProjectOptions& options, Projection& projection)
      : rows_(std::move(rows)), options_(options), projection_(projection) {
    std::ranges::stable_sort(rows_, {}, &ScalingRow::gpus);
  }

  void run() {
    const bool larger = rows_.back().gpus > options_.fit_max_gpus;
    if (!larger && options_.at_gpus.empty()) {
      LeftOut out{
          rows_.front().kind, rows_.front().series, {}, "nothing to predict: no row of more GPUs than are fitted"};
      for (const ScalingRow& row : rows_) out.lines.push_back(row.line);
      projection_.left_out.push_back(std::move(out));
      return;
    }
    if (const std::string reason = why_not(); !reason.empty()) {
      projection_.refused.push_back({rows_.front().kind, rows_.front().series, std::nullopt, std::nullopt, reason});
      return;
    }
    report_fit();
    for (const ScalingRow& row : rows_) {
      if (row.gpus <= options_.fit_max_gpus) continue;
      if (const std::string reason = change(*base_, row); reason.empty())
        predict(row.gpus, row.value);
      else
        projection_.refused.push_back({row.kind, row.series, row.gpus, std::nullopt, reason});
    }
    for (const std::int64_t gpus : options_.at_gpus) {
      const bool larger_row =
          gpus > options_.fit_max_gpus && std::ranges::find(rows_, gpus, &ScalingRow::gpus) != rows_.end();
      if (!larger_row) predict(gpus, std::nullopt);  // which refuses what is no more than was measured
    }
  }

 private:
  // Finds what is carried; says why nothing can be.
  std::string why_not() {
    const auto end = std::ranges::find_if(rows_, [&](const auto& row) { return row.gpus > options_.fit_max_gpus; });
    if (end == rows_.begin())
      return fmt::format("no row of {} GPUs or fewer to carry forward", options_.fit_max_gpus);
    base_ = &*std::prev(end);
    for (auto row = rows_.begin(); row != end; ++row) {
      const std::string difference = change(*base_, *row);
      if (difference.empty())
        request_.points.push_back({row->gpus, row->nodes, rate_per_gpu(*row)});
      else if (row->gpus == base_->gpus)
        return fmt::format("several configurations at {} GPUs, and nothing says which one is carried: {}",
                           base_->gpus, difference);
      else
        ++other_configuration_;
    }
    if (base_->unit.sense == Sense::power || base_->unit.sense == Sense::bandwidth)
      return fmt::format("the unit {} is neither a time nor a rate", base_->unit.name);
    if (lower_case(base_->scaling).starts_with("strong"))
      return "strong scaling: the work per GPU shrinks as GPUs are added, so its rate is not carried forward";
    request_.kind = base_->kind == "hpl" ? CarriedKind::hpl : CarriedKind::training;
    request_.untuned = options_.untuned;
    request_.eight_bits = is_eight_bits_or_fewer(base_->precision);
    if (std::string reason = why_not_carried(request_); !reason.empty()) return reason;
    repeats_ = repeats_note(request_.points);
    request_.points = points_by_count(request_.points);
    return {};
  }

  void report_fit() {
    const std::vector<CarryPoint>& points = request_.points;
    const CarryPoint& last = points.back();
    Fit fit{.kind = base_->kind,
            .method = "carry_forward",
            .system = base_->system,
            .workload = base_->workload,
            .algo = base_->algo};
    fit.series = {base_->series};
    const bool time = base_->unit.sense == Sense::time;
    const bool total = base_->unit.sense == Sense::rate_total;
    fit.parameters = {{"carried", in_units_of(*base_, last.rate_per_gpu, 1),
                       fmt::format("{}{}", base_->unit.name,
                                   total  ? "/GPU"
                                   : time ? " (the same work per GPU)"
                                          : ""),
                       ""},
                      {"from", static_cast<double>(last.gpus), "GPUs", ""}};
    fit.points = static_cast<int>(points.size());
    for (const CarryPoint& point : points) fit.gpus.push_back(point.gpus);
    if (points.size() > 1) {
      double squares = 0;
      double largest = 0;
      for (std::size_t i = 1; i < points.size(); ++i) {
        const double step = std::log(points[i - 1].rate_per_gpu / points[i].rate_per_gpu);
        squares += step * step;
        if (std::abs(step) > std::abs(largest)) largest = step;
      }
      fit.rms_residual = std::sqrt(squares / static_cast<double>(points.size() - 1));
      fit.largest_residual = largest;
    } else {
      fit.notes.emplace_back("one count: how the rate changes with size was not seen at all");
    }
    if (!repeats_.empty()) fit.notes.push_back(repeats_);
    if (base_->parallelism.empty() && base_->kind == "train_step")
      fit.notes.emplace_back("the parallel configuration is not stated; taken to be the same throughout");
    if (other_configuration_ > 0)
      fit.notes.push_back(
          fmt::format("{} smaller rows of another configuration were not used", other_configuration_));
    projection_.fits.push_back(std::move(fit));
  }

  void predict(std::int64_t gpus, std::optional<double> measured) {
    request_.target_gpus = gpus;
    const CarryResult answer = carry(request_);
    if (!answer.carried) {
      projection_.refused.push_back({base_->kind, base_->series, gpus, std::nullopt, answer.refusal});
      return;
    }
    const Carried& carried = *answer.carried;
    Prediction result{.kind = base_->kind,
                      .series = base_->series,
                      .operation = {},
                      .gpus = gpus,
                      .msg_bytes = std::nullopt,
                      .metric = base_->metric,
                      .unit = std::string(base_->unit.name),
                      .predicted = in_units_of(*base_, carried.rate_per_gpu, gpus),
                      .measured = measured};
    result.lower = in_units_of(*base_, carried.lower, gpus);
    result.upper = in_units_of(*base_, carried.upper, gpus);
    if (result.lower > result.upper) std::swap(result.lower, result.upper);
    projection_.predictions.push_back(std::move(result));
  }

  std::vector<ScalingRow> rows_;
  const ProjectOptions& options_;
  Projection& projection_;
  const ScalingRow* base_ = nullptr;  // the largest fitted row, in rows_
  CarryRequest request_;              // the points of its configuration, by count
  std::string repeats_;               // what is said of points that were measured several times
  int other_configuration_ = 0;
};

}  // namespace

void project_carry_forward(const std::vector<ScalingRow>& rows, const ProjectOptions& options,
                           Projection& projection) {
  CarryForward(rows, options, projection).run();
}

}  // namespace petaproof::project
