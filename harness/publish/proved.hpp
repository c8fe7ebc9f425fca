// What has run on which kind of GPU, by the published runs under results/: a GPU workload that no published run has
// seen pass is code that nobody has proved.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace petaproof {

/// The published runs that go with a configs folder: `results` beside it, in the source tree and installed alike.
std::filesystem::path results_folder(const std::filesystem::path& configs);

/// Workloads that have passed in a run somewhere below `results`, by architecture: "sm_90". Runs under results/local
/// are not published and do not count, nor do records of the host backend; a folder that is no run counts for
/// nothing.
std::map<std::string, std::set<std::string>> proved_workloads(const std::filesystem::path& results);

}  // namespace petaproof
