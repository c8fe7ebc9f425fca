// One run: a suite, on all ranks, into a run folder.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/run/console.hpp"
#include "harness/run/last_words.hpp"
#include "harness/run/preflight.hpp"
#include "harness/run/run_folder.hpp"
#include "harness/run/world.hpp"
#include "harness/suite/plan.hpp"

namespace petaproof {

struct RunOptions {
  std::string suite;             // a path, or a name in configs/suites
  std::string backend = "auto";  // auto, host, cuda
  bool share_gpu = false;        // ranks may use one GPU together
  std::string out;               // empty: a new folder below the default
  double case_timeout = 0;       // seconds; 0: case_deadline()
  bool corrupt = false;          // flip a bit of every timed output: every case must fail
  std::vector<std::string> command_line;
  /// Called on rank 0 before anything is measured; an Error it throws ends the run on all ranks.
  std::function<void(const Plan&)> approve = [](const Plan&) {};
};

/// Seconds that preparing, warming up, measuring and verifying one case may take before the run is ended.
double case_deadline(const Case& one, const WorkloadFacts& facts, bool gpu_shared = false);
/// Seconds for each phase of a run outside its cases: MPI's start and end, the preflight, the last write.
inline constexpr double phase_deadline = 300;

/// Where rank 0's time went.
struct TimeSpent {
  double launches = 0;  // warm-up and measurement
  double prepare = 0;
  double verify = 0;
};

struct RunResult {
  std::string run_id;
  RunFolder folder;
  Plan plan;
  std::vector<nlohmann::json> records;  // rank 0 only
  nlohmann::json manifest;              // rank 0 only
  TimeSpent spent;
};

/// Runs everything up to and including the last record. Throws CommonError before anything ran: config for the
/// suite and the folder, mpi for a mismatch of the ranks. Afterwards Error: io when the folder can no longer be
/// written, peer when another rank threw.
RunResult run_suite(const RunOptions& options, World& world, Watchdog& watchdog, LastWords& last_words,
                    Console& console);

}  // namespace petaproof
