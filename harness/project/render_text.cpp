#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <map>

#include "harness/judge/text.hpp"
#include "harness/project/render.hpp"

namespace petaproof::project {
namespace {

using judge::paragraph;
using judge::shown;

std::string size_text(const std::optional<std::int64_t>& bytes) {
  if (!bytes) return "-";
  for (const auto& [shift, unit] : {std::pair{30, "GiB"}, {20, "MiB"}, {10, "KiB"}})
    if (*bytes >= std::int64_t{1} << shift && *bytes % (std::int64_t{1} << shift) == 0)
      return fmt::format("{} {}", *bytes >> shift, unit);
  return fmt::format("{} B", *bytes);
}

std::string percent_text(const std::optional<double>& share) {
  return share ? fmt::format("{:+.1f} %", 100 * *share) : "-";
}

std::string fit_text(const Fit& fit) {
  std::string text = fit.method == "collective_log"
                         ? fmt::format("{} on {}{}: T = a + c log2(nodes) + S f(n) / B with ", fit.workload,
                                       fit.system, fit.algo.empty() ? "" : ", " + fit.algo)
                         : fmt::format("{}: the rate per GPU is carried forward, ", fmt::join(fit.series, ", "));
  std::vector<std::string> parts;
  for (const Quantity& one : fit.parameters)
    parts.push_back(one.missing.empty() ? fmt::format("{} {:.5g} {}", one.name, one.value, one.unit)
                                        : fmt::format("{} not known ({})", one.name, one.missing));
  text += fmt::format("{}; ", fmt::join(parts, ", "));
  text += fit.points == 1 ? "one point"
                          : fmt::format("{} points of {} to {} GPUs", fit.points, fit.gpus.front(), fit.gpus.back());
  if (fit.rms_residual)
    text += fmt::format(", residual {:.1f} % rms, {:+.1f} % at most", 100 * *fit.rms_residual,
                        100 * fit.largest_residual.value_or(0));
  if (fit.outliers > 0) text += fmt::format(", {} outliers that count less", fit.outliers);
  for (const std::string& note : fit.notes) text += "; " + note;
  return paragraph("FIT       ", text);
}

std::string prediction_text(const std::vector<Prediction>& predictions) {
  if (predictions.empty()) return {};
  std::size_t width = 6;
  for (const Prediction& one : predictions) width = std::max(width, one.series.size());
  std::string text = fmt::format("\n{:<{}} {:>7} {:>8} {:>10} {:>21} {:>10}  {:>8}  {}\n", "SERIES", width, "GPUS",
                                 "SIZE", "PREDICTED", "BAND", "MEASURED", "ERROR", "");
  for (const Prediction& one : predictions)
    text +=
        fmt::format("{:<{}} {:>7} {:>8} {:>10.5g} {:>21} {:>10}  {:>8}  {}{}\n", one.series, width, one.gpus,
                    size_text(one.msg_bytes), one.predicted, fmt::format("{:.5g} to {:.5g}", one.lower, one.upper),
                    one.measured ? fmt::format("{:.5g}", *one.measured) : "-",
                    one.measured ? fmt::format("{:+.1f} %", 100 * one.error()) : "-", one.unit,
                    one.measured && !one.inside() ? "  OUTSIDE" : "");
  return text + "\n";
}

// One paragraph per reason, with what it is about.
template <typename Item, typename Label>
std::string by_reason(std::string_view head, const std::vector<Item>& items, Label label) {
  std::vector<std::string> reasons;
  std::map<std::string, std::vector<std::string>> labels;
  for (const Item& item : items) {
    auto& entry = labels[item.reason];
    if (entry.empty()) reasons.push_back(item.reason);
    entry.push_back(label(item));
  }
  std::string text;
  for (const std::string& reason : reasons)
    text += paragraph(head, fmt::format("{}: {}", reason, fmt::join(labels[reason], ", ")));
  return text;
}

std::string refusal_label(const Refusal& one) {
  std::string text = one.series;
  if (one.gpus) text += fmt::format(" at {} GPUs", *one.gpus);
  if (one.msg_bytes) text += ", " + size_text(one.msg_bytes);
  return text;
}

std::string summary_text(const KindSummary& one) {
  const std::string what = one.operation.empty() ? one.kind : one.kind + " " + one.operation;
  if (one.measured == 0)
    return paragraph("SUMMARY   ",
                     fmt::format("{}: {} predictions, none with a measured value", what, one.predictions));
  return paragraph(
      "SUMMARY   ",
      fmt::format("{}: MAPE {:.1f} % over {} measured of {} predictions, {:.1f} % inside their band; "
                  "errors from {} to {}",
                  what, 100 * *one.mape, one.measured, one.predictions, 100.0 * one.inside / one.measured,
                  percent_text(one.worst_under), percent_text(one.worst_over)));
}

std::string goodput_text(const GoodputReport& report) {
  std::string text = paragraph(
      "GOODPUT   ", fmt::format("failures {}; checkpoint {} s, {}; restart {} s, {}", report.failures.source,
                                shown(report.checkpoint_seconds), report.checkpoint_measured ? "measured" : "assumed",
                                shown(report.restart_seconds), report.restart_measured ? "measured" : "assumed"));
  for (const Goodput& one : report.results) {
    std::string line = fmt::format("{} GPUs: {:.1f} % of the time", one.gpus, 100 * one.share);
    if (one.lower && one.upper) line += fmt::format(" ({:.1f} to {:.1f} %)", 100 * *one.lower, 100 * *one.upper);
    if (std::isinf(one.mean_seconds_to_interruption))
      line += "; no failure was seen, so nothing but the bound says how often one comes";
    else
      line += fmt::format("; a failure every {:.3g} h, a checkpoint every {:.3g} min ({})",
                          one.mean_seconds_to_interruption / 3600, one.checkpoint_interval_seconds / 60,
                          one.daly ? "Daly" : "Young");
    text += paragraph("  ", line);
  }
  return text;
}

}  // namespace

std::string render_text(const Report& report) {
  const Projection& projection = report.projection;
  std::string text;
  for (const Fit& fit : projection.fits) text += fit_text(fit);
  text += prediction_text(projection.predictions);
  text += by_reason("REFUSED   ", projection.refused, refusal_label);
  text += by_reason("LEFT OUT  ", projection.left_out, [](const LeftOut& one) {
    return fmt::format("{} ({} row{})", one.series, one.lines.size(), one.lines.size() == 1 ? "" : "s");
  });
  if (!projection.left_out.empty() && projection.fits.empty() && projection.refused.empty())
    text += paragraph("NOTHING   ", "is left to project: all that was given was left out");
  for (const KindSummary& one : projection.summary) text += summary_text(one);
  if (report.goodput) text += goodput_text(*report.goodput);
  return text;
}

}  // namespace petaproof::project
