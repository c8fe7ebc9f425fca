// How many GPUs: a census counts packages. A node is as many as its model's file says; of what else a claim may
// count, nobody can tell.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/judge/facts.hpp"
#include "harness/judge/gpu_unit.hpp"
#include "harness/judge/inventory.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// The claim's units, packages or nodes, of any model that it may mean.
class Units {
 public:
  Units(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence) : claim_(*claim.gpus) {
    std::vector<std::string> ids = claim.models;
    if (ids.empty())  // it may mean any, and so whatever was counted
      for (const Census& census : evidence.censuses)
        if (std::ranges::find(ids, census.hardware_id) == ids.end()) ids.push_back(census.hardware_id);
    for (const auto& id : ids)
      if (const Hardware* gpu = hardware.find(id)) models_.push_back(gpu);
  }

  const std::vector<const Hardware*>& models() const { return models_; }

  std::int64_t made_of(std::int64_t packages, const Hardware& gpu) const {
    return packages / static_cast<std::int64_t>(packages_read(claim_, gpu));
  }

  // "500 nodes of 8 H200 SXM (141 GB)"; without a model where there are several.
  std::string text() const {
    return models_.size() == 1 && !counts_packages(claim_) ? counted_text(claim_, *models_.front())
                                                           : counted_text(claim_);
  }

  // ", 457 nodes of 8", beside a number of packages; nothing where packages are counted.
  std::string beside(std::int64_t packages, const Hardware& gpu) const {
    if (counts_packages(claim_)) return {};
    const std::int64_t units = made_of(packages, gpu);
    return fmt::format(", {} {}{} of {}{}", shown_count(units), counted_unit(claim_), units == 1 ? "" : "s",
                       shown_exactly(packages_read(claim_, gpu)), gpu.gpus_per_node ? "" : " (assumed)");
  }

 private:
  const GpuClaim& claim_;
  std::vector<const Hardware*> models_;
};

struct Found {
  std::int64_t units = 0;
  std::string said;  // "4,000 distinct GPUs, 500 nodes of 8"; of each model where there are several
};

// One census tells its GPUs apart, so that its models add up. Two may have met the same ones: the largest counts.
Found found_by_census(const Units& units, const Evidence& evidence) {
  std::set<std::string> runs;
  for (const Census& census : evidence.censuses) runs.insert(census.run_id);
  Found most;
  for (const auto& run : runs) {
    Found found;
    std::vector<std::string> parts;
    std::vector<const Hardware*> met;
    for (const Hardware* gpu : units.models())
      for (const Census& census : evidence.censuses) {
        if (census.run_id != run || census.hardware_id != gpu->id || census.gpus == 0) continue;
        found.units += units.made_of(census.gpus, *gpu);
        parts.push_back(fmt::format("{} distinct GPUs{}", shown_count(census.gpus), units.beside(census.gpus, *gpu)));
        met.push_back(gpu);
      }
    for (std::size_t i = 0; parts.size() > 1 && i < parts.size(); ++i) parts[i] += " (" + met[i]->short_name + ")";
    found.said = fmt::format("{}", fmt::join(parts, " and "));
    if (found.units > most.units || most.said.empty()) most = std::move(found);
  }
  return most;
}

// Of the model of which a random draw has most.
struct Projection {
  Inventory inventory;
  std::int64_t units = 0;
  std::string said;
};

std::optional<Projection> projected(const Units& units, const Evidence& evidence) {
  std::optional<Projection> most;
  for (const Hardware* gpu : units.models()) {
    const auto inventory = sampled_inventory(evidence, gpu->id);
    if (!inventory) continue;
    const std::int64_t least = units.made_of(inventory->gpus_at_least, *gpu);
    if (!most || least > most->units)
      most = Projection{*inventory, least, inventory->said + units.beside(inventory->gpus_at_least, *gpu)};
  }
  return most;
}

Verdict counted(const Claim& claim, const Units& units, const Evidence& evidence) {
  const WholeRange range = whole_range(claim.gpus->count);
  // to be confirmed, the number as printed is to be reached: rounding favours neither side
  const auto claimed = static_cast<std::int64_t>(claim.gpus->count.value);
  const std::string would = counts_packages(*claim.gpus)
                                ? fmt::format("a census that finds {} distinct GPUs or more", shown_count(claimed))
                                : fmt::format("a census that finds {}, distinct GPUs all, or more", units.text());
  if (claim.is_future())
    return open(Basis::none, Reason::N8, fmt::format("they are {}", to_string(claim.existence)),
                "once they run: " + would);
  const std::string asked =
      fmt::format("; {} to {} round to the claim", shown_count(range.min), shown_count(range.max));
  const Found found = found_by_census(units, evidence);
  if (const auto sampled = projected(units, evidence); sampled && sampled->units > found.units) {
    if (sampled->units < claimed) return open(Basis::sample, Reason::N13, sampled->said + asked, would);
    return {Outcome::confirmed, Basis::sample, Reason::A2, sampled->said + asked, {}, sampled->inventory.qualifier};
  }
  if (found.said.empty()) return open(Basis::none, Reason::N3, "no census counted them", would);
  const std::string said = fmt::format("a census found {}{}", found.said, asked);
  if (found.units >= claimed) return {Outcome::confirmed, Basis::census, Reason::A2, said, {}};
  return open(Basis::census, Reason::N3, said + "; what it did not reach may exist", would);
}

FactReading another_unit(const Claim& claim, const std::string& says) {
  return {fmt::format("gpus/{}", claim.gpus->unit ? to_string(*claim.gpus->unit) : "other"),
          says,
          open(Basis::none, Reason::N10, "a census counts packages; the claim does not say that it does",
               "the unit in which the claim counts, then a census"),
          {}};
}

bool known_in_all(const GpuClaim& claimed, const std::vector<const Hardware*>& models) {
  return std::ranges::all_of(models, [&](const Hardware* gpu) { return packages_known(claimed, *gpu); });
}

FactReading of_stated_unit(const Claim& claim, const Units& units, const Evidence& evidence) {
  const GpuClaim& claimed = *claim.gpus;
  const std::string says = fmt::format("there are {}", units.text());
  if (counts_packages(claimed))
    return {"gpus/package", says + ", counted as packages", counted(claim, units, evidence), {}};
  if (claimed.unit == GpuUnit::node && units.models().empty())
    return {"gpus/node",
            says,
            open(Basis::none, Reason::N10, "how many GPUs a node holds depends on its model, which is not stated",
                 "the GPU model, then a census"),
            {}};
  if (!known_in_all(claimed, units.models()) || units.models().empty()) return another_unit(claim, says);
  return {fmt::format("gpus/{}", to_string(*claimed.unit)), says, counted(claim, units, evidence), {}};
}

}  // namespace

void judge_gpu_count(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence,
                     std::vector<FactReading>& facts) {
  if (!claim.gpus || claim.compute) return;  // with FLOP/s, the reading of the peak is the census
  const std::size_t before = facts.size();
  facts.push_back(of_stated_unit(claim, Units(claim, hardware, evidence), evidence));
  if (!claim.gpus->unit)
    facts.push_back(another_unit(claim, fmt::format("there are {} dies, superchips, pairs, nodes or H100-equivalents",
                                                    claim.gpus->count.grouped())));
  for (std::size_t i = before; i < facts.size(); ++i)
    facts[i].in_short = fmt::format("there are {}", counted_text(*claim.gpus));
}

}  // namespace petaproof::judge
