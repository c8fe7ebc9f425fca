// The judge: claim + hardware + evidence -> judgement. A pure function: no clock, no environment, no file, so
// the same input gives the same bytes anywhere and later.
//
// Implemented now: refutation by arithmetic, confirmation of a peak by census, and the per-GPU statement of
// few GPUs (evidence level D), which never decides anything about a cluster.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "harness/judge/arithmetic.hpp"
#include "harness/judge/evidence.hpp"
#include "harness/judge/readings.hpp"
#include "harness/judge/support.hpp"

namespace petaproof::judge {

enum class Outcome { confirmed, refuted, not_decidable };
std::string_view to_string(Outcome outcome);  // "CONFIRMED", "REFUTED", "NOT DECIDABLE"

/// What a verdict rests on; `sample` is a measurement of part of the cluster, `none` says that nothing was
/// seen.
enum class Basis { arithmetic, census, sample, none };
std::string_view to_string(Basis basis);

enum class Reason {
  A1,   // exceeds the peak
  A2,   // the census matches
  N1,   // precision unspecified
  N2,   // kind unspecified
  N3,   // too few GPUs seen
  N4,   // sample not random
  N5,   // kernel not shown adequate
  N6,   // not stationary, or a shared system
  N7,   // fabric not exercised at the needed tier
  N8,   // said to exist in future only
  N9,   // outside what can be measured here
  N10,  // GPU unit unknown
  N11,  // wrong results
  N12,  // clock synchronisation failed
};
std::string_view to_string(Reason reason);  // "N3"
std::string_view meaning(Reason reason);    // "too few GPUs seen"

struct Verdict {
  Outcome outcome = Outcome::not_decidable;
  Basis basis = Basis::none;
  Reason reason = Reason::N3;
  std::string because;
  std::string would_decide;  // empty once decided
};

struct JudgedReading {
  Reading reading;
  Arithmetic arithmetic;
  std::optional<Measurement> measured;  // the best that supports this reading; kernel readings only
  Verdict verdict;
};

struct Model {
  std::string hardware_id;
  std::string short_name;
  bool has_readings = true;  // false: no peak is published for what the claim states
};

/// Over all readings. It is a verdict only where they agree.
struct Aggregate {
  std::size_t confirmed = 0;
  std::size_t refuted = 0;
  std::size_t not_decidable = 0;
  std::vector<std::string> not_stated;  // dimensions that the claim leaves open
  std::vector<Reason> reasons;          // N1, N2 where they apply
  Outcome outcome = Outcome::not_decidable;
  std::string line;
};

struct Judgement {
  Claim claim;
  Need need;
  std::vector<Model> models;
  std::vector<JudgedReading> readings;
  std::vector<std::string> same_figure;  // published peaks equal to the need per GPU: where a claim may come from
  std::vector<SetAside> set_aside;
  Evidence evidence;
  Aggregate aggregate;
};

/// Error(config) if the claim has no reading on these GPUs.
Judgement judge_claim(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence = {});

/// The same judgement with only the readings whose id contains `part`, such as "h100-sxm-80gb/fp64/" or
/// "/bf16/dense"; the aggregate stays that of the whole claim. Error(usage), naming what there is, if none
/// does.
Judgement select_readings(Judgement judgement, const std::string& part);

}  // namespace petaproof::judge
