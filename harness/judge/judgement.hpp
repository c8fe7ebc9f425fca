// The judge: claim + hardware + evidence -> judgement. A pure function: no clock, no environment, no file, so
// the same input gives the same bytes anywhere and later.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/judge/arithmetic.hpp"
#include "harness/judge/decide.hpp"
#include "harness/judge/evidence.hpp"
#include "harness/judge/facts.hpp"
#include "harness/judge/flagged.hpp"
#include "harness/judge/node_efficiency.hpp"
#include "harness/judge/plausibility.hpp"
#include "harness/judge/published.hpp"
#include "harness/judge/readings.hpp"
#include "harness/judge/support.hpp"
#include "harness/judge/verdict.hpp"

namespace petaproof::judge {

/// What is known without measuring.
struct Knowledge {
  HardwareDatabase hardware;
  PublishedResults published;

  /// Reads hardware/ and published/ of a configs folder.
  static Knowledge load(const std::filesystem::path& configs);
};

struct JudgedReading {
  Reading reading;
  Need need;  // of GPU packages of this model, whatever the claim counts
  Arithmetic arithmetic;
  std::optional<Measurement> measured;  // the best that supports this reading; kernel readings only
  std::optional<Projected> projected;   // the total that the evidence bounds, where it bounds one
  Verdict verdict;
  Plausibility plausibility;

  /// Whether need and peak can be compared: not where nobody knows how many packages the claim counts.
  bool is_per_package() const { return verdict.reason != Reason::N10; }
};

struct Model {
  std::string hardware_id;
  std::string short_name;
  bool has_readings = true;  // false: no peak is published for what the claim states
};

/// Over all readings, those of facts included. Confirmed if all are and the claim does not contradict itself; refuted
/// if every reading of one figure is, whatever it counts as a GPU, since a claim holds only if all of its figures do.
struct Aggregate {
  std::size_t confirmed = 0;
  std::size_t refuted = 0;
  std::size_t not_decidable = 0;
  std::size_t projected = 0;                 // of the confirmed, those of part of the cluster
  bool if_packages = false;                  // some are confirmed if one GPU of the claim is one package
  std::vector<std::string> refuted_figures;  // "compute", "power": refuted in every way to read it
  std::vector<std::string> not_stated;       // dimensions that the claim leaves open
  std::vector<Reason> reasons;               // N1, N2 where they apply
  Outcome outcome = Outcome::not_decidable;
  std::string word;     // "UNDER-SPECIFIED"; "CONFIRMED (projected from 32 of 500 nodes, level C, weak)"
  std::string finding;  // of finding.hpp
  std::string line;     // the word and the counts

  std::size_t all() const { return confirmed + refuted + not_decidable; }
};

struct Judgement {
  Claim claim;
  std::optional<Need> need;  // of a claim with compute and GPUs, in the units that it counts
  std::vector<Model> models;
  std::vector<JudgedReading> readings;
  std::vector<FactReading> facts;
  std::vector<std::string> same_figure;     // published peaks equal to the need per GPU: where a claim may come from
  std::vector<std::string> contradictions;  // within the claim
  std::vector<std::string> unmapped;        // figures of the quote that the file says nothing about
  std::vector<SetAside> set_aside;
  std::vector<Flagged> flagged;    // of the measurements that readings show; none without an outlier
  NodeEfficiency node_efficiency;  // of what was measured on nodes that were metered; no figure of the claim
  Evidence evidence;
  Aggregate aggregate;
};

/// Error(config) if the claim attaches a result that there is not. What the claim
/// attaches joins `evidence`.
Judgement judge_claim(const Claim& claim, const Knowledge& knowledge, const Evidence& evidence = {});

/// The same judgement with only the readings and facts whose id contains `part`, such as "h100-sxm-80gb/fp64/" or
/// "/bf16/dense"; the aggregate stays that of the whole claim. Error(usage), naming what there is, if none
/// does.
Judgement select_readings(Judgement judgement, const std::string& part);

}  // namespace petaproof::judge
