#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/judge/render.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

using Json = nlohmann::ordered_json;  // keys stay in the order they are written in

// nlohmann writes NaN as null: a figure that silently disappears. None may get this far.
double finite(double value) {
  PETAPROOF_INVARIANT(std::isfinite(value));
  return value;
}

Json optional_number(const std::optional<double>& value) {
  return value ? Json(finite(*value)) : Json(nullptr);
}

template <typename T>
Json stated(const std::optional<T>& value) {
  return value ? Json(std::string(to_string(*value))) : Json("unspecified");
}

Json printed(const PrintedNumber& number) {
  return {{"printed", number.printed},
          {"value", finite(number.value)},
          {"exact", number.exact},
          {"lower", finite(number.lower)},
          {"upper", finite(number.upper)}};
}

Json claim_json(const Claim& claim) {
  return {{"id", claim.id},
          {"quote", claim.quote},
          {"subject", claim.subject},
          {"source", claim.source},
          {"as_of", claim.as_of},
          {"status", to_string(claim.existence)},
          {"compute", printed(claim.compute)},
          {"unit", claim.unit},
          {"gpus", printed(claim.gpus)},
          {"model", claim.model.value_or("unspecified")},
          {"precision", stated(claim.precision)},
          {"sparsity", stated(claim.sparsity)},
          {"kind", stated(claim.kind)},
          {"read_with", claim.models}};
}

Json need_json(const Need& need) {
  return {{"total_tflops", finite(need.total_tflops)},
          {"total_lower_tflops", finite(need.total_lower_tflops)},
          {"total_upper_tflops", finite(need.total_upper_tflops)},
          {"gpus", need.gpus},
          {"gpus_min", need.gpus_min},
          {"gpus_max", need.gpus_max},
          {"per_gpu_tflops", finite(need.per_gpu_tflops)},
          {"per_gpu_lower_tflops", finite(need.per_gpu_lower_tflops)},
          {"per_gpu_upper_tflops", finite(need.per_gpu_upper_tflops)}};
}

// Evidence is printed as it came, sound or not: a number that is not finite becomes null, and set_aside names
// it.
Json as_it_came(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json measurement_json(const Measurement& m) {
  return {{"run_id", m.run_id},
          {"case_id", m.case_id},
          {"backend", m.backend},
          {"hardware_id", m.hardware_id},
          {"precision", to_string(m.precision)},
          {"sparsity", to_string(m.sparsity)},
          {"mode", m.mode},
          {"fill", m.fill},
          {"disposition", m.disposition},
          {"rate_tflops", as_it_came(m.rate_tflops)},
          {"lower_tflops", as_it_came(m.lower_tflops)},
          {"upper_tflops", as_it_came(m.upper_tflops)},
          {"gpus", m.gpus},
          {"nodes", m.nodes},
          {"duration_s", m.duration_s ? as_it_came(*m.duration_s) : Json(nullptr)},
          {"sm_clock_mhz", m.sm_clock_mhz ? as_it_came(*m.sm_clock_mhz) : Json(nullptr)}};
}

Json reading_json(const JudgedReading& judged) {
  const auto& [reading, arithmetic, measured, verdict] = judged;
  Json json{{"reading", reading.id()},
            {"model", reading.hardware_id},
            {"precision", to_string(reading.precision)},
            {"sparsity", to_string(reading.sparsity)},
            {"kind", to_string(reading.kind)},
            {"verdict", to_string(verdict.outcome)},
            {"basis", to_string(verdict.basis)},
            {"reason", to_string(verdict.reason)},
            {"because", verdict.because},
            {"would_decide", verdict.would_decide},
            {"peak_tflops", finite(arithmetic.peak_tflops)},
            {"peak_status", to_string(arithmetic.peak_status)},
            {"peak_source", arithmetic.peak_source},
            {"need_over_peak", finite(arithmetic.need_over_peak)},
            {"flop_per_clock", optional_number(arithmetic.flop_per_clock)},
            {"required_clock_mhz", optional_number(arithmetic.required_clock_mhz)},
            {"paper_total_tflops", finite(arithmetic.paper_total_tflops)},
            {"ceiling_per_gpu_tflops", finite(arithmetic.ceiling_per_gpu_tflops)},
            {"ceiling_total_tflops", finite(arithmetic.ceiling_total_tflops)},
            {"ceiling_basis", arithmetic.ceiling_basis}};
  json["measured"] = measured ? measurement_json(*measured) : Json(nullptr);
  return json;
}

}  // namespace

std::string render_json(const Judgement& judgement) {
  Json json{{"schema", "petaproof-judgement/1"},
            {"claim", claim_json(judgement.claim)},
            {"need", need_json(judgement.need)}};
  const Aggregate& aggregate = judgement.aggregate;
  Json reasons = Json::object();
  for (const Reason reason : aggregate.reasons) reasons[std::string(to_string(reason))] = meaning(reason);
  json["aggregate"] = {{"line", aggregate.line},
                       {"outcome", to_string(aggregate.outcome)},
                       {"confirmed", aggregate.confirmed},
                       {"refuted", aggregate.refuted},
                       {"not_decidable", aggregate.not_decidable},
                       {"not_stated", aggregate.not_stated},
                       {"reasons", reasons}};
  json["need_equals_published_peak_of"] = judgement.same_figure;

  Json& models = json["models"] = Json::array();
  for (const auto& model : judgement.models)
    models.push_back(
        {{"hardware_id", model.hardware_id}, {"name", model.short_name}, {"has_readings", model.has_readings}});
  Json& readings = json["readings"] = Json::array();
  for (const auto& judged : judgement.readings) readings.push_back(reading_json(judged));

  Json& measurements = json["evidence"]["measurements"] = Json::array();
  for (const auto& m : judgement.evidence.measurements) measurements.push_back(measurement_json(m));
  Json& censuses = json["evidence"]["censuses"] = Json::array();
  for (const auto& census : judgement.evidence.censuses)
    censuses.push_back({{"run_id", census.run_id}, {"hardware_id", census.hardware_id}, {"gpus", census.gpus}});
  Json& aside = json["set_aside"] = Json::array();
  for (const auto& item : judgement.set_aside)
    aside.push_back({{"run_id", item.run_id}, {"case_id", item.case_id}, {"reason", item.reason}});
  return json.dump(1) + "\n";
}

}  // namespace petaproof::judge
