#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/judge/sample_size.hpp"
#include "harness/judge/text.hpp"
#include "harness/sample/host_range.hpp"
#include "harness/sample/render.hpp"

namespace petaproof::sample {
namespace {

using judge::paragraph;
using judge::shown_whole;

std::string whole(std::int64_t value) {
  return shown_whole(static_cast<double>(value));
}
std::string whole(std::size_t value) {
  return shown_whole(static_cast<double>(value));
}

std::string hash_lines(const NodeList& list, const std::string& hash) {
  return fmt::format("NODES      {}\nSHA-256    {}\n", whole(list.nodes.size()), hash);
}

std::string pods_of(const std::vector<PodCount>& pods, const char* of_sampled) {
  if (pods.size() == 1 && pods.front().pod.empty())
    return paragraph("PODS       ", "not in the list: write the pod, and the rack if known, after each name");
  std::string text;
  for (const PodCount& one : pods) {
    const std::string counts =
        of_sampled ? fmt::format("{} of {} nodes {}", whole(one.sampled), whole(one.nodes), of_sampled)
                   : fmt::format("{} nodes", whole(one.nodes));
    text += fmt::format("{}{:<20} {}\n", text.empty() ? "PODS       " : "           ", one.pod, counts);
  }
  return text;
}

std::string what_level_allows(const Level& level, Selection selection) {
  if (level.reach != 'D') return ", if the run's windows are long enough";
  // harness/judge takes what was drawn, not what was delivered: whoever left nodes out is not to escape by it
  return selection == Selection::provider_chosen
             ? ", which confirms nothing about a cluster, and refutes as the draw would have (level C)"
             : ", which decides nothing about a cluster";
}

std::string level_text(const Level& level, const std::vector<PodCount>& pods, Selection selection) {
  std::int64_t nodes = 0, sampled = 0;
  for (const PodCount& one : pods) {
    nodes += one.nodes;
    sampled += one.sampled;
  }
  std::string text = paragraph(
      "LEVEL      ", fmt::format("{} of {} nodes, {}: can reach evidence level {}{}", whole(sampled), whole(nodes),
                                 selection == Selection::provider_chosen ? "provider-chosen" : to_string(selection),
                                 level.reach, what_level_allows(level, selection)));
  for (const char candidate : {'A', 'B', 'C'})
    if (candidate < level.reach && !level.lacks.at(candidate).empty())
      text += paragraph(fmt::format("           {} lacks: ", candidate),
                        fmt::format("{}", fmt::join(level.lacks.at(candidate), "; ")));
  return text;
}

std::string margin_text(const Draw& draw) {
  const auto all = static_cast<std::int64_t>(draw.list.nodes.size());
  const double margin = judge::margin_of(draw.size.nodes, all, draw.asked.planned_variation());
  const std::string assumed = fmt::format("if nodes vary by {:.4g} %{}", 100 * draw.asked.planned_variation(),
                                          draw.asked.variation ? "" : " (assumed; say --cov where it is known)");
  const std::string mean =
      std::isfinite(margin)
          ? fmt::format("the mean of all nodes to {:.3g} % (95 %, one-sided) {}", 100 * margin, assumed)
          : "nothing about the mean of all nodes: a single one has no spread";
  return paragraph("TELLS      ",
                   fmt::format("{}; with no bad node among them, up to {} of {} may still be bad", mean,
                               whole(judge::unseen_bad_nodes(draw.size.nodes, all)), whole(all)));
}

std::string size_text(const Size& size) {
  return paragraph("SIZE       ", fmt::format("{} nodes: {}", whole(size.nodes), size.because));
}

std::vector<PodCount> whole_pods(const NodeList& list) {
  std::vector<PodCount> pods;
  for (const auto& [pod, nodes] : list.pods()) pods.push_back({pod, static_cast<std::int64_t>(nodes.size()), 0});
  return pods;
}

// One line for each reason, with the nodes that share it.
std::string by_reason(const char* head, const std::vector<MissingNode>& nodes) {
  std::map<std::string, std::vector<std::string>> groups;
  for (const MissingNode& one : nodes) groups[one.why].push_back(one.name);
  std::string text;
  for (const auto& [why, names] : groups)
    text += paragraph(text.empty() ? head : "           ", fmt::format("{}: {}", compress_hosts(names), why));
  return text;
}

std::string failed_text(const Delivery& delivery) {
  std::vector<std::string> failed;
  for (const DeliveredNode& one : delivery.delivered)
    if (one.passed == 0) failed.push_back(one.name);
  if (failed.empty()) return {};
  return paragraph("FAILED     ", fmt::format("{}: delivered, and no case passed", compress_hosts(failed)));
}

}  // namespace

std::string render_list(const NodeList& list, const std::optional<Size>& size) {
  std::string text = hash_lines(list, list.sha256()) + pods_of(whole_pods(list), nullptr);
  if (size) text += size_text(*size);
  return text +
         paragraph("NEXT       ",
                   "The list is fixed by this hash; no node is drawn yet. The auditor notes the hash, and only then "
                   "chooses a seed that nobody could know before: dice, or a public number of a later day. Then:");
}

std::string render_draw(const Draw& draw) {
  std::string text = hash_lines(draw.list, draw.hash) + fmt::format("SEED       {}\n", draw.seed);
  if (is_guessable(draw.seed))
    text += paragraph("           ",
                      "A seed as short as this might be guessed, and the list be made to suit it; take dice, or a "
                      "public number that did not exist when the hash was given.");
  text += size_text(draw.size);
  text += pods_of(draw.pods, "drawn");
  text += margin_text(draw) + level_text(level_of(draw.pods, draw.selection()), draw.pods, draw.selection());
  return text + fmt::format("DRAWN      {}\n", compress_hosts(draw.names()));
}

std::string render_delivery(const Draw& draw, const Delivery& delivery) {
  std::string text = hash_lines(draw.list, draw.hash) + fmt::format("SEED       {}\n", draw.seed);
  const double percent = 100 * static_cast<double>(delivery.delivered.size()) / static_cast<double>(delivery.drawn());
  text += fmt::format("DELIVERED  {} of {} drawn nodes ({:.1f} %)\n", whole(delivery.delivered.size()),
                      whole(delivery.drawn()), percent);
  text += by_reason("MISSING    ", delivery.missing);
  if (!delivery.complete())
    text += paragraph("           ", "Each counts as a failed node. No other node is drawn or taken in its place.");
  if (delivery.capped())
    text += paragraph("           ",
                      fmt::format("Under {} % of the draw was delivered: who left these out has chosen the rest. It "
                                  "may refute, and can confirm nothing.",
                                  least_percent_delivered));
  text += failed_text(delivery) + by_reason("SET ASIDE  ", delivery.set_aside);
  text += pods_of(delivery.pods, "delivered") + level_text(delivery.level, delivery.pods, delivery.selection);
  for (const std::string& note : delivery.notes) text += paragraph("NOTE       ", note);
  return text;
}

std::string render_census(const Census& census, const std::vector<PodGpus>& pods) {
  std::string text = fmt::format("CENSUS     {} run(s), {} rank(s), {} node(s)\n", whole(census.run_ids.size()),
                                 whole(census.ranks), whole(census.hosts.size()));
  text += fmt::format("GPUS       {} distinct, whole, each on one node; {} on most nodes\n", whole(census.counted()),
                      whole(census.usual_gpus_per_node));
  for (const ModelCount& one : census.models)
    text += fmt::format("           {} x {}, power limit {}\n", whole(one.gpus), one.model,
                        one.usual_limit_watts ? fmt::format("{:g} W", *one.usual_limit_watts) : "not known");
  for (const PodGpus& one : pods)
    text +=
        fmt::format("{}{:<20} {} GPUs on {} of {} nodes\n", &one == &pods.front() ? "PODS       " : "           ",
                    one.pod.empty() ? "(no pods)" : one.pod, whole(one.gpus), whole(one.answered), whole(one.nodes));
  for (const std::string& finding : census.findings) text += paragraph("FINDING    ", finding);
  return text + paragraph("NOT HERE   ", fmt::format("a run records no {}", fmt::join(Census::missing(), ", no ")));
}

}  // namespace petaproof::sample
