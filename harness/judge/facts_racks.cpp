// Power of a rack, beside what such racks are sold as, and decided by meters on the racks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/judge/facts.hpp"
#include "harness/judge/gpu_unit.hpp"
#include "harness/judge/kernel_bounds.hpp"
#include "harness/judge/metered_nodes.hpp"
#include "harness/judge/site_power.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

std::string range_text(const RackClaim& rack) {
  return fmt::format("{} to {} a rack ({})", rack.low.text(), rack.high.text(), rack.of);
}

std::string in_short(const RackClaim& rack) {
  return fmt::format("a rack draws {} to {} ({})", rack.low.text(), rack.high.text(), rack.of);
}

// What the models' racks are sold as; empty where no file says.
std::string sold_as(const RackClaim& rack, const HardwareDatabase& hardware) {
  std::string text;
  for (const auto& id : rack.models) {
    const Hardware& gpu = *hardware.find(id);
    const auto low = gpu.power.find("rack_kw_low");
    const auto high = gpu.power.find("rack_kw_high");
    if (low != gpu.power.end() && high != gpu.power.end())
      text += fmt::format("; racks of {} are sold at {} to {} kW", gpu.short_name, shown_exactly(low->second.value),
                          shown_exactly(high->second.value));
  }
  return text;
}

// As printed at both ends: rounding favours neither side.
bool is_inside(const RackClaim& rack, const MeteredNode& metered) {
  return metered.watts >= rack.low.value() && metered.watts <= rack.high.value();
}

Interval with_meter_error(const MeteredNode& metered) {
  return {metered.watts * (1 - meter_tolerance), metered.watts * (1 + meter_tolerance)};
}

// Whatever its meter errs by.
bool is_surely_inside(const RackClaim& rack, const MeteredNode& metered) {
  const Interval watts = with_meter_error(metered);
  return watts.low >= rack.low.value() && watts.high <= rack.high.value();
}

bool is_surely_outside(const RackClaim& rack, const MeteredNode& metered) {
  const Interval watts = with_meter_error(metered);
  return watts.high < rack.low.value() || watts.low > rack.high.value();
}

// A rack that draws less than its product at the least may be idle, and nobody says that of idle racks.
bool may_be_idle(const RackClaim& rack, const MeteredNode& metered, const HardwareDatabase& hardware) {
  return rack.models.empty() || !std::ranges::all_of(rack.models, [&](const std::string& id) {
           const Figures& power = hardware.find(id)->power;
           const auto low = power.find("rack_kw_low");
           return low != power.end() && metered.watts >= 1e3 * low->second.value;
         });
}

// What the claim says of every rack, and this one is not, by more than its meter may err.
bool contradicts(const RackClaim& rack, const MeteredNode& metered, const HardwareDatabase& hardware) {
  if (!rack.every) return false;
  const Interval watts = with_meter_error(metered);
  if (watts.low > rack.high.upper()) return true;
  return watts.high < rack.low.lower() && !may_be_idle(rack, metered, hardware);
}

// Racks that hold the claimed GPUs; nothing where the claim, or the model's file, does not say.
std::optional<std::int64_t> racks_claimed(const Claim& claim, const RackClaim& rack,
                                          const HardwareDatabase& hardware) {
  if (!claim.gpus || claim.models.size() != 1) return std::nullopt;
  if (!rack.models.empty() && rack.models != claim.models) return std::nullopt;
  const Hardware& gpu = *hardware.find(claim.models.front());
  if (!gpu.gpus_per_rack || !packages_known(*claim.gpus, gpu)) return std::nullopt;
  const double gpus = claim.gpus->count.value * packages_read(*claim.gpus, gpu);
  return static_cast<std::int64_t>(std::ceil(gpus / gpu.gpus_per_rack->value));
}

// Those that were metered for as long as a load must hold.
struct MeteredRacks {
  std::vector<MeteredNode> racks;
  std::int64_t inside = 0;
  std::string said;  // "1 of 2 metered racks inside, their means 131.0 kW to 152.0 kW"
};

std::string racks_text(std::int64_t count) {
  return fmt::format("{} rack{}", shown_count(count), count == 1 ? "" : "s");
}

// What a log of a load is, for a sentence.
std::string log_text() {
  return fmt::format("for {} s or more, read every {} s or more often", shown_whole(least_window_s),
                     shown_whole(longest_gap_s));
}

MeteredRacks racks_under_load(const RackClaim& rack, const Evidence& evidence) {
  MeteredRacks under_load;
  std::int64_t others = 0;
  std::string gaps;
  for (MeteredNode& metered : metered_racks(evidence)) {
    if (metered.gap_s > 0 && gaps.empty())
      gaps = fmt::format("; {} has {} s from one reading to the next", metered.name, shown_whole(metered.gap_s));
    if (lasts(metered.seconds, least_window_s))
      under_load.racks.push_back(std::move(metered));
    else
      ++others;
  }
  const auto& racks = under_load.racks;
  if (racks.empty()) {
    under_load.said = fmt::format("no rack was metered {}{}", log_text(), gaps);
    return under_load;
  }
  under_load.inside = std::ranges::count_if(racks, [&](const MeteredNode& one) { return is_inside(rack, one); });
  const auto [least, most] = std::ranges::minmax(racks, {}, &MeteredNode::watts);
  under_load.said = fmt::format("{} of {} metered racks inside, {} {}", shown_count(under_load.inside),
                                shown_count(std::ssize(racks)), racks.size() == 1 ? "its mean" : "their means",
                                shown_power(Interval{least.watts, most.watts}));
  if (others > 0) under_load.said += fmt::format("; {} more not {}{}", shown_count(others), log_text(), gaps);
  return under_load;
}

// "; by the 3 % that its meter may err r1 draws 135 to 144 kW, ..."
std::string straddling(const RackClaim& rack, const MeteredNode& metered) {
  return fmt::format("; by the {:.0f} % that a meter may err {} draws {}, and the claim is {} to {}",
                     100 * meter_tolerance, metered.name, shown_power(with_meter_error(metered)), rack.low.text(),
                     rack.high.text());
}

// A meter does not say which racks of a claim it is of, nor whether others are like it: only what was metered is
// confirmed, which takes every rack, since nobody can draw from a list of racks that is not fixed first.
Verdict metered(const Claim& claim, const RackClaim& rack, const HardwareDatabase& hardware, const Evidence& evidence,
                const std::string& beside) {
  const MeteredRacks metered = racks_under_load(rack, evidence);
  const std::int64_t count = std::ssize(metered.racks);
  const std::string& said = metered.said;
  const auto claimed = racks_claimed(claim, rack, hardware);
  const std::string would = fmt::format("a PDU's log of {} under load, {} (--power FILE){}",
                                        claimed ? fmt::format("all {}", racks_text(*claimed)) : "every such rack",
                                        log_text(), claimed ? "" : ", and how many they are");
  if (claim.is_future()) return open(Basis::none, Reason::N8, said + beside, "once they run: " + would);
  if (count == 0) return open(Basis::none, Reason::N9, said + beside, would);
  if (claim.racks.size() > 1)
    return open(Basis::sample, Reason::N3, said + "; which of the claim's racks that is, no meter says" + beside,
                would);
  for (const MeteredNode& one : metered.racks)
    if (contradicts(rack, one, hardware))
      return {Outcome::refuted,
              Basis::sample,
              Reason::A5,
              fmt::format("{}; the claim says it of every rack, and {} draws {}{}", said, one.name,
                          shown_power(one.watts), beside),
              {},
              "metered on " + racks_text(count)};
  if (claimed && count < *claimed)
    return open(Basis::sample, Reason::N3,
                fmt::format("{}; the claimed GPUs fill {}{}", said, racks_text(*claimed), beside), would);
  if (std::ranges::any_of(metered.racks, [&](const MeteredNode& one) { return is_surely_outside(rack, one); }))
    return open(Basis::sample, Reason::N9, said + "; at another load they may draw what is claimed" + beside, would);
  for (const MeteredNode& one : metered.racks)
    if (!is_surely_inside(rack, one))
      return open(Basis::sample, Reason::N13, said + straddling(rack, one) + beside, would);
  if (!claimed)
    return open(Basis::sample, Reason::N4,
                said + "; no draw says who chose what was metered, nor the claim how many racks it is of" + beside,
                would);
  Verdict verdict{Outcome::confirmed,
                  Basis::census,
                  Reason::A4,
                  said + beside,
                  {},
                  count == 1 ? "metered on its one rack" : "metered on all " + racks_text(count)};
  // GPUs that are nodes of several would fill more racks
  verdict.if_packages = !claim.gpus->unit;
  if (verdict.if_packages) verdict.because += "; if each GPU that the claim counts is one package";
  return verdict;
}

// What a site's power feeds, where the claim states one: racks, and GPUs where a model's rack is known.
struct Fed {
  std::string text;  // "; 40 MW feed 132 to 286 such racks"
  std::vector<Step> steps;
};

std::string whole(const Interval& interval) {
  const std::string low = shown_whole(std::round(interval.low)), high = shown_whole(std::round(interval.high));
  return low == high ? low : fmt::format("{} to {}", low, high);
}

// Losses and cooling aside, all of it: network and storage stand in racks too.
Interval it_power(const Claim& claim, Fed& fed) {
  const Amount& power = claim.power->amount;
  const MeterPoint point = claim.power->point.value_or(MeterPoint::facility);
  const Interval pue = point == MeterPoint::it ? Interval{1, 1} : pue_of(claim.pue);
  const Interval it{power.lower() / pue.high, power.upper() / pue.low};
  if (point != MeterPoint::it)
    fed.steps.push_back(
        {"IT power",
         fmt::format("{} / PUE {}", shown_power(Interval{power.lower(), power.upper()}), shown_range(pue)),
         shown_power(it)});
  return it;
}

Fed fed_by(const Claim& printed, const RackClaim& rack, const HardwareDatabase& hardware) {
  Fed fed;
  // a power that no site has as printed feeds what may be meant by it
  const bool reread = printed.power_in_another_unit();
  const Claim claim = reread ? printed.with_power_in_megawatts() : printed;
  const char* if_meant = reread ? ", if MW is meant," : "";
  // what the GPUs alone draw is no rack's power
  if (!claim.power || claim.power->point == MeterPoint::gpu) return fed;
  const Interval it = it_power(claim, fed);
  const Interval racks{it.low / rack.high.upper(), it.high / rack.low.lower()};
  fed.text = fmt::format("; {} of {}{} feed {} such racks", claim.power->amount.text(), claim.power->sites(),
                         if_meant, whole(racks));
  fed.steps.push_back(
      {"racks fed",
       fmt::format("{} / {}", shown_power(it), shown_power(Interval{rack.low.lower(), rack.high.upper()})),
       whole(racks)});
  for (const auto& id : rack.models.empty() ? claim.models : rack.models) {
    const Hardware& gpu = *hardware.find(id);
    if (!gpu.gpus_per_rack) continue;
    const double gpus = gpu.gpus_per_rack->value;
    fed.steps.push_back({"GPUs fed", fmt::format("x {} {} a rack", shown_whole(gpus), gpu.short_name),
                         whole({gpus * racks.low, gpus * racks.high})});
    fed.text += fmt::format(", {} {} at {} a rack", fed.steps.back().result, gpu.short_name, shown_whole(gpus));
  }
  return fed;
}

// The same range with the high end in the unit of the low one, if that makes it a range.
std::optional<RackClaim> corrected(const RackClaim& rack) {
  RackClaim fixed = rack;
  fixed.high.unit = rack.low.unit;
  fixed.high.factor = rack.low.factor;
  if (fixed.low.value() > fixed.high.value()) return std::nullopt;
  return fixed;
}

}  // namespace

void judge_racks(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence,
                 std::vector<FactReading>& facts) {
  for (std::size_t i = 0; i < claim.racks.size(); ++i) {
    const RackClaim& rack = claim.racks[i];
    const std::string id = fmt::format("rack-{}", i + 1);
    const std::string sold = sold_as(rack, hardware);
    if (rack.low.value() <= rack.high.value()) {
      Fed fed = fed_by(claim, rack, hardware);
      facts.push_back({id, range_text(rack), metered(claim, rack, hardware, evidence, sold + fed.text),
                       std::move(fed.steps), in_short(rack)});
      continue;
    }
    facts.push_back({id + "/as-printed",
                     range_text(rack),
                     {Outcome::refuted,
                      Basis::arithmetic,
                      Reason::A3,
                      fmt::format("{} is less than {}: no range, so one of the units is not meant", rack.high.text(),
                                  rack.low.text()),
                      {}},
                     {},
                     in_short(rack)});
    if (const auto fixed = corrected(rack)) {
      Fed fed = fed_by(claim, *fixed, hardware);
      facts.push_back({id + "/one-unit", "if " + range_text(*fixed) + " is meant",
                       metered(claim, *fixed, hardware, evidence, sold + fed.text), std::move(fed.steps),
                       in_short(*fixed) + ", as may be meant"});
    }
  }
}

}  // namespace petaproof::judge
