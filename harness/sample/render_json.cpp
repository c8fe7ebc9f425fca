#include <nlohmann/json.hpp>

#include "harness/json/write.hpp"
#include "harness/record/gpu_identity_json.hpp"
#include "harness/sample/draw_file.hpp"
#include "harness/sample/render.hpp"

namespace petaproof::sample {
namespace {

using nlohmann::json;

json missing_json(const std::vector<MissingNode>& nodes) {
  json result = json::array();
  for (const MissingNode& one : nodes) result.push_back({{"node", one.name}, {"why", one.why}});
  return result;
}

json gpu_json(const CensusGpu& gpu) {
  return {{"uuid", gpu.uuid},
          {"model", gpu.model},
          {"hosts", gpu.hosts},
          {"serials", gpu.serials},
          {"slots", gpu.slots},
          {"identity", to_json(gpu.identity)},
          {"mig", gpu.mig},
          {"shared", gpu.shared},
          {"counted", gpu.not_counted.empty()},
          {"not_counted", text_or_null(gpu.not_counted)},
          {"power_limit_watts", number_or_null(gpu.power_limit_watts)},
          {"power_limit_reason", gpu.power_limit_watts ? json(nullptr) : json(gpu.power_limit_reason)}};
}

}  // namespace

json list_json(const NodeList& list) {
  json pods = json::array();
  for (const auto& [pod, nodes] : list.pods())
    pods.push_back({{"pod", pod.empty() ? json(nullptr) : json(pod)}, {"nodes", nodes.size()}});
  return {{"nodes", list.nodes.size()}, {"nodes_sha256", list.sha256()}, {"strata", pods}};
}

json delivery_json(const Draw& draw, const Delivery& delivery) {
  json delivered = json::array();
  for (const DeliveredNode& one : delivery.delivered)
    delivered.push_back({{"node", one.name}, {"host", one.host}, {"cases", one.cases}, {"passed", one.passed}});
  json pods = json::array();
  for (const PodCount& one : delivery.pods)
    pods.push_back(
        {{"pod", one.pod.empty() ? json(nullptr) : json(one.pod)}, {"nodes", one.nodes}, {"delivered", one.sampled}});
  return {{"nodes_sha256", draw.hash},
          {"seed", draw.seed},
          {"nodes", draw.list.nodes.size()},
          {"drawn", delivery.drawn()},
          {"delivered", delivered},
          {"missing", missing_json(delivery.missing)},
          {"set_aside", missing_json(delivery.set_aside)},
          {"strata", pods},
          {"selection", to_string(delivery.selection)},
          {"capped", delivery.capped()},
          {"level", to_json(delivery.level)},
          {"notes", delivery.notes}};
}

json census_json(const Census& census, const std::vector<PodGpus>& pods) {
  json gpus = json::array();
  for (const CensusGpu& gpu : census.gpus) gpus.push_back(gpu_json(gpu));
  json models = json::array();
  for (const ModelCount& one : census.models)
    models.push_back(
        {{"model", one.model}, {"gpus", one.gpus}, {"usual_limit_watts", number_or_null(one.usual_limit_watts)}});
  json by_pod = json::array();
  for (const PodGpus& one : pods)
    by_pod.push_back(
        {{"pod", text_or_null(one.pod)}, {"nodes", one.nodes}, {"answered", one.answered}, {"gpus", one.gpus}});
  return {{"runs", census.run_ids.size()},
          {"ranks", census.ranks},
          {"nodes", census.gpus_on},
          {"pods", by_pod},
          {"counted", census.counted()},
          {"models", models},
          {"gpus", gpus},
          {"without_uuid", census.without_uuid},
          {"usual_gpus_per_node", census.usual_gpus_per_node},
          {"findings", census.findings},
          {"not_recorded", Census::missing()}};
}

}  // namespace petaproof::sample
