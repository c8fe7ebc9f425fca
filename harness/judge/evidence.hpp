// What was measured, as the judge needs it: plain data, filled from the records of runs, from a draw, from meters,
// and from published results of the very system.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/judge/dimensions.hpp"
#include "harness/judge/published.hpp"

namespace petaproof::judge {

/// What one node did in one case.
struct NodeRate {
  std::string host;  // as it calls itself
  std::int64_t gpus = 0;
  double rate_tflops = 0;            // mean per GPU
  std::vector<double> gpu_tflops{};  // of each, in the order of ranks; 0: it did nothing
  /// As rate_tflops, of each GPU's work over the whole window, pauses included; absent: it had none.
  std::optional<double> over_window_tflops{};
};

/// One verified compute kernel (a GEMM) on the GPUs of one model. Rates are per GPU, TFLOP/s.
struct Measurement {
  std::string run_id;
  std::string case_id;
  std::string origin = "measured";        // or "simulated", "imported", "injected": never evidence
  std::string backend;                    // "cuda" or "host"
  std::string hardware_id;                // of configs/hardware; empty where the device is in none of its files
  Precision precision = Precision::fp64;  // of the unit that ran: DGEMM on tensor cores is fp64_tensor
  Sparsity sparsity = Sparsity::dense;
  Emulation emulation = Emulation::native;
  bool gpu_shared = false;   // several ranks used one GPU
  bool ceiling = false;      // one instruction over and over: what a kernel cannot exceed, and no kernel
  std::string mode;          // "burst", "batched", "sustained"
  std::string fill;          // "normal", ...
  bool verified = true;      // the outputs of the timed launches were found right
  std::string disposition;   // "pass", "fail_verify", ...
  std::string told_twice{};  // why another record stands in its place, or contradicts it; empty: none does
  double rate_tflops = 0;    // mean over the GPUs
  double lower_tflops = 0;   // of its 95 % interval
  double upper_tflops = 0;
  double sum_tflops = 0;          // of all GPUs' rates: no window shows more
  double synchronous_tflops = 0;  // all work over the longest GPU's window: no window shows less
  std::int64_t gpus = 1;
  std::int64_t nodes = 1;
  std::optional<double> duration_s;           // of the timed window: the median GPU's
  std::optional<double> sm_clock_mhz;         // mean over the timed launches
  std::optional<double> power_limit_watts{};  // the lowest of any GPU
  double clock_set = 0;                       // share of the time in which clocks were set, of the GPU with most
  double slowed = 0;                          // share of the time in which heat or a power brake held a GPU back, of
  std::string slowed_by{};                    // the GPU with most of it; and what NVML calls the cause
  std::optional<double> max_sm_clock_mhz{};   // the lowest of any GPU
  std::int64_t unwatched = 0;                 // GPUs of which nothing was read that would tell
  std::int64_t held_down = 0;           // GPUs that any of these held down, or that nobody watched: held_down.hpp
  std::optional<double> clock_error_s;  // between nodes; absent where clocks were not synchronised
  bool steady = true;                   // every GPU's warm-up had come to rest
  std::vector<NodeRate> per_node;       // by host
};

/// An inventory: distinct physical GPUs of one model that answered, by UUID.
struct Census {
  std::string run_id;
  std::string hardware_id;
  std::int64_t gpus = 0;
  std::map<std::string, std::int64_t> gpus_on{};  // of these, by host
};

/// A run that nothing may rest on, such as one whose GPUs share a UUID.
struct RunFault {
  std::string run_id;
  std::string why;
};

/// A record that contradicts itself: none of its numbers is evidence, so that it is no Measurement.
struct RefusedRecord {
  std::string run_id;
  std::string case_id;
  std::string why;
};

/// One pod of a sample.
struct SampledPod {
  std::string name;  // empty: the list has no pods
  std::int64_t nodes = 0;
  std::vector<std::string> delivered;  // host names as records have them
  std::int64_t missing = 0;            // drawn, and not delivered
};

/// Which nodes the measurements are of, and who chose them: from a draw (harness/sample) and what was delivered of
/// it.
struct SampleEvidence {
  std::string list_hash;
  std::string seed;
  std::string selection;           // "all", "random", "uncommitted", "provider_chosen"
  char reach = 'D';                // the evidence level that the selection can reach
  std::vector<std::string> lacks;  // for the next level up, as text
  std::int64_t cluster_nodes = 0;
  std::int64_t drawn = 0;
  std::int64_t missing = 0;
  std::vector<SampledPod> pods;  // in byte order
  bool block = false;            // the measured nodes follow each other in the list, as no random draw would
  std::vector<std::string> notes;
};

/// What a meter of a node's or a rack's supply said, imported from a file. NVML's watts are a GPU's and never stand
/// here.
struct MeteredPower {
  std::string file{};
  std::string meter{};  // "bmc", "pdu"
  std::string of{};     // the node's or the rack's name
  bool rack = false;
  double mean_watts = 0;  // over time where that is known, else over readings
  double min_watts = 0;
  double max_watts = 0;
  std::int64_t samples = 0;
  double seconds = 0;  // from the first reading to the last, or of the average that the meter gave; 0: not known
  double longest_gap_s = 0;  // between two readings, one after the other in time; 0 where the meter gave an average
  std::optional<std::int64_t> begin_ns{};  // of the first reading, since 1970; nothing where it is not known
};

struct Evidence {
  std::vector<Measurement> measurements{};
  std::vector<Census> censuses{};
  std::optional<SampleEvidence> sample{};  // nothing: whoever ran it chose the nodes
  std::vector<RunFault> faults{};
  std::vector<RefusedRecord> refused{};
  std::vector<MeteredPower> power{};
  std::vector<PublishedResult> attached{};  // of this very system
};

}  // namespace petaproof::judge
