// Which records count as a measurement of GPUs: the one place that the judge, the acceptance criteria and the
// projection ask, so that what one of them refuses the others refuse. A pure function.
//
// Where one of them means to differ, it changes the facts before it asks, or treats an objection otherwise, and says
// why there.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace petaproof {

/// What is known of a record: from its own line, of its run, and beside other records.
struct RecordFacts {
  std::string backend;
  std::string origin = "measured";
  std::string run_fault{};   // why nothing may rest on its run: sample::run_faults()
  std::string told_twice{};  // why it does not count beside the others: sample::told_twice()
  bool gpu_shared = false;
  bool issue_rate = false;  // one instruction over and over: the ceiling of kernels, and no kernel
  bool emulated = false;    // the library said that narrower products stood in for what was asked
  std::string disposition = "pass";
  std::string contradiction{};  // what in it contradicts itself: contradiction_in()
  bool verified = true;         // the outputs of its timed launches were found right
  std::string fill = "normal";
};

/// In the order in which they are looked for.
enum class Objection {
  none,
  backend,
  origin,
  run,
  told_twice,
  gpu_shared,
  issue_rate,
  emulated,
  disposition,
  contradiction,
  unverified,
  fill,
};

struct Standing {
  Objection objection = Objection::none;  // the first
  std::string because{};                  // empty if there is none

  bool counts() const { return objection == Objection::none; }
};

Standing standing_of(const RecordFacts& facts);

/// What its own line says: `run_fault` and `told_twice` are empty, and are for the caller, who knows the others.
RecordFacts facts_of(const nlohmann::json& record);

/// Of what a GPU did and the most that it can do of it. NaN is too fast: it is no rate.
constexpr bool is_too_fast(double rate, double ceiling) {
  return !(rate <= ceiling);
}

/// What the library said of its own arithmetic, which outweighs what it was asked for.
bool is_emulated(const nlohmann::json& record);

}  // namespace petaproof
