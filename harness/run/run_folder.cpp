#include "harness/run/run_folder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/json/configs.hpp"
#include "harness/record/provenance.hpp"
#include "harness/record/sha256.hpp"
#include "harness/record/utc.hpp"
#include "harness/run/common_error.hpp"
#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

namespace fs = std::filesystem;

// Returns the folder once it is there and can be written to.
std::string made(const fs::path& root, bool must_be_new) {
  std::error_code error;
  if (must_be_new && fs::exists(root / "journal.jsonl", error))
    throw Error(Domain::config, fmt::format("{}: holds a run already; choose another --out", root.string()));
  fs::create_directories(root / "ranks", error);
  if (error) throw Error(Domain::config, fmt::format("{}: cannot be made: {}", root.string(), error.message()));
  for (const fs::path& folder : {root, root / "ranks"})
    if (access(folder.c_str(), W_OK | X_OK) != 0)
      throw Error(Domain::config, fmt::format("{}: cannot be written: {}", folder.string(), std::strerror(errno)));
  return root.string();
}

}  // namespace

fs::path RunFolder::rank_journal(int node, const std::string& host) const {
  // the number first: two nodes may call themselves by one name
  return root / "ranks" / fmt::format("node{:05}-{}.jsonl", node, host);
}

fs::path RunFolder::telemetry_trace(int rank, const std::string& host) const {
  return root / "telemetry" / fmt::format("rank{:05}-{}.jsonl", rank, host);
}

fs::path default_results_folder() {
  const fs::path configs = config_folder("suites").parent_path();
  const fs::path beside = configs.parent_path() / "results";
  std::error_code ignored;
  return fs::is_directory(beside, ignored) ? beside / "local" : fs::current_path() / "petaproof-results";
}

RunFolder make_run_folder(const std::string& asked, const std::string& suite, const std::string& run_id,
                          World& world) {
  std::string chosen;
  if (world.is_root())
    chosen = asked.empty()
                 ? (default_results_folder() / fmt::format("{}-{}-{}", utc_now_compact(), suite, run_id.substr(0, 6)))
                       .string()
                 : fs::absolute(asked).lexically_normal().string();
  const RunFolder folder{world.broadcast(chosen)};
  // rank 0 first: on a shared file system the others find its folder, and must not take it for an older run's
  from_root(world, [&] { return made(folder.root, true); });
  std::string failure;
  if (world.leads_node() && !world.is_root()) {
    try {
      made(folder.root, false);
    } catch (const Error& error) {
      failure = fmt::format("rank {} on {}: {}", world.rank(), host_name(), error.what());
    }
  }
  std::string first;
  for (const std::string& text : world.gather(failure))
    if (first.empty()) first = text;
  first = world.broadcast(first);
  if (!first.empty()) throw CommonError(Domain::config, first);
  return folder;
}

nlohmann::json file_digests(const RunFolder& folder) {
  nlohmann::json digests = nlohmann::json::object();
  for (const auto& entry : fs::recursive_directory_iterator(folder.root))
    if (entry.is_regular_file() && entry.path() != folder.manifest())
      digests[fs::relative(entry.path(), folder.root).string()] = sha256_of_file(entry.path());
  return digests;
}

}  // namespace petaproof
