// Power of a rack, beside what such racks are sold as, and decided by a meter on the rack.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/judge/facts.hpp"
#include "harness/judge/kernel_bounds.hpp"
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

// Of the racks that were metered for as long as a load must hold, the highest mean.
struct MeteredRacks {
  std::set<std::string> names;  // one rack may be in several files
  double highest_watts = 0;
};

MeteredRacks metered_racks(const Evidence& evidence) {
  MeteredRacks racks;
  for (const MeteredPower& meter : evidence.power) {
    if (!meter.rack || !lasts(meter.seconds, least_window_s)) continue;
    racks.highest_watts = std::max(racks.highest_watts, meter.mean_watts);
    racks.names.insert(meter.of);
  }
  return racks;
}

// A meter does not say which racks of a claim it is of, nor whether others are like it.
Verdict metered(const Claim& claim, const RackClaim& rack, const Evidence& evidence, const std::string& beside) {
  const std::string would =
      fmt::format("a PDU's log of such racks under load, of {} s or more (--power FILE)", least_window_s);
  const MeteredRacks racks = metered_racks(evidence);
  const std::size_t count = racks.names.size();
  const std::string said = count == 0 ? fmt::format("no rack was metered for {} s or more", least_window_s)
                                      : fmt::format("of {} rack{} metered the highest mean was {}", count,
                                                    count == 1 ? "" : "s", shown_power(racks.highest_watts));
  if (claim.is_future()) return open(Basis::none, Reason::N8, said + beside, "once they run: " + would);
  if (count == 0) return open(Basis::none, Reason::N9, said + beside, would);
  if (claim.racks.size() > 1)
    return open(Basis::sample, Reason::N3, said + "; which of the claim's racks that is, no meter says" + beside,
                would);
  if (racks.highest_watts >= rack.low.value() && racks.highest_watts <= rack.high.upper())
    return {Outcome::confirmed,
            Basis::sample,
            Reason::A4,
            said + beside,
            {},
            fmt::format("of {} rack{} that someone chose", count, count == 1 ? "" : "s")};
  return open(Basis::sample, Reason::N3, said + "; others, or another load, may draw what is claimed" + beside,
              would);
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
      facts.push_back({id, range_text(rack), metered(claim, rack, evidence, sold + fed.text), std::move(fed.steps),
                       in_short(rack)});
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
                       metered(claim, *fixed, evidence, sold + fed.text), std::move(fed.steps),
                       in_short(*fixed) + ", as may be meant"});
    }
  }
}

}  // namespace petaproof::judge
