// Power of a rack, beside what such racks are sold as, and decided by a meter on the rack.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/judge/facts.hpp"
#include "harness/judge/site_power.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

std::string range_text(const RackClaim& rack) {
  return fmt::format("{} to {} a rack ({})", rack.low.text(), rack.high.text(), rack.of);
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

Verdict metered(const RackClaim& rack, const Evidence& evidence, const std::string& beside) {
  double most = 0;
  std::int64_t racks = 0;
  for (const MeteredPower& meter : evidence.power)
    if (meter.rack) {
      most = std::max(most, meter.max_watts);
      ++racks;
    }
  const std::string would = "a PDU's log of such racks under load (petaproof claim --power FILE)";
  if (racks == 0) return open(Basis::none, Reason::N9, "no rack was metered" + beside, would);
  const std::string said = fmt::format("of {} racks metered the highest drew {}", racks, shown_power(most));
  if (most >= rack.low.lower() && most <= rack.high.upper())
    return {Outcome::confirmed, Basis::sample, Reason::A4, said + beside, {}, fmt::format("of {} racks", racks)};
  return open(Basis::sample, Reason::N3, said + "; others, or another load, may draw what is claimed" + beside,
              would);
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
    const std::string beside = sold_as(rack, hardware);
    if (rack.low.value() <= rack.high.value()) {
      facts.push_back({id, range_text(rack), metered(rack, evidence, beside), {}});
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
                     {}});
    if (const auto fixed = corrected(rack))
      facts.push_back(
          {id + "/one-unit", "if " + range_text(*fixed) + " is meant", metered(*fixed, evidence, beside), {}});
  }
}

}  // namespace petaproof::judge
