// Criteria by name, and what of a run they are held against.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/acceptance/check.hpp"
#include "harness/record/loaded_run.hpp"

namespace petaproof::acceptance {

/// A file, or the name of one in configs/acceptance; nothing for an empty name. Throws Error(config).
std::optional<Criteria> load_named(const std::string& name_or_path);

/// Criteria that no case of a plan can meet, by id: better known before the run than after it.
std::vector<std::string> without_a_case(const Criteria& criteria, const nlohmann::json& planned);

/// Of a run that has just ended: its manifest and its records.
Evidence evidence_of(const nlohmann::json& manifest, const std::vector<nlohmann::json>& records);

struct OfRun {
  Criteria criteria;
  Report report;
};

/// The criteria held against a loaded run, whole, cut off or merged; nothing for an empty name. Throws Error(config).
std::optional<OfRun> of_run(const std::string& name_or_path, const LoadedRun& loaded);

}  // namespace petaproof::acceptance
