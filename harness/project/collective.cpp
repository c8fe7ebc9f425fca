#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "collectives/busbw.hpp"
#include "harness/project/bands.hpp"
#include "harness/project/methods.hpp"
#include "harness/project/nonnegative_fit.hpp"
#include "harness/project/reach.hpp"
#include "harness/project/repeats.hpp"

namespace petaproof::project {
namespace {

// What the model was validated on. One and two nodes follow other laws: NVLink alone, and algorithms that exceed the
// wire.
constexpr std::int64_t fewest_nodes = 4;
constexpr std::size_t fewest_node_counts = 3;
constexpr std::int64_t smallest_bytes = std::int64_t{16} << 20;
constexpr std::int64_t largest_bytes = std::int64_t{16} << 30;

constexpr std::array operations{
    Operation{"all_reduce", all_reduce_bus_factor},         Operation{"all_gather", all_gather_bus_factor},
    Operation{"reduce_scatter", reduce_scatter_bus_factor}, Operation{"all_to_all", all_to_all_bus_factor},
    Operation{"broadcast", broadcast_bus_factor},           Operation{"reduce", reduce_bus_factor},
};

std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text)
    if (c != '_' && c != '-' && c != ' ') letters += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return letters;
}

// A point as the model sees it: how long, for what.
struct Place {
  std::int64_t gpus = 0;
  std::int64_t nodes = 0;
  double bytes = 0;
};

double wire_bytes(const Operation& operation, const Place& place) {
  return place.bytes * operation.bus_factor(static_cast<int>(place.gpus));
}

std::array<double, fit_terms> terms(const Operation& operation, const Place& place) {
  return {1, std::log2(static_cast<double>(place.nodes)), wire_bytes(operation, place)};
}

bool is_algbw(const ScalingRow& row) {
  return letters_of(row.metric) == "algbw";
}

// Seconds <-> the row's own metric and unit. Between bandwidth and time stands the same quotient both ways.
double convert(const Operation& operation, const ScalingRow& row, const Place& place, double from) {
  if (row.unit.sense == Sense::time) return from;
  return (is_algbw(row) ? place.bytes : wire_bytes(operation, place)) / from;
}

double seconds_of(const Operation& operation, const ScalingRow& row, const Place& place) {
  return convert(operation, row, place, row.value * row.unit.si);
}

double in_units_of(const Operation& operation, const ScalingRow& row, const Place& place, double seconds) {
  return convert(operation, row, place, seconds) / row.unit.si;
}

Place place_of(const ScalingRow& row) {
  return {row.gpus, row.nodes, static_cast<double>(*row.msg_bytes)};
}

// Empty: the row can be fitted and predicted as far as its own fields go.
std::string unusable(const ScalingRow& row) {
  if (!row.msg_bytes) return "no message size (column msg_bytes)";
  if (row.gpus < 2) return "one GPU communicates with nobody";
  if (row.unit.sense != Sense::time && row.unit.sense != Sense::bandwidth)
    return fmt::format("the unit {} is neither a bandwidth nor a time", row.unit.name);
  const std::string metric = letters_of(row.metric);
  if (row.unit.sense == Sense::bandwidth && metric != "busbw" && metric != "algbw")
    return fmt::format("the metric \"{}\" is neither busbw nor algbw, so what it counts is not known", row.metric);
  if (*row.msg_bytes < smallest_bytes || *row.msg_bytes > largest_bytes)
    return "the model was validated from 16 MiB to 16 GiB only";
  return {};
}

class CollectiveProjection {
 public:
  CollectiveProjection(const std::vector<ScalingRow>& rows, const Operation& operation, const ProjectOptions& options,
                       Projection& projection)
      : operation_(operation), options_(options), projection_(projection) {
    for (const ScalingRow& row : rows)
      if (const std::string reason = unusable(row); reason.empty())
        usable_.push_back(row);
      else
        set_aside_[{row.series, reason}].push_back(row);
  }

  void run() {
    report_set_aside();
    if (usable_.empty()) return;
    if (const std::string reason = why_not_fitted(); !reason.empty()) return refuse_all(reason);
    base_ = &*std::ranges::find_if(usable_, [&](const ScalingRow& row) { return is_fitted(row); });
    if (const std::string reason = why_not_one_cluster(); !reason.empty()) return refuse_all(reason);
    combine();
    if (const std::string reason = unlike_repeats(); !reason.empty()) return refuse_all(reason);
    const NonnegativeFit fitted = fit_nonnegative(samples());
    if (const std::string reason = why_no_model(fitted); !reason.empty()) return refuse_all(reason);
    coefficients_ = fitted.coefficients;
    scatter_ = fitted.scatter;
    report(fitted);
    for (const ScalingRow& row : usable_)
      if (row.gpus > options_.fit_max_gpus) predict(row, place_of(row), row.value);
    predict_further();
  }

 private:
  // Only rows that would have been predicted are a refusal; the others were never asked for.
  void report_set_aside() {
    for (const auto& [key, rows] : set_aside_) {
      if (!is_chosen(options_, key.first)) continue;
      std::vector<int> lines;
      for (const ScalingRow& row : rows) {
        if (row.gpus > options_.fit_max_gpus)
          projection_.refused.push_back({row.kind, row.series, row.gpus, row.msg_bytes, key.second});
        else
          lines.push_back(row.line);
      }
      if (!lines.empty()) projection_.left_out.push_back({rows.front().kind, key.first, lines, key.second});
    }
  }

  void refuse_all(const std::string& reason) {
    std::set<std::string> series;
    for (const ScalingRow& row : usable_) series.insert(row.series);
    for (const std::string& name : series)
      if (is_chosen(options_, name))
        projection_.refused.push_back({usable_.front().kind, name, std::nullopt, std::nullopt, reason});
  }

  bool is_fitted(const ScalingRow& row) const {
    return row.gpus <= options_.fit_max_gpus && row.nodes >= fewest_nodes;
  }

  std::string why_not_fitted() const {
    std::set<std::int64_t> nodes;
    std::set<std::int64_t> below;
    for (const ScalingRow& row : usable_) {
      if (is_fitted(row))
        nodes.insert(row.nodes);
      else if (row.gpus <= options_.fit_max_gpus)
        below.insert(row.nodes);
    }
    if (nodes.size() >= fewest_node_counts) return {};
    std::string text = fmt::format("{} different node counts of {} nodes or more{}, and the fit needs {}",
                                   nodes.size(), fewest_nodes, limit_text(), fewest_node_counts);
    if (!below.empty())
      text += fmt::format("; what {} measure{} is not extrapolated from, as few nodes follow other laws than many",
                          *below.rbegin() == 1 ? "one node" : fmt::format("up to {} nodes", *below.rbegin()),
                          *below.rbegin() == 1 ? "s" : "");
    return text;
  }

  // Other GPUs, or other numbers of them on a node, have other links.
  std::string change(const ScalingRow& row) const {
    if (row.gpu != base_->gpu)
      return fmt::format("the GPU changes from \"{}\" at {} GPUs to \"{}\" at {}", base_->gpu, base_->gpus, row.gpu,
                         row.gpus);
    if (row.gpus * base_->nodes != base_->gpus * row.nodes)
      return fmt::format("the GPUs per node change from {:.4g} at {} GPUs to {:.4g} at {}",
                         static_cast<double>(base_->gpus) / static_cast<double>(base_->nodes), base_->gpus,
                         static_cast<double>(row.gpus) / static_cast<double>(row.nodes), row.gpus);
    return {};
  }

  std::string why_not_one_cluster() const {
    for (const ScalingRow& row : usable_)
      if (is_fitted(row))
        if (std::string reason = change(row); !reason.empty()) return reason;
    return {};
  }

  std::string limit_text() const {
    if (options_.fit_max_gpus == std::numeric_limits<std::int64_t>::max()) return "";
    return fmt::format(" at {} GPUs or fewer", options_.fit_max_gpus);
  }

  // The fitted rows, several of one count and size as one point.
  void combine() {
    std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::vector<double>> seconds;
    for (const ScalingRow& row : usable_)
      if (is_fitted(row))
        seconds[{*row.msg_bytes, row.gpus, row.nodes}].push_back(seconds_of(operation_, row, place_of(row)));
    for (const auto& [key, values] : seconds) {
      const auto [bytes, gpus, nodes] = key;
      points_.push_back({{gpus, nodes, static_cast<double>(bytes)}, bytes, combined(values)});
    }
  }

  std::vector<FitSample> samples() const {
    std::vector<FitSample> all;
    for (const Point& point : points_) all.push_back({terms(operation_, point.place), point.seconds.mean});
    return all;
  }

  std::string unlike_repeats() const {
    for (const Point& point : points_) {
      std::string reason = why_not_one_point(point.seconds, collective_band(point.bytes),
                                             fmt::format("{} bytes on {} GPUs", point.bytes, point.place.gpus));
      if (!reason.empty()) return reason;
    }
    return {};
  }

  std::string why_no_model(const NonnegativeFit& fitted) const {
    const int points = static_cast<int>(points_.size());
    if (fitted.scatter > largest_scatter)
      return fmt::format(
          "the measured points do not follow the model, which is {:.0f} % off them (root mean square; "
          "at most {:.0f} % is projected from)",
          100 * std::expm1(fitted.scatter), 100 * largest_scatter);
    if (too_many_outliers(fitted.outliers, points))
      return fmt::format(
          "the measured points do not follow the model: {} of {} lie far off, {:+.0f} % at most, and "
          "one in ten may",
          fitted.outliers, points, 100 * std::expm1(fitted.largest_log_residual));
    return {};
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> texts;
    if (smallest_bytes_ == largest_bytes_)
      texts.emplace_back("one message size: a and B are not told apart; good for that size only");
    std::vector<Repeats> repeats;
    for (const Point& point : points_) repeats.push_back(point.seconds);
    if (std::string note = repeats_note(repeats); !note.empty()) texts.push_back(std::move(note));
    if (scatter_ > usual_scatter)
      texts.push_back(
          fmt::format("it is {:.1f} % off its own points (root mean square): its bands are wider than those "
                      "of fits that are {:.0f} % off or less",
                      100 * std::expm1(scatter_), 100 * usual_scatter));
    const auto too_few_nodes = std::ranges::count_if(usable_, [&](const ScalingRow& row) {
      return row.gpus <= options_.fit_max_gpus && row.nodes < fewest_nodes;
    });
    if (too_few_nodes > 0)
      texts.push_back(fmt::format("{} points of fewer than {} nodes were not fitted", too_few_nodes, fewest_nodes));
    return texts;
  }

  void report(const NonnegativeFit& fitted) {
    std::set<std::int64_t> gpus;
    std::set<std::int64_t> sizes;
    std::set<std::string> series;
    for (const Point& point : points_) {
      gpus.insert(point.place.gpus);
      sizes.insert(point.bytes);
    }
    for (const ScalingRow& row : usable_)
      if (is_fitted(row)) series.insert(row.series);
    largest_gpus_ = *gpus.rbegin();
    smallest_bytes_ = *sizes.begin();
    largest_bytes_ = *sizes.rbegin();

    const ScalingRow& any = usable_.front();
    Fit fit{.kind = any.kind,
            .method = "collective_log",
            .system = any.system,
            .workload = any.workload,
            .algo = any.algo};
    fit.series.assign(series.begin(), series.end());
    fit.parameters = {
        {"a", coefficients_[0] * 1e6, "us", ""},
        {"c", coefficients_[1] * 1e6, "us per doubling of nodes", ""},
        coefficients_[2] > 0
            ? Quantity{"B", 1 / coefficients_[2] / 1e9, "GB/s", ""}
            : Quantity{"B", 0, "GB/s", "no part of the time grows with the message size in these points"}};
    fit.points = static_cast<int>(points_.size());
    fit.gpus.assign(gpus.begin(), gpus.end());
    fit.rms_residual = fitted.rms_log_residual;
    fit.largest_residual = fitted.largest_log_residual;
    fit.outliers = fitted.outliers;
    fit.notes = notes();
    projection_.fits.push_back(std::move(fit));
  }

  std::string why_not_predicted(const Place& place, std::int64_t bytes) const {
    if (place.nodes < fewest_nodes)
      return fmt::format("{} nodes: the model is for {} or more", place.nodes, fewest_nodes);
    std::string reason = why_beyond(collective_reach(), largest_gpus_, place.gpus);
    return reason.empty() ? why_beyond_sizes(smallest_bytes_, largest_bytes_, bytes) : reason;
  }

  void predict(const ScalingRow& row, const Place& place, std::optional<double> measured) {
    if (!is_chosen(options_, row.series)) return;
    std::string reason = change(row);
    if (reason.empty()) reason = why_not_predicted(place, *row.msg_bytes);
    if (!reason.empty()) {
      projection_.refused.push_back({row.kind, row.series, place.gpus, row.msg_bytes, std::move(reason)});
      return;
    }
    const auto x = terms(operation_, place);
    double seconds = 0;
    for (std::size_t i = 0; i < fit_terms; ++i) seconds += coefficients_[i] * x[i];
    const Band band = widened(collective_band(*row.msg_bytes), scatter_);
    Prediction result{.kind = row.kind,
                      .series = row.series,
                      .operation = std::string(operation_.name),
                      .gpus = place.gpus,
                      .msg_bytes = row.msg_bytes,
                      .metric = row.metric,
                      .unit = std::string(row.unit.name),
                      .predicted = in_units_of(operation_, row, place, seconds),
                      .measured = measured};
    // the band is of a bandwidth; where that is least, the time is longest
    const bool time = row.unit.sense == Sense::time;
    result.lower = result.predicted * (time ? 1 / (1 + band.above) : 1 - band.below);
    result.upper = result.predicted * (time ? 1 / (1 - band.below) : 1 + band.above);
    projection_.predictions.push_back(std::move(result));
  }

  // For counts that the table does not have, with as many GPUs per node as the largest row of the same series and
  // size.
  void predict_further() {
    std::map<std::pair<std::string, std::int64_t>, const ScalingRow*> largest;
    std::set<std::tuple<std::string, std::int64_t, std::int64_t>> present;
    for (const ScalingRow& row : usable_) {
      present.insert({row.series, *row.msg_bytes, row.gpus});
      const ScalingRow*& entry = largest[{row.series, *row.msg_bytes}];
      if (!entry || row.gpus > entry->gpus) entry = &row;
    }
    for (const auto& [key, row] : largest)
      for (const std::int64_t gpus : options_.at_gpus) {
        if (gpus <= options_.fit_max_gpus && gpus <= row->gpus) {
          if (is_chosen(options_, row->series))
            projection_.refused.push_back({row->kind, row->series, gpus, row->msg_bytes,
                                           fmt::format("{} GPUs are no more than were measured", gpus)});
          continue;
        }
        if (present.contains({key.first, key.second, gpus})) continue;
        const std::int64_t per_node = std::max<std::int64_t>(1, row->gpus / row->nodes);
        predict(*row, {gpus, (gpus + per_node - 1) / per_node, static_cast<double>(key.second)}, std::nullopt);
      }
  }

  Operation operation_;
  const ProjectOptions& options_;
  Projection& projection_;
  std::vector<ScalingRow> usable_;
  std::map<std::pair<std::string, std::string>, std::vector<ScalingRow>> set_aside_;  // by series and reason
  const ScalingRow* base_ = nullptr;  // the first that is fitted, which the others are to be like
  // what is fitted, and how far it reaches
  struct Point {
    Place place;
    std::int64_t bytes = 0;
    Repeats seconds;
  };
  std::vector<Point> points_;
  std::int64_t largest_gpus_ = 0;
  std::int64_t smallest_bytes_ = 0;
  std::int64_t largest_bytes_ = 0;
  std::array<double, fit_terms> coefficients_{};
  double scatter_ = 0;
};

}  // namespace

std::optional<Operation> find_operation(std::string_view workload) {
  const std::string letters = letters_of(workload);
  for (const Operation& operation : operations)
    if (letters_of(operation.name) == letters) return operation;
  return std::nullopt;
}

void project_collective(const std::vector<ScalingRow>& rows, const ProjectOptions& options, Projection& projection) {
  const auto operation = find_operation(rows.front().workload);
  if (operation) return CollectiveProjection(rows, *operation, options, projection).run();
  std::set<std::string> series;
  for (const ScalingRow& row : rows)
    if (is_chosen(options, row.series) && series.insert(row.series).second)
      projection.refused.push_back(
          {row.kind, row.series, std::nullopt, std::nullopt,
           fmt::format("\"{}\" is no operation whose bus factor is known (all_reduce, all_gather, reduce_scatter, "
                       "all_to_all, broadcast, reduce)",
                       row.workload)});
}

}  // namespace petaproof::project
