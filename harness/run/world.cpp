#include "harness/run/world.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "harness/run/mpi_world.hpp"

namespace petaproof {
namespace {

class SoloWorld : public World {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int node() const override { return 0; }
  int nodes() const override { return 1; }
  int node_rank() const override { return 0; }
  int node_size() const override { return 1; }
  Meeting meet(std::int64_t root_value, bool flag) override { return {root_value, flag}; }
  void fail(Domain) override {}
  std::vector<std::string> gather(const std::string& mine) override { return {mine}; }
  std::vector<std::string> gather_node(const std::string& mine) override { return {mine}; }
  std::string broadcast(const std::string& text) override { return text; }
  std::vector<double> maximum(std::vector<double> values) override { return values; }
  Communicator& communicator() override { return communicator_; }
  std::string library() const override { return {}; }

 private:
  SoloCommunicator communicator_;
};

// -1 where the variable is absent or not a number.
int number_from(const char* variable) {
  const char* text = std::getenv(variable);
  if (!text) return -1;
  char* end = nullptr;
  const long value = std::strtol(text, &end, 10);
  return end != text && *end == '\0' && value >= 0 && value < INT32_MAX ? static_cast<int>(value) : -1;
}

}  // namespace

// The order matters: under `mpirun` inside a Slurm allocation the step's variables describe mpirun's own daemons,
// one a node, and not the ranks.
LauncherFacts launcher_facts() {
  struct Source {
    const char* name;
    const char* size;
    const char* rank;
    bool binding;
  };
  static constexpr Source sources[] = {
      {"Open MPI", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", true},
      {"PMI", "PMI_SIZE", "PMI_RANK", true},
      {"Slurm step", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", true},
      {"Slurm job", "SLURM_NTASKS", "SLURM_PROCID", false},
  };
  for (const Source& source : sources)
    if (const int ranks = number_from(source.size); ranks > 0)
      return {source.name, ranks, std::max(number_from(source.rank), 0), source.binding};
  return {};
}

std::unique_ptr<World> solo_world() {
  return std::make_unique<SoloWorld>();
}

std::unique_ptr<World> join_world(const LauncherFacts& launcher) {
  // A job script's process started by hand has no PMIx server to join.
  const bool launched = launcher.binding && !launcher.name.empty();
  if (launched || std::getenv("PMIX_RANK")) return std::make_unique<MpiWorld>();
  return solo_world();
}

}  // namespace petaproof
