#include "harness/sample/evidence.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "harness/judge/held_down.hpp"
#include "harness/record/node_name.hpp"
#include "harness/sample/host_range.hpp"
#include "harness/sample/listed_nodes.hpp"

namespace petaproof::sample {
namespace {

// Of the next level above the one reached.
std::vector<std::string> lacks_of(const Level& level) {
  if (level.reach == 'A') return {};
  const auto found = level.lacks.find(static_cast<char>(level.reach - 1));
  return found == level.lacks.end() ? std::vector<std::string>{} : found->second;
}

std::vector<judge::SampledPod> pods_of(const Draw& draw, const Delivery& delivery) {
  const ListedNodes listed(draw.list);
  std::map<std::string, judge::SampledPod> pods;
  for (const PodCount& count : draw.pods)
    pods[count.pod] = {.name = count.pod, .nodes = count.nodes, .delivered = {}, .missing = count.sampled};
  for (const DeliveredNode& node : delivery.delivered) {
    judge::SampledPod& pod = pods.at(draw.list.nodes[*listed.position_of(node.name)].pod);
    pod.delivered.push_back(node.host);
    --pod.missing;
  }
  std::vector<judge::SampledPod> result;
  for (auto& [name, pod] : pods) result.push_back(std::move(pod));
  return result;
}

// "n[3-5]: no run has it", one for each reason.
void note_by_reason(const char* head, const std::vector<MissingNode>& nodes, std::vector<std::string>& notes) {
  std::map<std::string, std::vector<std::string>> groups;
  for (const MissingNode& node : nodes) groups[node.why].push_back(node.name);
  for (const auto& [why, names] : groups) notes.push_back(fmt::format("{} {}: {}", head, compress_hosts(names), why));
}

// A node with GPUs left out is measured by its better ones.
void note_short_nodes(const Delivery& delivery, const Census& census, std::vector<std::string>& notes) {
  std::map<std::int64_t, std::vector<std::string>> fewer;
  for (const DeliveredNode& node : delivery.delivered) {
    const auto count = census.gpus_on.find(node.host);
    if (count != census.gpus_on.end() && count->second < census.usual_gpus_per_node)
      fewer[count->second].push_back(node.name);
  }
  for (const auto& [count, names] : fewer)
    notes.push_back(
        fmt::format("delivered with {} of {} GPUs: {}", count, census.usual_gpus_per_node, compress_hosts(names)));
}

}  // namespace

CensusEvidence census_evidence(const Census& census, const judge::HardwareDatabase& hardware) {
  CensusEvidence result{.censuses = {}, .findings = census.findings};
  std::map<std::string, judge::Census> by_id;
  std::map<std::string, std::int64_t> unknown;
  std::int64_t shared = 0, unusable = 0;
  for (const CensusGpu& gpu : census.gpus) {
    const judge::Hardware* model = hardware.find_reported(gpu.model);
    if (!model) {
      ++unknown[gpu.model];
      continue;
    }
    judge::Census& count = by_id[model->id];  // a model of which none counts was looked for, and has 0
    if (!gpu.not_counted.empty()) continue;   // the census's findings say so
    if (gpu.shared) {
      ++shared;
    } else if (!gpu.usable) {
      ++unusable;
    } else {
      ++count.gpus;
      ++count.gpus_on[gpu.hosts.front()];
    }
  }
  for (const auto& [model, gpus] : unknown)
    result.findings.push_back(
        fmt::format("{} GPU(s) count for no claim: no file of configs/hardware has \"{}\"", gpus, shown(model)));
  if (shared > 0) result.findings.push_back(fmt::format("{} GPU(s) count for no claim: ranks shared them", shared));
  if (unusable > 0)
    result.findings.push_back(fmt::format(
        "{} GPU(s) count for no claim: no case ended on them in a run on GPUs that was neither shared nor "
        "corrupted on request",
        unusable));
  const std::string runs = fmt::format("{}", fmt::join(census.run_ids, "+"));
  for (auto& [id, counted] : by_id) {
    counted.run_id = runs;
    counted.hardware_id = id;
    result.censuses.push_back(std::move(counted));
  }
  return result;
}

std::vector<std::string> rank_faults(const MeasuredRun& run, const Census& census) {
  std::vector<std::string> faults(run.ranks.size());
  if (run.backend != "cuda") return faults;
  std::unordered_map<std::string_view, std::string_view> objections;  // by UUID
  for (const CensusGpu& gpu : census.gpus)
    if (!gpu.not_counted.empty()) objections[gpu.uuid] = gpu.not_counted;
  std::unordered_map<std::string_view, std::size_t> first;  // rank with a UUID
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const std::string& uuid = run.ranks[i].uuid;
    if (uuid.empty()) {
      faults[i] = "its GPU has no UUID";
      continue;
    }
    if (const auto found = objections.find(uuid); found != objections.end()) faults[i] = found->second;
    const auto [other, is_new] = first.emplace(uuid, i);
    if (is_new || run.gpu_shared) continue;  // where the run says it, that is said of its records
    for (const std::size_t at : {other->second, i})
      if (faults[at].empty()) faults[at] = "another rank has the same GPU, and the run says that none is shared";
  }
  return faults;
}

std::vector<judge::RunFault> run_faults(const std::vector<MeasuredRun>& runs, const Census& census) {
  std::vector<judge::RunFault> faults;
  for (const MeasuredRun& run : runs) {
    if (run.contradictions > 0)
      faults.push_back({run.run_id, "its records contradict its manifest about who ran on what"});
    if (run.backend != "cuda") continue;
    if (run.corrupted) faults.push_back({run.run_id, "its results were corrupted on request"});
    std::int64_t bad = 0;
    std::string first;
    const std::vector<std::string> of_ranks = rank_faults(run, census);
    for (std::size_t i = 0; i < of_ranks.size(); ++i) {
      if (of_ranks[i].empty()) continue;
      if (bad++ == 0) first = fmt::format("rank {} on {}: {}", run.ranks[i].rank, run.ranks[i].host, of_ranks[i]);
    }
    if (bad > 0)
      faults.push_back({run.run_id, fmt::format("{} of its {} ranks have no whole GPU of their own ({})", bad,
                                                run.ranks.size(), first)});
  }
  return faults;
}

void add_power_limits(const std::vector<MeasuredRun>& runs, const judge::HardwareDatabase& hardware,
                      judge::Evidence& evidence) {
  struct Lowered {
    std::int64_t gpus = 0;
    double watts = std::numeric_limits<double>::infinity();
  };
  std::map<std::pair<std::string_view, std::string_view>, Lowered> lowered;  // by run and model
  for (const MeasuredRun& run : runs)
    for (const MeasuredRank& rank : run.ranks) {
      const judge::Hardware* model = rank.power_limit_watts ? hardware.find_reported(rank.device) : nullptr;
      const auto usual = model ? model->least_usual_limit_watts() : std::nullopt;
      if (!usual || !judge::is_lowered(*rank.power_limit_watts, *usual)) continue;
      Lowered& of = lowered[{run.run_id, model->id}];
      ++of.gpus;
      of.watts = std::min(of.watts, *rank.power_limit_watts);
    }
  for (judge::Measurement& m : evidence.measurements)
    if (const auto found = lowered.find({m.run_id, m.hardware_id}); found != lowered.end()) {
      m.held_down = std::max(m.held_down, found->second.gpus);
      m.power_limit_watts = std::min(m.power_limit_watts.value_or(found->second.watts), found->second.watts);
    }
}

// What no manifest answers for was measured by nobody knows whom.
std::vector<judge::RunFault> runs_without_manifest(const std::vector<MeasuredRun>& runs,
                                                   const std::vector<nlohmann::json>& records) {
  std::set<std::string> known;
  for (const MeasuredRun& run : runs) known.insert(run.run_id);
  std::vector<judge::RunFault> faults;
  for (const nlohmann::json& record : records)
    if (const std::string id = record.at("run_id"); known.insert(id).second)
      faults.push_back({id, "the folder has no manifest of it"});
  return faults;
}

judge::SampleEvidence sample_evidence(const Draw& draw, const Delivery& delivery, const Census& census) {
  judge::SampleEvidence result{.list_hash = draw.hash,
                               .seed = draw.seed,
                               .selection = to_string(delivery.selection),
                               .reach = delivery.level.reach,
                               .lacks = lacks_of(delivery.level),
                               .cluster_nodes = static_cast<std::int64_t>(draw.list.nodes.size()),
                               .drawn = delivery.drawn(),
                               .missing = static_cast<std::int64_t>(delivery.missing.size()),
                               .pods = pods_of(draw, delivery),
                               .block = delivery.block,
                               .notes = {}};
  note_by_reason("drawn and not delivered, counted as failed:", delivery.missing, result.notes);
  note_by_reason("set aside:", delivery.set_aside, result.notes);
  note_short_nodes(delivery, census, result.notes);
  result.notes.insert(result.notes.end(), delivery.notes.begin(), delivery.notes.end());
  return result;
}

}  // namespace petaproof::sample
