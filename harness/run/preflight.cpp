#include "harness/run/preflight.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "harness/json/write.hpp"
#include "harness/record/gpu_identity_json.hpp"
#include "harness/record/provenance.hpp"
#include "harness/run/common_error.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

json to_json(const RankIdentity& r) {
  json unset = json::array();
  for (const Variable& variable : r.unset) unset.push_back({variable.name, variable.value});
  return {{"rank", r.rank},
          {"node", r.node},
          {"host", r.host},
          {"device_name", r.device_name},
          {"device_uuid", r.device_uuid},
          {"cpus", r.cpus},
          {"binary_hash", r.binary_hash},
          {"error", r.error},
          {"device_index", r.device_index},
          {"unset", unset},
          {"gpu", petaproof::to_json(r.gpu)}};
}

RankIdentity identity_from(const json& j) {
  RankIdentity r{j.at("rank"), j.at("node"),        j.at("host"),  j.at("device_name"), j.at("device_uuid"),
                 j.at("cpus"), j.at("binary_hash"), j.at("error"), j.at("device_index")};
  r.gpu = gpu_identity_from(j.at("gpu"));
  for (const json& variable : j.at("unset")) r.unset.push_back({variable.at(0), variable.at(1)});
  return r;
}

// Rank 0's finding, thrown by all.
void throw_everywhere(const std::string& finding, World& world) {
  const std::string shared = world.broadcast(finding);
  if (!shared.empty()) throw CommonError(Domain::mpi, shared);
}

}  // namespace

void check_world_size(int world_size, int expected, const LauncherFacts& launcher) {
  const std::string separate =
      "so each process would run alone and report its own result as if it were the whole; is the launcher that of "
      "the MPI this program was built with (under Slurm: srun --mpi=pmix)?";
  if (launcher.binding && launcher.ranks != world_size)
    throw CommonError(Domain::mpi, fmt::format("{} started {} ranks, but MPI's world has {}, {}", launcher.name,
                                               launcher.ranks, world_size, separate));
  if (expected > 0 && expected != world_size)
    throw CommonError(Domain::mpi,
                      fmt::format("--expect-ranks {}, but there {} {}{}", expected, world_size == 1 ? "is" : "are",
                                  world_size, launcher.name.empty() ? " (and no launcher is to be seen)" : ""));
  if (!launcher.binding && expected == 0 && launcher.ranks != world_size)
    throw CommonError(
        Domain::mpi, fmt::format("{} has {} tasks, but this process runs alone; start it with srun or mpirun, or say "
                                 "--expect-ranks {} if that is meant",
                                 launcher.name, launcher.ranks, world_size));
}

std::string find_conflict(const std::vector<RankIdentity>& ranks, bool share_gpu) {
  std::map<std::string, const RankIdentity*> holder;  // by UUID alone: two containers of one node have two host names
  for (const RankIdentity& rank : ranks) {
    if (!rank.error.empty()) return fmt::format("rank {} on {}: {}", rank.rank, rank.host, rank.error);
    if (rank.binary_hash != ranks.front().binary_hash)
      return fmt::format("rank {} on {} runs another binary than rank 0 on {}", rank.rank, rank.host,
                         ranks.front().host);
    if (rank.device_uuid.empty() || share_gpu) continue;
    const auto [other, added] = holder.emplace(rank.device_uuid, &rank);
    if (!added)
      return fmt::format("ranks {} and {} on {} hold the same device {} ({}); say --share-gpu if that is meant",
                         other->second->rank, rank.rank, rank.host, rank.device_uuid, rank.device_name);
  }
  return {};
}

std::vector<RankIdentity> agree_on_identities(const RankIdentity& mine, bool share_gpu, World& world) {
  std::vector<RankIdentity> all;
  for (const std::string& text : world.gather(json_line(to_json(mine))))
    all.push_back(identity_from(json::parse(text)));
  throw_everywhere(world.is_root() ? find_conflict(all, share_gpu) : "", world);
  return all;
}

void require_agreement(const std::string& what, const std::string& mine, World& world, const std::string& advice) {
  const std::vector<std::string> all = world.gather(mine);
  const std::vector<std::string> hosts = world.gather(host_name());
  std::string finding;
  for (std::size_t rank = 1; rank < all.size() && finding.empty(); ++rank)
    if (all[rank] != all[0])
      finding = fmt::format("rank {} on {} disagrees with rank 0 on {} about {}: \"{}\" and \"{}\"{}{}", rank,
                            hosts[rank], hosts[0], what, all[rank], all[0], advice.empty() ? "" : "; ", advice);
  throw_everywhere(finding, world);
}

}  // namespace petaproof
