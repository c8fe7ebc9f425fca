#include "harness/judge/kernel_bounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "harness/judge/estimate.hpp"
#include "harness/judge/sample_size.hpp"
#include "harness/judge/simulate.hpp"
#include "harness/judge/stationarity.hpp"
#include "harness/judge/text.hpp"
#include "harness/judge/windows.hpp"

namespace petaproof::judge {
namespace {

using Windows = std::vector<Window>;

bool are_at_once(const Windows& windows) {
  return std::ranges::all_of(windows, &Window::at_once);
}

// Of the GPUs of one reading: sustained, and long enough. By run, so that their order is time's where runs are named
// by it, and never that of the files.
Measurements long_records(const Support& support) {
  Measurements records;
  for (const Measurement* m : support.all)
    if (m->mode == "sustained" && m->duration_s && lasts(*m->duration_s, least_window_s) && !m->per_node.empty())
      records.push_back(m);
  std::ranges::sort(records, {}, [](const Measurement* m) { return std::tie(m->run_id, m->case_id); });
  return records;
}

// What the number and the length of the windows allow, whatever the nodes. Jobs one after the other never load the
// plant as the sample would at once, and whoever runs them may choose the hour of each.
char level_of_windows(const Windows& windows) {
  const bool one_long =
      std::ranges::any_of(windows, [](const Window& w) { return lasts(w.shortest_s, long_window_s); });
  if (windows.size() < 2) return 'D';
  if (windows.size() == 2 || !are_at_once(windows)) return 'C';
  return one_long ? 'A' : 'B';
}

// All records that windows hold, each once.
Measurements records_in(const Windows& windows) {
  Measurements records;
  for (const Window& window : windows) records.insert(records.end(), window.parts.begin(), window.parts.end());
  std::ranges::sort(records, {}, [](const Measurement* m) { return std::tie(m->run_id, m->case_id); });
  const auto again = std::ranges::unique(records);
  records.erase(again.begin(), again.end());
  return records;
}

// Levels are letters: the later one is the lower.
char lower_level(char a, char b) {
  return std::max(a, b);
}

std::int64_t gpus_per_node_of(const Measurements& records) {
  std::int64_t most = 1;
  for (const Measurement* m : records)
    for (const NodeRate& node : m->per_node) most = std::max(most, node.gpus);
  return most;
}

// Over GPUs: a job of one node must not weigh as one of many.
std::optional<double> mean_clock(const Measurements& records) {
  double sum = 0, gpus = 0;
  for (const Measurement* m : records) {
    if (!m->sm_clock_mhz) return std::nullopt;
    sum += *m->sm_clock_mhz * static_cast<double>(m->gpus);
    gpus += static_cast<double>(m->gpus);
  }
  return sum / gpus;
}

std::string windows_text(const Windows& windows) {
  double shortest = windows.front().shortest_s;
  for (const Window& window : windows) shortest = std::min(shortest, window.shortest_s);
  const bool one = windows.size() == 1;
  std::string text = fmt::format("{} window{} of {} s{}", windows.size(), one ? "" : "s",
                                 shown_whole(std::round(shortest)), one ? "" : " or more");
  if (are_at_once(windows)) return text;
  std::set<std::string> runs;
  for (const Window& window : windows)
    for (const Measurement* part : window.parts) runs.insert(part->run_id);
  return text + fmt::format(", put together of {} runs whose nodes did not run at once", runs.size());
}

// The pods of a sample as one window saw them; a delivered node without a rate in it is missing there.
std::vector<Stratum> strata_of(const SampleEvidence& sample, const RatesByHost& rates) {
  std::vector<Stratum> strata;
  for (const SampledPod& pod : sample.pods) {
    Stratum stratum{pod.name, pod.nodes, {}, pod.missing};
    for (const std::string& host : pod.delivered) {
      const auto found = rates.find(host);
      if (found == rates.end() || !(found->second > 0))
        ++stratum.missing;
      else
        stratum.rates.push_back(found->second);
    }
    strata.push_back(std::move(stratum));
  }
  return strata;
}

// Windows must agree on the nodes that all of them have, and every warm-up must have come to rest.
void check_steadiness(const Windows& windows, KernelBounds& bounds) {
  for (const Measurement* m : records_in(windows))
    if (!m->steady) {
      bounds.fault = Reason::N6;
      bounds.fault_because = fmt::format("the warm-up of run {} did not come to rest on every GPU", m->run_id);
      return;
    }
  std::vector<std::vector<double>> table(windows.size());
  std::vector<std::string> hosts;  // in the same order everywhere
  for (const auto& [host, rate] : windows.front().pace) hosts.push_back(host);
  std::ranges::sort(hosts);
  for (const std::string& host : hosts) {
    const bool everywhere = std::ranges::all_of(windows, [&](const Window& window) {
      const auto found = window.pace.find(host);
      return found != window.pace.end() && found->second > 0;
    });
    if (everywhere)
      for (std::size_t i = 0; i < windows.size(); ++i) table[i].push_back(windows[i].pace.at(host));
  }
  if (table.front().empty()) return;
  if (const Stationarity windows_agree = stationarity_of(table); !windows_agree.steady) {
    bounds.fault = Reason::N6;
    bounds.fault_because = windows_agree.why;
  }
}

void check_clocks(const Measurements& records, KernelBounds& bounds) {
  for (const Measurement* m : records)
    if (m->clock_error_s && !(*m->clock_error_s <= clock_tolerance * *m->duration_s)) {
      bounds.fault = Reason::N12;
      bounds.fault_because = fmt::format("the clocks of run {} differ by {} s, more than {} % of its window",
                                         m->run_id, shown(*m->clock_error_s), 100 * clock_tolerance);
    }
}

// The slowest GPU's pace cannot exceed the sum of all paces: what says so, or is no number, was not timed. Written so
// that NaN fails; the factor is for the rounding of two sums.
bool has_totals(const Measurement& m) {
  return 0 < m.synchronous_tflops && m.synchronous_tflops <= m.sum_tflops * (1 + 1e-9) && std::isfinite(m.sum_tflops);
}

// Where fewer ran than are claimed, the others may exist, as many as round to the claim; where all did, those are
// they.
std::int64_t most_gpus(const Question& q, std::int64_t ran) {
  return ran >= q.need.gpus ? ran : q.need.gpus_max;
}

// A total of more GPUs than are claimed is another figure, and which of them are meant is not said.
void check_count(const Question& q, KernelBounds& bounds) {
  if (bounds.gpus <= q.need.gpus_max) return;
  bounds.fault = Reason::N4;
  bounds.fault_because = fmt::format(
      "that is of {} GPUs, and the claim is of {}: which of them it means is not said", shown_count(bounds.gpus),
      q.need.gpus == q.need.gpus_max ? shown_count(q.need.gpus)
                                     : fmt::format("{} at most", shown_count(q.need.gpus_max)));
}

// Every GPU that is claimed ran in each window: totals are sums, and nothing is estimated but their own noise.
std::optional<KernelBounds> whole_cluster(const Question& q, const Measurements& records) {
  const auto whole = [&](const Measurement* m) {
    return has_totals(*m) && static_cast<double>(m->gpus) >= whole_share * static_cast<double>(q.need.gpus);
  };
  Measurements all;
  std::ranges::copy_if(records, std::back_inserter(all), whole);
  if (all.empty()) return std::nullopt;
  const std::int64_t gpus_per_node = gpus_per_node_of(all);
  Windows windows;
  for (const Measurement* m : all) windows.push_back(window_of(*m, gpus_per_node));

  KernelBounds bounds;
  bounds.whole = true;
  bounds.projected.level = level_of_windows(windows);
  bounds.projected.lower = std::numeric_limits<double>::infinity();
  for (const Measurement* m : all) {
    // in one window all GPUs together did no less than all work over the longest of their windows, and no more
    // than the sum of their rates; the few that did not run are none from below, and like the others from above
    const double lower = m->synchronous_tflops * m->lower_tflops / m->rate_tflops;
    const double rest = static_cast<double>(most_gpus(q, m->gpus)) / static_cast<double>(m->gpus);
    const double upper = rest * m->sum_tflops * m->upper_tflops / m->rate_tflops;
    bounds.projected.lower = std::min(bounds.projected.lower, lower);
    bounds.projected.upper = std::max(bounds.projected.upper, upper);
    bounds.projected.estimate += m->synchronous_tflops / static_cast<double>(all.size());
    bounds.projected.steps.push_back(
        {fmt::format("window of run {}", m->run_id),
         fmt::format("{} GPUs for {} s: all work over the longest window, less its interval; sum of rates, plus it",
                     shown_count(m->gpus), shown_whole(*m->duration_s)),
         fmt::format("[{}, {}]", q.in_claim_unit(lower), q.in_claim_unit(upper))});
  }
  bounds.gpus = bounds.listed = all.front()->gpus;
  bounds.gpus_at_most = most_gpus(q, bounds.gpus);
  check_count(q, bounds);
  bounds.gpus_per_node = gpus_per_node;
  bounds.nodes = all.front()->nodes;
  bounds.rate_tflops = bounds.projected.estimate / static_cast<double>(bounds.gpus);
  bounds.rate_ran_tflops = bounds.rate_tflops;
  bounds.mhz = mean_clock(all);
  bounds.projected.basis = fmt::format("all {} GPUs of {} nodes at once, {}", shown_count(bounds.gpus),
                                       shown_count(bounds.nodes), windows_text(windows));
  bounds.qualifier = fmt::format("all {} GPUs measured, level {}", shown_count(bounds.gpus), bounds.projected.level);
  check_steadiness(windows, bounds);
  check_clocks(all, bounds);
  return bounds;
}

// Whether what was drawn, had all of it been delivered, is a sample of level C: as many nodes, two of every pod.
bool drawn_for_level_c(const SampleEvidence& sample) {
  const bool without_pods = sample.pods.size() == 1 && sample.pods.front().name.empty();
  const bool every_pod = std::ranges::all_of(sample.pods, [](const SampledPod& pod) {
    return static_cast<std::int64_t>(pod.delivered.size()) + pod.missing >= std::min<std::int64_t>(2, pod.nodes);
  });
  return !without_pods && every_pod && sample.drawn >= fewest_nodes(sample.cluster_nodes);
}

// Who chose the nodes, and what follows from it.
std::string selection_text(const SampleEvidence& sample, bool provider_chosen) {
  if (!provider_chosen) return sample.selection;
  return fmt::format("{}{}: may refute, never confirm", sample.selection, sample.block ? ", a contiguous block" : "");
}

// The list's hash is as good a seed as any, and nobody chose it for its outcome.
std::uint64_t seed_of(const SampleEvidence& sample) {
  constexpr std::uint64_t otherwise = 0x9e3779b97f4a7c15;
  const std::string head = sample.list_hash.substr(0, 16);
  const bool hexadecimal = head.size() == 16 && head.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hexadecimal ? std::stoull(head, nullptr, 16) : otherwise;
}

std::vector<Step> sample_steps(const Question& q, const ClusterBounds& b, const SimulatedBounds& simulated,
                               const KernelBounds& bounds) {
  const auto tflops = [](double value) { return fmt::format("{} TFLOP/s", shown(value)); };
  return {
      {"mean per GPU",
       fmt::format("over {} of {} nodes, pods weighted by their nodes; {} drawn and not delivered", b.measured,
                   b.nodes, b.missing),
       tflops(b.mean)},
      {"standard error",
       fmt::format("nodes vary by {}; finite cluster, {} degrees of freedom", shown_percent(b.variation),
                   shown(b.degrees_of_freedom)),
       tflops(b.standard_error)},
      {"interval", "mean -+ t at 97.5 % x standard error; missing nodes are 0 below, absent above",
       fmt::format("[{}, {}] TFLOP/s", shown(b.unguarded_lower), shown(b.unguarded_upper))},
      {"nodes not seen",
       fmt::format("{} may be slow (x {}), {} as fast as the ceiling of {} (97.5 %)", b.unseen_bad,
                   b.assumed.slow_ratio, b.unseen_fast, tflops(b.assumed.ceiling)),
       fmt::format("[{}, {}] TFLOP/s", shown(b.lower), shown(b.upper))},
      {"the same by Monte Carlo", fmt::format("{} draws, seed {}", simulated.draws, simulated.seed),
       fmt::format("[{}, {}] TFLOP/s", shown(simulated.lower), shown(simulated.upper))},
      {"plant",
       fmt::format("x {} GPUs{}, -{} % and +{} % for when all nodes run", shown_count(bounds.gpus),
                   bounds.gpus_at_most > bounds.gpus
                       ? fmt::format(" from below, {} from above", shown_count(bounds.gpus_at_most))
                       : "",
                   100 * plant_below, 100 * plant_above),
       fmt::format("[{}, {}]", q.in_claim_unit(bounds.projected.lower), q.in_claim_unit(bounds.projected.upper))}};
}

// Where fewer GPUs of each node ran than its model's file says, the others are there all the same.
std::int64_t listed_gpus(const Question& q, const KernelBounds& bounds) {
  if (bounds.gpus >= q.need.gpus || !q.gpu.gpus_per_node) return bounds.gpus;
  return std::max(bounds.gpus, std::min(q.need.gpus, bounds.nodes * q.gpu.node_gpus()));
}

std::optional<KernelBounds> sampled_cluster(const Question& q, const Measurements& all) {
  if (!q.evidence.sample) return std::nullopt;
  const SampleEvidence& sample = *q.evidence.sample;
  const Measurements records = records_of_draw(all, sample);
  if (records.empty()) return std::nullopt;
  const std::int64_t gpus_per_node = gpus_per_node_of(records);
  const Windows windows = windows_of_draw(records, sample, gpus_per_node);
  KernelBounds bounds;
  // who leaves out so many drawn nodes that the rest reach no level has chosen these: it must not escape a refutation
  bounds.provider_chosen = sample.selection == "provider_chosen" || sample.selection == "uncommitted" ||
                           (sample.reach == 'D' && sample.missing > 0);
  const char by_size = bounds.provider_chosen && drawn_for_level_c(sample) ? 'C' : sample.reach;
  bounds.projected.level = lower_level(lower_level(by_size, level_of_windows(windows)), 'B');
  if (bounds.projected.level == 'D') return std::nullopt;

  bounds.gpus_per_node = gpus_per_node;
  bounds.nodes = sample.cluster_nodes;
  bounds.gpus = sample.cluster_nodes * bounds.gpus_per_node;
  check_count(q, bounds);
  bounds.mhz = mean_clock(records);
  const UnseenNodes unseen{.ceiling = q.arithmetic.ceiling_per_gpu_tflops};
  // GPUs of the measured nodes that took part in no window are none from below, and like the others from above
  bounds.listed = listed_gpus(q, bounds);
  bounds.gpus_at_most = most_gpus(q, bounds.listed);
  const double gpus = static_cast<double>(bounds.gpus);
  bounds.projected.lower = std::numeric_limits<double>::infinity();
  for (const Window& one : windows) {
    const std::vector<Stratum> strata = strata_of(sample, one.lowest);
    if (std::ranges::all_of(strata, [](const Stratum& s) { return s.rates.empty(); })) return std::nullopt;
    const ClusterBounds window = cluster_bounds(strata, unseen);
    const ClusterBounds ran = cluster_bounds(strata_of(sample, one.highest), unseen);
    const double lower = window.lower * (1 - plant_below) * gpus;
    bounds.projected.upper =
        std::max(bounds.projected.upper, ran.upper * (1 + plant_above) * static_cast<double>(bounds.gpus_at_most));
    bounds.rate_ran_tflops += ran.mean / static_cast<double>(windows.size());
    bounds.projected.estimate += window.mean * gpus / static_cast<double>(windows.size());
    bounds.variation = std::max(bounds.variation, window.variation);
    if (lower >= bounds.projected.lower) continue;
    bounds.projected.lower = lower;  // the window to explain is the one that decides from below
    bounds.projected.steps =
        sample_steps(q, window, simulate_bounds(strata, seed_of(sample), 10'000, unseen), bounds);
  }
  bounds.projected.steps.back().result = fmt::format(
      "[{}, {}] over all windows", q.in_claim_unit(bounds.projected.lower), q.in_claim_unit(bounds.projected.upper));
  bounds.rate_tflops = bounds.projected.estimate / gpus;
  const std::int64_t delivered = sample.drawn - sample.missing;
  bounds.projected.basis = fmt::format("{} of {} nodes drawn, {} delivered ({} GPUs), {}, {}",
                                       shown_count(sample.drawn), shown_count(sample.cluster_nodes),
                                       shown_count(delivered), shown_count(gpus_that_ran(records, sample)),
                                       selection_text(sample, bounds.provider_chosen), windows_text(windows));
  bounds.qualifier = fmt::format("projected from {} of {} nodes, level {}{}", shown_count(delivered),
                                 shown_count(sample.cluster_nodes), bounds.projected.level,
                                 bounds.projected.level == 'C' ? ", weak" : "");
  if (!are_at_once(windows)) bounds.qualifier += ", not at once";
  check_steadiness(windows, bounds);
  check_clocks(records, bounds);
  return bounds;
}

}  // namespace

std::optional<KernelBounds> kernel_bounds(const Question& question) {
  const Measurements records = long_records(question.support);
  if (auto bounds = whole_cluster(question, records); bounds && bounds->projected.level != 'D') return bounds;
  return sampled_cluster(question, records);
}

}  // namespace petaproof::judge
