// Which evidence may support which reading, and why the rest is set aside.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/evidence.hpp"
#include "harness/judge/readings.hpp"

namespace petaproof::judge {

struct Support {
  std::vector<const Measurement*> all;  // that may count, in the order of the evidence, which they point into
  std::optional<Measurement> best;      // of these: the steadiest mode, then the highest rate
  std::vector<std::string> objections;  // to what GPUs did of it and may not count, each once
  bool failed_verification = false;     // a matching measurement computed wrong results
  std::int64_t census_gpus = 0;         // of the reading's model; 0 without a census
};

/// The steadier mode, then the higher rate; ties end at the ids, so that the order of the records cannot matter.
bool is_better(const Measurement& a, const Measurement& b);

Support support_for(const Reading& reading, const Evidence& evidence, const HardwareDatabase& hardware);

/// A measurement that no reading can rest on.
struct SetAside {
  std::string run_id;
  std::string case_id;
  std::string reason;
};

/// In the order of the evidence. `models` are the hardware ids of the claim's readings.
std::vector<SetAside> set_aside(const Evidence& evidence, const std::vector<std::string>& models,
                                const HardwareDatabase& hardware);

}  // namespace petaproof::judge
