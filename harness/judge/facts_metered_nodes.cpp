// Power against GPUs at the load of the nodes that meters were read of: a sample of the site, where one was drawn.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/judge/facts.hpp"
#include "harness/judge/gpu_unit.hpp"
#include "harness/judge/kernel_bounds.hpp"
#include "harness/judge/metered_nodes.hpp"
#include "harness/judge/sample_size.hpp"
#include "harness/judge/site_power.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

struct Metered {
  const Claim& claim;
  const Hardware& gpu;
  const Evidence& evidence;
  std::vector<MeteredNode> nodes;
  NodeLoad load;
  MeterPoint point;
  std::int64_t cluster_nodes = 0;
  std::optional<PackageRange>
      gpus;                         // that are claimed; nothing where none are, or their packages depend on a program
  double per_gpu = 0;               // W at the node, the mean
  std::optional<Interval> around;   // 95 %, with the meters' own error; nothing where one node stands for several
  std::optional<PowerPerGpu> each;  // `around` at the claim's meter point
  std::optional<Interval> need;     // of the claimed GPUs

  Interval claimed() const { return {claim.power->amount.lower(), claim.power->amount.upper()}; }
};

// Of the list that was drawn from; else of the claimed GPUs, where it is known how many they are; else as many as the
// power would feed without losses.
std::int64_t cluster_nodes_of(const Metered& m) {
  if (m.evidence.sample) return m.evidence.sample->cluster_nodes;
  const double gpus = m.gpus ? m.gpus->most : std::floor(m.claimed().high / m.per_gpu);
  return std::max(m.load.nodes, nodes_of(static_cast<std::int64_t>(gpus), m.gpu.node_gpus()));
}

Metered metered_of(const Claim& claim, const Hardware& gpu, MeterPoint point, const Evidence& evidence) {
  Metered m{claim, gpu, evidence, metered_nodes(evidence), {}, point, 0, {}, 0, {}, {}, {}};
  m.load = load_of(m.nodes);
  if (m.load.nodes == 0) return m;
  if (claim.gpus) m.gpus = packages_counted(*claim.gpus, gpu);
  m.per_gpu = m.load.watts / static_cast<double>(gpu.node_gpus());
  m.cluster_nodes = cluster_nodes_of(m);
  // two one-sided bounds make the interval of 95 %
  const double margin = margin_of(m.load.nodes, m.cluster_nodes, m.load.variation, split_confidence);
  if (!std::isfinite(margin)) return m;
  m.around = {m.per_gpu * std::max(0.0, 1 - margin) * (1 - meter_tolerance),
              m.per_gpu * (1 + margin) * (1 + meter_tolerance)};
  if (point == MeterPoint::gpu) return m;
  m.each = at_point(*m.around, "metered, with 95 %", point, claim.pue);
  if (m.gpus) m.need = {m.gpus->least * m.each->watts.low, m.gpus->most * m.each->watts.high};
  return m;
}

// A compute tray of a rack: the rack's switches draw beside it, and no node's meter sees them.
bool is_tray(const Hardware& gpu) {
  return gpu.gpus_per_rack && gpu.gpus_per_rack->value > static_cast<double>(gpu.node_gpus());
}

// Idle nodes draw less than the same ones at work. What draws less than published training does may be that.
bool may_be_idle(const Metered& m) {
  const auto least = m.gpu.power.find("node_per_gpu_w_low");
  return least == m.gpu.power.end() || m.per_gpu < least->second.value;
}

bool apart(const Metered& m) {
  if (!m.need) return false;
  return m.claimed().high < m.need->low || (m.claimed().low > m.need->high && !is_tray(m.gpu) && !may_be_idle(m));
}

Interval fed_by(const Metered& m) {
  return {std::floor(m.claimed().low / m.each->watts.high), std::floor(m.claimed().high / m.each->watts.low)};
}

std::string whole(const Interval& interval) {
  return fmt::format("{} to {}", shown_whole(interval.low), shown_whole(interval.high));
}

// "4,000", "3,500 to 8,998"
std::string packages_text(const PackageRange& gpus) {
  return gpus.least == gpus.most ? shown_whole(gpus.most) : whole({gpus.least, gpus.most});
}

// "4,000 H200 SXM (141 GB)"; "500 nodes of 8 H200 SXM (141 GB), read as 4,000 GPU packages,"
std::string claimed_gpus(const Metered& m) {
  const GpuClaim& claimed = *m.claim.gpus;
  const std::string text = counted_text(claimed, m.gpu);
  return counts_packages(claimed) ? text : fmt::format("{}, read as {} GPU packages,", text, packages_text(*m.gpus));
}

std::string nodes_text(std::int64_t nodes) {
  return fmt::format("{} node{}", shown_count(nodes), nodes == 1 ? "" : "s");
}

std::string duration_text(const Metered& m) {
  if (m.load.seconds > 0) return fmt::format("for {} s at least", shown_whole(std::floor(m.load.seconds)));
  if (m.load.gap_s > 0) return fmt::format("with up to {} s from one reading to the next", shown_whole(m.load.gap_s));
  return "for a time that is not known";
}

std::string said(const Metered& m) {
  std::string text =
      fmt::format("{} W per GPU over {}, {}", shown_whole(m.per_gpu), nodes_text(m.load.nodes), duration_text(m));
  if (!m.around) return text + ", which say nothing about others";
  text += fmt::format(", {} W with 95 %", whole({std::floor(m.around->low), std::ceil(m.around->high)}));
  if (m.need) text += fmt::format("; {} need {}", claimed_gpus(m), shown_power(*m.need));
  if (m.each) text += fmt::format("; {} feeds {}", m.claim.power->amount.text(), whole(fed_by(m)));
  if (is_tray(m.gpu)) text += "; a tray's meter leaves out the switches of its rack";
  return text;
}

std::string would_decide(const Metered& m) {
  return fmt::format(
      "meters under the stated load on at least {} of {} nodes, all of a random draw that reaches level "
      "C (petaproof sample, then --sample and --power)",
      shown_count(fewest_nodes(m.cluster_nodes)), shown_count(m.cluster_nodes));
}

// Why the nodes are no random sample of what is claimed; empty if they are.
std::string why_not_random(const Metered& m) {
  if (!m.evidence.sample) return "no draw says who chose these nodes";
  const SampleEvidence& sample = *m.evidence.sample;
  if (sample.selection != "random" && sample.selection != "all")
    return fmt::format("the selection of these nodes is {}", sample.selection);
  if (sample.reach > 'C') return fmt::format("the draw reaches level {}", sample.reach);  // A is the highest
  NodeNames delivered;
  for (const SampledPod& pod : sample.pods)
    for (const std::string& host : pod.delivered) delivered.add(host);
  NodeNames metered;
  for (const MeteredNode& node : m.nodes) {
    metered.add(node.name);
    if (!delivered.find(node.name))
      return fmt::format("{} is not among the nodes that were drawn and delivered", node.name);
  }
  // whoever may leave meters out chooses the others
  for (const SampledPod& pod : sample.pods)
    for (const std::string& host : pod.delivered)
      if (!metered.find(host)) return fmt::format("{} was drawn and delivered, and no meter was read of it", host);
  const auto listed = static_cast<double>(sample.cluster_nodes * m.gpu.node_gpus());
  if (m.gpus && listed < m.gpus->least)
    return fmt::format("the list that was drawn from has {}, fewer than hold the claimed GPUs",
                       nodes_text(sample.cluster_nodes));
  return {};
}

Verdict verdict_of(const Metered& m) {
  const std::string text = said(m);
  const auto undecided = [&](Reason reason, const std::string& because, const std::string& would) {
    return open(Basis::sample, reason, fmt::format("{}; {}", text, because), would);
  };
  if (m.claim.is_future())
    return undecided(Reason::N8, "what is claimed does not run yet", "once it runs: " + would_decide(m));
  if (m.load.nodes < fewest_nodes(m.cluster_nodes))
    return undecided(Reason::N3, fmt::format("too few of {} nodes", shown_count(m.cluster_nodes)), would_decide(m));
  if (const std::string why = why_not_random(m); !why.empty()) return undecided(Reason::N4, why, would_decide(m));
  if (m.claim.gpus && !packages_known(*m.claim.gpus, m.gpu))
    return undecided(Reason::N10, fmt::format("the claim counts {}", counted_text(*m.claim.gpus, m.gpu)),
                     "the number of GPU packages");
  if (m.point == MeterPoint::gpu)
    return undecided(Reason::N9, "a node's watts are not those of its GPUs alone", "meters of the GPUs");
  // a moment is no load of a site
  if (!lasts(m.load.seconds, least_window_s))
    return undecided(Reason::N9,
                     fmt::format("a load is one of {} s at least, read every {} s or more often",
                                 shown_whole(least_window_s), shown_whole(longest_gap_s)),
                     would_decide(m));
  const bool may_be_average = !m.claim.power->meaning || m.claim.power->meaning == PowerMeaning::average;
  if (may_be_average && apart(m))
    return {Outcome::refuted,
            Basis::sample,
            Reason::A5,
            text + "; the claim is neither",
            {},
            fmt::format("metered on {} of {} nodes", shown_count(m.load.nodes), shown_count(m.cluster_nodes))};
  return undecided(Reason::N9, "the load that was metered may be; another load or season may not",
                   "meters at the stated point over the time that is claimed");
}

std::vector<Step> steps_of(const Metered& m) {
  std::vector<Step> steps{{"W per GPU",
                           fmt::format("{} W, the mean of {} of {}, / {} GPUs", shown_whole(m.load.watts),
                                       nodes_text(m.load.nodes), shown_count(m.cluster_nodes), m.gpu.node_gpus()),
                           fmt::format("{} W", shown_whole(m.per_gpu))}};
  if (m.around)
    steps.push_back(
        {"interval",
         fmt::format("-+ t at 97.5 % for nodes that vary by {}, finite cluster; -+ {:.0f} % of the meters",
                     shown_percent(m.load.variation), 100 * meter_tolerance),
         shown_power(*m.around)});
  if (m.each)
    steps.push_back({fmt::format("at the {}", to_string(m.point)), m.each->formula, shown_power(m.each->watts)});
  if (m.need)
    steps.push_back(
        {"all GPUs",
         fmt::format("x {} GPU packages ({})", packages_text(*m.gpus), counted_text(*m.claim.gpus, m.gpu)),
         shown_power(*m.need)});
  if (m.each)
    steps.push_back({"GPUs fed", fmt::format("{} / W per GPU", shown_power(m.claimed())), whole(fed_by(m))});
  return steps;
}

}  // namespace

void judge_metered_nodes(const Claim& claim, const Hardware& gpu, MeterPoint point, const Evidence& evidence,
                         bool refuted_on_paper, std::vector<FactReading>& facts) {
  const Metered m = metered_of(claim, gpu, point, evidence);
  if (m.load.nodes == 0) return;
  const std::string of = claim.gpus ? counted_text(*claim.gpus, gpu) : gpu.short_name;
  Verdict verdict = refuted_on_paper ? Verdict{Outcome::refuted,
                                               Basis::arithmetic,
                                               Reason::A3,
                                               said(m) + "; what is published of such nodes, and these, forbid it",
                                               {}}
                                     : verdict_of(m);
  facts.push_back({fmt::format("power/metered/{}", gpu.id),
                   fmt::format("{} is what {} draw {}, at the load of {} that were metered",
                               claim.power->amount.text(), of, at_text(point), nodes_text(m.load.nodes)),
                   std::move(verdict), steps_of(m)});
}

}  // namespace petaproof::judge
