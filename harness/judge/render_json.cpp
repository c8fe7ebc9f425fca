#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/judge/render.hpp"
#include "harness/judge/render_parts.hpp"
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

Json amount_json(const Amount& amount) {
  Json json = printed(amount.number);
  json["unit"] = amount.unit;
  return json;
}

Json compute_json(const ComputeClaim& compute) {
  Json json = amount_json(compute.amount);
  json["kind"] = stated(compute.kind);
  json["benchmark"] = compute.benchmark;
  json["sequence"] = compute.sequence > 0 ? Json(compute.sequence) : Json(nullptr);
  json["precision"] = compute.precision ? compute.precision->word() : "unspecified";
  json["sparsity"] = stated(compute.sparsity);
  json["emulation"] = stated(compute.emulation);
  return json;
}

Json gpus_json(const GpuClaim& gpus) {
  Json json = printed(gpus.count);
  json["unit"] = stated(gpus.unit);
  return json;
}

Json power_json(const PowerClaim& power) {
  Json json = amount_json(power.amount);
  json["point"] = stated(power.point);
  json["meaning"] = stated(power.meaning);
  json["of_all_sites"] = power.of_all_sites;
  return json;
}

Json racks_json(const std::vector<RackClaim>& racks) {
  Json list = Json::array();
  for (const auto& rack : racks)
    list.push_back({{"of", rack.of},
                    {"low", amount_json(rack.low)},
                    {"high", amount_json(rack.high)},
                    {"models", rack.models},
                    {"every", rack.every}});
  return list;
}

// A figure that the claim does not have is null.
template <typename T, typename Render>
Json if_present(const std::optional<T>& value, Render render) {
  return value ? render(*value) : Json(nullptr);
}

Json claim_json(const Claim& claim) {
  Json not_judged = Json::array();
  for (const auto& item : claim.not_judged) not_judged.push_back({{"figure", item.figure}, {"why", item.why}});
  return {{"id", claim.id},
          {"quote", claim.quote},
          {"subject", claim.subject},
          {"system", claim.system},
          {"party", claim.party},
          {"source", claim.source},
          {"as_of", claim.as_of},
          {"status", to_string(claim.existence)},
          {"due", if_present(claim.due,
                             [](const Due& due) {
                               return Json{
                                   {"printed", due.printed}, {"earliest", due.earliest}, {"latest", due.latest}};
                             })},
          {"compute", if_present(claim.compute, compute_json)},
          {"gpus", if_present(claim.gpus, gpus_json)},
          {"power", if_present(claim.power, power_json)},
          {"pue", if_present(claim.pue,
                             [](const PueClaim& pue) {
                               Json json = printed(pue.value);
                               json["is_upper_bound"] = pue.is_upper_bound;
                               json["period"] = pue.period;
                               return json;
                             })},
          {"racks", racks_json(claim.racks)},
          {"money", if_present(claim.money, [](const MoneyClaim& money) { return amount_json(money.amount); })},
          {"rank", if_present(claim.rank,
                              [](const RankClaim& rank) {
                                return Json{{"place", rank.place}, {"among", rank.among}, {"by", rank.by}};
                              })},
          {"build_time", if_present(claim.build_time, [](const BuildTimeClaim& t) { return amount_json(t.amount); })},
          {"not_judged", not_judged},
          {"model", claim.model.value_or("unspecified")},
          {"read_with", claim.models},
          {"attached_results", claim.attached_results}};
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
          {"emulation", to_string(m.emulation)},
          {"origin", m.origin},
          {"gpu_shared", m.gpu_shared},
          {"mode", m.mode},
          {"fill", m.fill},
          {"disposition", m.disposition},
          {"verified", m.verified},
          {"told_twice", m.told_twice.empty() ? Json(nullptr) : Json(m.told_twice)},
          {"rate_tflops", as_it_came(m.rate_tflops)},
          {"lower_tflops", as_it_came(m.lower_tflops)},
          {"upper_tflops", as_it_came(m.upper_tflops)},
          {"sum_tflops", as_it_came(m.sum_tflops)},
          {"synchronous_tflops", as_it_came(m.synchronous_tflops)},
          {"gpus", m.gpus},
          {"nodes", m.nodes},
          {"duration_s", m.duration_s ? as_it_came(*m.duration_s) : Json(nullptr)},
          {"sm_clock_mhz", m.sm_clock_mhz ? as_it_came(*m.sm_clock_mhz) : Json(nullptr)},
          {"power_limit_watts", m.power_limit_watts ? as_it_came(*m.power_limit_watts) : Json(nullptr)},
          {"max_sm_clock_mhz", m.max_sm_clock_mhz ? as_it_came(*m.max_sm_clock_mhz) : Json(nullptr)},
          {"clock_set", as_it_came(m.clock_set)},
          {"slowed", as_it_came(m.slowed)},
          {"slowed_by", m.slowed_by.empty() ? Json(nullptr) : Json(m.slowed_by)},
          {"unwatched", m.unwatched},
          {"held_down", m.held_down},
          {"clock_error_s", m.clock_error_s ? as_it_came(*m.clock_error_s) : Json(nullptr)},
          {"steady", m.steady}};
}

// With its nodes as columns: what the evidence lists, so that anyone can recompute a verdict.
Json whole_measurement_json(const Measurement& m) {
  Json hosts = Json::array(), gpus = Json::array(), rates = Json::array();
  for (const auto& node : m.per_node) {
    hosts.push_back(node.host);
    gpus.push_back(node.gpus);
    rates.push_back(as_it_came(node.rate_tflops));
  }
  Json json = measurement_json(m);
  json["per_node"] = {{"host", hosts}, {"gpus", gpus}, {"rate_tflops", rates}};
  return json;
}

Json flagged_json(const Flagged& flagged) {
  Json outliers = Json::array();
  for (const Outlier& one : flagged.outliers)
    outliers.push_back({{"level", to_string(one.level)},
                        {"pod", one.pod},
                        {"node", one.node},
                        {"gpu", one.gpu},
                        {"rate_tflops", one.rate},
                        {"peers_tflops", one.peers},
                        {"z", one.z}});
  return {{"run_id", flagged.run_id}, {"case_id", flagged.case_id}, {"outliers", std::move(outliers)}};
}

Json census_json(const Census& census) {
  Json hosts = Json::array(), gpus = Json::array();
  for (const auto& [host, count] : census.gpus_on) {
    hosts.push_back(host);
    gpus.push_back(count);
  }
  return {{"run_id", census.run_id},
          {"hardware_id", census.hardware_id},
          {"gpus", census.gpus},
          {"per_node", {{"host", hosts}, {"gpus", gpus}}}};
}

Json verdict_json(const Verdict& verdict) {
  return {{"verdict", to_string(verdict.outcome)},
          {"qualifier", verdict.qualifier},
          {"only_if_a_gpu_is_one_package", verdict.if_packages},
          {"basis", to_string(verdict.basis)},
          {"reason", to_string(verdict.reason)},
          {"because", verdict.because},
          {"would_decide", verdict.would_decide}};
}

Json steps_json(const std::vector<Step>& steps) {
  Json list = Json::array();
  for (const auto& step : steps)
    list.push_back({{"name", step.name}, {"formula", step.formula}, {"result", step.result}});
  return list;
}

Json projected_json(const Projected& projected) {
  return {{"estimate_tflops", finite(projected.estimate)},
          {"lower_tflops", finite(projected.lower)},
          {"upper_tflops", finite(projected.upper)},
          {"level", std::string(1, projected.level)},
          {"basis", projected.basis},
          {"steps", steps_json(projected.steps)}};
}

Json fact_json(const FactReading& fact) {
  Json json{{"reading", fact.id}, {"says", fact.says}};
  json.update(verdict_json(fact.verdict));
  json["steps"] = steps_json(fact.steps);
  return json;
}

Json sample_json(const SampleEvidence& sample) {
  Json pods = Json::array();
  for (const auto& pod : sample.pods)
    pods.push_back({{"pod", pod.name}, {"nodes", pod.nodes}, {"delivered", pod.delivered}, {"missing", pod.missing}});
  return {{"list_hash", sample.list_hash},
          {"seed", sample.seed},
          {"selection", sample.selection},
          {"reach", std::string(1, sample.reach)},
          {"lacks", sample.lacks},
          {"cluster_nodes", sample.cluster_nodes},
          {"drawn", sample.drawn},
          {"missing", sample.missing},
          {"pods", pods},
          {"notes", sample.notes}};
}

Json power_evidence_json(const std::vector<MeteredPower>& meters) {
  Json list = Json::array();
  for (const auto& meter : meters)
    list.push_back({{"file", meter.file},
                    {"meter", meter.meter},
                    {"of", meter.of},
                    {"mean_watts", finite(meter.mean_watts)},
                    {"min_watts", finite(meter.min_watts)},
                    {"max_watts", finite(meter.max_watts)},
                    {"samples", meter.samples},
                    {"seconds", finite(meter.seconds)},
                    {"longest_gap_seconds", finite(meter.longest_gap_s)}});
  return list;
}

Json node_efficiency_json(const NodeEfficiency& efficiency) {
  Json measured = Json::array();
  for (const auto& one : efficiency.measured)
    measured.push_back({{"run_id", one.run_id},
                        {"case_id", one.case_id},
                        {"hardware_id", one.hardware_id},
                        {"precision", to_string(one.precision)},
                        {"emulation", to_string(one.emulation)},
                        {"nodes", one.nodes},
                        {"tflops_per_gpu", as_it_came(one.tflops_per_gpu)},
                        {"watts_per_gpu", as_it_came(one.watts_per_gpu)},
                        {"gflops_per_watt", as_it_came(one.gflops_per_watt())}});
  return {{"measured", measured}, {"why_not", efficiency.why_not}};
}

Json attached_json(const std::vector<PublishedResult>& results) {
  Json list = Json::array();
  for (const auto& result : results)
    list.push_back({{"id", result.id},
                    {"system", result.system},
                    {"hardware_id", result.hardware_id},
                    {"kind", to_string(result.kind)},
                    {"benchmark", result.benchmark},
                    {"sequence", result.sequence > 0 ? Json(result.sequence) : Json(nullptr)},
                    {"precision", to_string(result.precision)},
                    {"gpus", result.gpus},
                    {"nodes", result.nodes},
                    {"value", printed(result.value)},
                    {"unit", result.unit},
                    {"source", result.source},
                    {"status", to_string(result.status)}});
  return list;
}

Json reading_json(const JudgedReading& judged) {
  const auto& [reading, need, arithmetic, measured, projected, verdict, plausibility] = judged;
  Json json{{"reading", reading.id()},
            {"model", reading.hardware_id},
            {"precision", to_string(reading.precision)},
            {"sparsity", to_string(reading.sparsity)},
            {"emulation", to_string(reading.emulation)},
            {"kind", to_string(reading.kind)}};
  json.update(verdict_json(verdict));
  json.update({{"plausibility", to_string(plausibility.plausible)},
               {"plausible_because", plausibility.because},
               {"peak_tflops", finite(arithmetic.peak_tflops)},
               {"peak_status", to_string(arithmetic.peak_status)},
               {"peak_source", arithmetic.peak_source},
               {"need_per_gpu_tflops", finite(need.per_gpu_tflops)},
               {"need_over_peak", judged.is_per_package() ? Json(finite(arithmetic.need_over_peak)) : Json(nullptr)},
               {"flop_per_clock", optional_number(arithmetic.flop_per_clock)},
               {"required_clock_mhz",
                judged.is_per_package() ? optional_number(arithmetic.required_clock_mhz) : Json(nullptr)},
               {"paper_total_tflops", finite(arithmetic.paper_total_tflops)},
               {"ceiling_per_gpu_tflops", finite(arithmetic.ceiling_per_gpu_tflops)},
               {"ceiling_total_tflops", finite(arithmetic.ceiling_total_tflops)},
               {"ceiling_basis", arithmetic.ceiling_basis}});
  json["measured"] = measured ? measurement_json(*measured) : Json(nullptr);
  json["projected"] = projected ? projected_json(*projected) : Json(nullptr);
  return json;
}

}  // namespace

std::string render_json(const Judgement& judgement) {
  Json json{{"schema", "petaproof-judgement/1"},
            {"claim", claim_json(judgement.claim)},
            {"need", if_present(judgement.need, need_json)}};
  const Aggregate& aggregate = judgement.aggregate;
  Json reasons = Json::object();
  for (const Reason reason : aggregate.reasons) reasons[std::string(to_string(reason))] = meaning(reason);
  json["aggregate"] = {{"line", aggregate.line},
                       {"word", aggregate.word},
                       {"finding", aggregate.finding},
                       {"outcome", to_string(aggregate.outcome)},
                       {"confirmed", aggregate.confirmed},
                       {"refuted", aggregate.refuted},
                       {"not_decidable", aggregate.not_decidable},
                       {"refuted_figures", aggregate.refuted_figures},
                       {"projected", aggregate.projected},
                       {"not_stated", aggregate.not_stated},
                       {"reasons", reasons}};
  json["need_equals_published_peak_of"] = judgement.same_figure;

  Json& models = json["models"] = Json::array();
  for (const auto& model : judgement.models)
    models.push_back(
        {{"hardware_id", model.hardware_id}, {"name", model.short_name}, {"has_readings", model.has_readings}});
  Json& readings = json["readings"] = Json::array();
  for (const auto& judged : judgement.readings) readings.push_back(reading_json(judged));

  Json& facts = json["facts"] = Json::array();
  for (const auto& fact : judgement.facts) facts.push_back(fact_json(fact));
  json["contradictions"] = judgement.contradictions;
  json["unmapped_figures"] = judgement.unmapped;

  Json& measurements = json["evidence"]["measurements"] = Json::array();
  for (const auto& m : judgement.evidence.measurements) measurements.push_back(whole_measurement_json(m));
  Json& censuses = json["evidence"]["censuses"] = Json::array();
  for (const auto& census : judgement.evidence.censuses) censuses.push_back(census_json(census));
  Json& faults = json["evidence"]["faults"] = Json::array();
  for (const auto& fault : judgement.evidence.faults)
    faults.push_back({{"run_id", fault.run_id}, {"why", fault.why}});
  json["evidence"]["sample"] = if_present(judgement.evidence.sample, sample_json);
  json["evidence"]["power"] = power_evidence_json(judgement.evidence.power);
  json["node_efficiency"] = node_efficiency_json(judgement.node_efficiency);
  json["evidence"]["attached"] = attached_json(judgement.evidence.attached);
  Json& flagged = json["flagged"] = Json::array();
  for (const auto& one : judgement.flagged) flagged.push_back(flagged_json(one));
  Json& aside = json["set_aside"] = Json::array();
  for (const auto& item : judgement.set_aside)
    aside.push_back({{"run_id", item.run_id}, {"case_id", item.case_id}, {"reason", item.reason}});
  Json& reserved = json["reservations"] = Json::array();
  for (const Line& line : reservations(judgement)) reserved.push_back({{"label", line.label}, {"text", line.text}});
  return json.dump(1) + "\n";
}

}  // namespace petaproof::judge
