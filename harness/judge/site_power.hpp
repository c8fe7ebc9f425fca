// What a number of GPUs draws at a point of a site, and how many GPUs a power feeds, as intervals:
//
//     P = N w (1 + o) PUE        w: AC power of a node per GPU in it, o: network, storage, management,
//                                PUE: total over IT power (ISO/IEC 30134-2)
//
// At the IT load the last factor is missing, at the GPUs alone only N x TDP is left.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/judge/claim.hpp"
#include "harness/judge/evidence.hpp"
#include "harness/judge/verdict.hpp"

namespace petaproof::judge {

struct Interval {
  double low = 0;
  double high = 0;
};

/// Share of the nodes' power that network, storage and management draw on top.
inline constexpr Interval overhead{0.05, 0.12};
/// Where no PUE is claimed.
inline constexpr Interval usual_pue{1.05, 1.3};

/// An average may hold idle hours, and loads lighter than the training that the least of the published watts is of.
/// No source tells how little an idle node draws; DGX machines are said to take a fifth of their nameplate, a tenth
/// of a training load is less than any.
inline constexpr double idle_share = 0.1;

/// The audited logs that w rests on differ by 1.5 % between AC and DC; meters are held to this.
inline constexpr double meter_tolerance = 0.03;

/// From 1 where the claim names an upper bound; usual_pue where it names none.
Interval pue_of(const std::optional<PueClaim>& pue);

/// W per GPU at `point`, and how it comes to that.
struct PowerPerGpu {
  Interval watts;
  std::string formula;  // "856 to 1,275 W x 1.05 to 1.12 x PUE 1.05 to 1.3"
};

/// Of nodes that draw `node_watts` per GPU, which `basis` says where from; `point` is not the GPUs alone, since a
/// node's watts are none of theirs.
PowerPerGpu at_point(const Interval& node_watts, const std::string& basis, MeterPoint point,
                     const std::optional<PueClaim>& pue);

/// Nothing where the hardware file has no node power (or, at the GPUs, no TDP). Metered nodes may widen the
/// file's figures; a claimed PUE replaces the usual one, from 1 where it is an upper bound.
std::optional<PowerPerGpu> power_per_gpu(const Hardware& gpu, MeterPoint point, const std::optional<PueClaim>& pue,
                                         const Evidence& evidence);

/// "at the grid connection", "at the facility", "at the IT load", "at the GPUs"
std::string_view at_text(MeterPoint point);

/// "141 to 186 MW"
std::string shown_power(const Interval& watts);
std::string shown_power(double watts);
/// "1.05 to 1.3", or "1.1" for an interval of one value.
std::string shown_range(const Interval& interval);

}  // namespace petaproof::judge
