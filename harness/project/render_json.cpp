#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/json/write.hpp"
#include "harness/project/render.hpp"

namespace petaproof::project {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json percent(const std::optional<double>& share) {
  return share ? Json(100 * *share) : Json(nullptr);
}

Json to_json(const Fit& fit) {
  Json parameters = Json::array();
  for (const Quantity& one : fit.parameters) {
    Json entry{
        {"name", one.name}, {"value", one.missing.empty() ? Json(one.value) : Json(nullptr)}, {"unit", one.unit}};
    if (!one.missing.empty()) entry["missing"] = one.missing;
    parameters.push_back(std::move(entry));
  }
  return {{"kind", fit.kind},
          {"method", fit.method},
          {"system", fit.system},
          {"workload", fit.workload},
          {"algo", fit.algo},
          {"series", fit.series},
          {"parameters", std::move(parameters)},
          {"points", fit.points},
          {"gpus", fit.gpus},
          {"rms_residual_percent", percent(fit.rms_residual)},
          {"largest_residual_percent", percent(fit.largest_residual)},
          {"outliers", fit.outliers},
          {"notes", fit.notes}};
}

Json to_json(const Prediction& one) {
  Json result{{"kind", one.kind},
              {"series", one.series},
              {"operation", one.operation.empty() ? Json(nullptr) : Json(one.operation)},
              {"gpus", one.gpus},
              {"msg_bytes", or_null(one.msg_bytes)},
              {"metric", one.metric},
              {"unit", one.unit},
              {"predicted", one.predicted},
              {"lower", one.lower},
              {"upper", one.upper},
              {"measured", or_null(one.measured)}};
  result["error_percent"] = one.measured ? Json(100 * one.error()) : Json(nullptr);
  result["inside"] = one.measured ? Json(one.inside()) : Json(nullptr);
  return result;
}

Json to_json(const Refusal& one) {
  return {{"kind", one.kind},
          {"series", one.series},
          {"gpus", or_null(one.gpus)},
          {"msg_bytes", or_null(one.msg_bytes)},
          {"reason", one.reason}};
}

Json to_json(const LeftOut& one) {
  return {{"kind", one.kind}, {"series", one.series}, {"lines", one.lines}, {"reason", one.reason}};
}

Json to_json(const RunState& one) {
  return {{"folder", one.folder}, {"run_id", one.run_id}, {"faults", one.faults}, {"damage", one.damage}};
}

Json to_json(const KindSummary& one) {
  Json inside = nullptr;
  if (one.measured > 0) inside = static_cast<double>(one.inside) / one.measured;
  return {{"kind", one.kind},
          {"operation", one.operation.empty() ? Json(nullptr) : Json(one.operation)},
          {"predictions", one.predictions},
          {"measured", one.measured},
          {"mape_percent", percent(one.mape)},
          {"inside", one.inside},
          {"share_inside", std::move(inside)},
          {"worst_over_percent", percent(one.worst_over)},
          {"worst_under_percent", percent(one.worst_under)}};
}

Json to_json(const GoodputReport& report) {
  Json results = Json::array();
  for (const Goodput& one : report.results) {
    const bool never = std::isinf(one.mean_seconds_to_interruption);
    results.push_back(
        {{"gpus", one.gpus},
         {"mean_seconds_to_interruption", never ? Json(nullptr) : Json(one.mean_seconds_to_interruption)},
         {"checkpoint_interval_seconds", never ? Json(nullptr) : Json(one.checkpoint_interval_seconds)},
         {"goodput", one.share},
         {"lower", or_null(one.lower)},
         {"upper", or_null(one.upper)},
         {"formula", never      ? "no interruption"
                     : one.daly ? "Daly"
                                : "Young"}});
  }
  return {{"failures",
           {{"per_gpu_day", report.failures.per_gpu_hour * 24},
            {"lower", report.failures.lower ? Json(*report.failures.lower * 24) : Json(nullptr)},
            {"upper", report.failures.upper ? Json(*report.failures.upper * 24) : Json(nullptr)},
            {"source", report.failures.source}}},
          {"checkpoint", {{"seconds", report.checkpoint_seconds}, {"measured", report.checkpoint_measured}}},
          {"restart", {{"seconds", report.restart_seconds}, {"measured", report.restart_measured}}},
          {"results", std::move(results)}};
}

template <typename T>
Json list(const std::vector<T>& items) {
  Json result = Json::array();
  for (const T& item : items) result.push_back(to_json(item));
  return result;
}

}  // namespace

std::string render_json(const Report& report) {
  const bool limited = report.options.fit_max_gpus != std::numeric_limits<std::int64_t>::max();
  Json document{{"schema", "petaproof-projection/1"},
                {"inputs", report.inputs},
                {"runs", list(report.runs)},
                {"fit_max_gpus", limited ? Json(report.options.fit_max_gpus) : Json(nullptr)},
                {"untuned", report.options.untuned},
                {"fits", list(report.projection.fits)},
                {"predictions", list(report.projection.predictions)},
                {"refused", list(report.projection.refused)},
                {"left_out", list(report.projection.left_out)},
                {"summary", list(report.projection.summary)}};
  document["goodput"] = report.goodput ? to_json(*report.goodput) : Json(nullptr);
  return json_text(document);
}

}  // namespace petaproof::project
